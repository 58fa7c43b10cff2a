package ssh

import (
	"crypto/cipher"
	"errors"
	"runtime"
	"sync"
	"syscall/js"
)

// A browserGCM is AES-GCM by the browser's WebCrypto: in WebAssembly Go's own is
// slower, and not in constant time. Both sides of a packet wait for each other,
// so order and nonces are those of the packets; a key serves one direction, and
// its calls come one after another. It must not be used within a js.Func.
//
// It is a cipher.AEAD for packets alone: a nonce of 12 bytes, and four bytes
// that are only authenticated (RFC 5647 section 5.1).
type browserGCM struct {
	id   uint32
	done chan bool
}

const (
	gcmNonceSize  = 12
	gcmLengthSize = 4
)

//go:wasmimport gcm seal
//go:noescape
func gcmSeal(id uint32, nonce, length, p *byte, size uint32)

//go:wasmimport gcm open
//go:noescape
func gcmOpen(id uint32, nonce, length, p *byte, size uint32)

//go:wasmimport gcm result
//go:noescape
func gcmResult(id uint32, p *byte)

//go:wasmimport gcm forget
func gcmForget(id uint32)

// gcms are the keys that wait for something, by id.
var gcms struct {
	once    sync.Once
	mu      sync.Mutex
	waiting map[uint32]chan bool
}

// newGCM returns AES-GCM with key: the browser's, or where it has none, std.
func newGCM(key []byte, std cipher.Block) (cipher.AEAD, error) {
	browser := js.Global().Get("wasmikoGCM")
	if !browser.Truthy() || !browser.Get("available").Bool() {
		return cipher.NewGCM(std)
	}
	gcms.once.Do(func() {
		gcms.waiting = map[uint32]chan bool{}
		// Never released: it serves as long as the program runs.
		browser.Call("listen", js.FuncOf(func(_ js.Value, args []js.Value) any {
			gcmDone(uint32(args[0].Int()), args[1].Bool())
			return nil
		}))
	})
	raw := js.Global().Get("Uint8Array").New(len(key))
	js.CopyBytesToJS(raw, key)
	g := &browserGCM{id: uint32(browser.Call("key", raw).Int()), done: make(chan bool, 1)}
	gcms.mu.Lock()
	gcms.waiting[g.id] = g.done
	gcms.mu.Unlock()
	runtime.AddCleanup(g, dropGCM, g.id)
	if !<-g.done {
		return cipher.NewGCM(std)
	}
	return g, nil
}

// gcmDone runs within the browser's event: it signals and returns.
func gcmDone(id uint32, ok bool) {
	gcms.mu.Lock()
	defer gcms.mu.Unlock()
	if done := gcms.waiting[id]; done != nil {
		done <- ok
	}
}

func dropGCM(id uint32) {
	gcms.mu.Lock()
	delete(gcms.waiting, id)
	gcms.mu.Unlock()
	gcmForget(id)
}

func (g *browserGCM) NonceSize() int { return gcmNonceSize }
func (g *browserGCM) Overhead() int  { return gcmTagSize }

func (g *browserGCM) Seal(dst, nonce, plaintext, length []byte) []byte {
	checkGCM(nonce, length)
	gcmSeal(g.id, &nonce[0], &length[0], &plaintext[0], uint32(len(plaintext)))
	if !<-g.done {
		panic("ssh: the browser does not encrypt")
	}
	return g.append(dst, len(plaintext)+gcmTagSize)
}

var errGCM = errors.New("ssh: MAC failure")

func (g *browserGCM) Open(dst, nonce, ciphertext, length []byte) ([]byte, error) {
	checkGCM(nonce, length)
	if len(ciphertext) <= gcmTagSize {
		return nil, errGCM
	}
	gcmOpen(g.id, &nonce[0], &length[0], &ciphertext[0], uint32(len(ciphertext)))
	if !<-g.done {
		return nil, errGCM
	}
	return g.append(dst, len(ciphertext)-gcmTagSize), nil
}

// append adds the result, of n bytes, to dst, in place where there is room.
func (g *browserGCM) append(dst []byte, n int) []byte {
	have := len(dst)
	if cap(dst)-have < n {
		dst = append(make([]byte, 0, have+n), dst...)
	}
	dst = dst[:have+n]
	gcmResult(g.id, &dst[have])
	return dst
}

func checkGCM(nonce, length []byte) {
	if len(nonce) != gcmNonceSize || len(length) != gcmLengthSize {
		panic("ssh: not what a packet has")
	}
}
