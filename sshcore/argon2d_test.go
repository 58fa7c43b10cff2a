package sshcore

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"testing"
)

// RFC 9106's vectors have a secret and further data, which keys have not:
// TestKeysOfPuTTY holds it against PuTTY's own. Here is what must hold besides.
func TestArgon2dDependsOnAllItIsGiven(t *testing.T) {
	sum := func(password, salt string, passes, memory uint32, lanes uint8, size uint32) string {
		return hex.EncodeToString(argon2d([]byte(password), []byte(salt), passes, memory, lanes, size))
	}
	seen := map[string]string{}
	for name, got := range map[string]string{
		"the base":       sum("password", "somesalt", 2, 64, 1, 80),
		"another word":   sum("passwort", "somesalt", 2, 64, 1, 80),
		"another salt":   sum("password", "othersalt", 2, 64, 1, 80),
		"another pass":   sum("password", "somesalt", 3, 64, 1, 80),
		"more memory":    sum("password", "somesalt", 2, 128, 1, 80),
		"two lanes":      sum("password", "somesalt", 2, 64, 2, 80),
		"another length": sum("password", "somesalt", 2, 64, 1, 81),
	} {
		if other, ok := seen[got]; ok {
			t.Errorf("%s gives the same as %s", name, other)
		}
		seen[got] = name
	}
}

func TestArgon2dHasTheLengthThatIsAskedFor(t *testing.T) {
	for _, size := range []uint32{1, 32, 64, 65, 80, 96, 97, 1024} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			got := argon2d(nil, []byte("somesalt"), 1, 8, 1, size)
			if len(got) != int(size) || bytes.Equal(got, make([]byte, size)) {
				t.Errorf("got %x", got)
			}
		})
	}
}
