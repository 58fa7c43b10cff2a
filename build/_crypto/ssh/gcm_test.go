package ssh

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"testing"
)

// twins are AES-GCM by the browser and by Go, with one key.
func twins(t *testing.T, size int) (browser, std cipher.AEAD) {
	t.Helper()
	key := bytes.Repeat([]byte{7}, size)
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	if browser, err = newGCM(key, block); err != nil {
		t.Fatal(err)
	}
	if _, ok := browser.(*browserGCM); !ok {
		t.Fatalf("%T is not the browser's", browser)
	}
	if std, err = cipher.NewGCM(block); err != nil {
		t.Fatal(err)
	}
	return browser, std
}

func TestTheBrowsersGCMIsGosToTheByte(t *testing.T) {
	for _, size := range []int{16, 32} {
		browser, std := twins(t, size)
		nonce, length := make([]byte, gcmNonceSize), []byte{0, 0, 1, 2}
		for _, n := range []int{1, 15, 16, 17, 255, 1000, 32 << 10, 64<<10 + 1} {
			nonce[11]++
			plain := bytes.Repeat([]byte{byte(n)}, n)
			want := std.Seal(nil, nonce, plain, length)
			inPlace := append(make([]byte, 0, n+gcmTagSize), plain...)
			for name, got := range map[string][]byte{
				"in a new place": browser.Seal(nil, nonce, plain, length),
				"in place":       browser.Seal(inPlace[:0], nonce, inPlace, length),
			} {
				if !bytes.Equal(got, want) {
					t.Fatalf("key of %d, %d bytes sealed %s: wrong", size, n, name)
				}
			}
			got, err := browser.Open(want[:0], nonce, want, length)
			if err != nil || !bytes.Equal(got, plain) {
				t.Fatalf("key of %d, %d bytes opened: wrong, %v", size, n, err)
			}
		}
	}
}

func TestTheBrowsersGCMRefusesWhatWasChanged(t *testing.T) {
	browser, std := twins(t, 32)
	nonce, length, plain := make([]byte, gcmNonceSize), make([]byte, gcmLengthSize), []byte("sixteen bytes...")
	for name, change := range map[string]func(sealed []byte) []byte{
		"a byte":      func(s []byte) []byte { s[3] ^= 1; return s },
		"the tag":     func(s []byte) []byte { s[len(s)-1] ^= 1; return s },
		"its end":     func(s []byte) []byte { return s[:len(s)-1] },
		"all but tag": func(s []byte) []byte { return s[:gcmTagSize] },
	} {
		if _, err := browser.Open(nil, nonce, change(std.Seal(nil, nonce, plain, length)), length); err == nil {
			t.Errorf("%s is changed and nothing is said", name)
		}
	}
	// And what is right is still taken after that.
	if got, err := browser.Open(nil, nonce, std.Seal(nil, nonce, plain, length), length); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("got %q, %v", got, err)
	}
}
