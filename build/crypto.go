package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/wasmiko/wasmiko/build/kernel"
)

// The core is compiled with a copy of golang.org/x/crypto in which a few files
// are ours: below build/_crypto lies what is put over the copy. Nothing of
// x/crypto is committed and go.mod knows of none of this; a second go.mod,
// beside the copy, has the replace directive.
const (
	cryptoModule = "golang.org/x/crypto"
	cryptoShims  = "build/_crypto"
	cryptoCopy   = cacheDir + "/crypto"
	coreMod      = cacheDir + "/core.mod"
	coreSum      = cacheDir + "/core.sum"
	coreTags     = "changeable" // what of sshcore needs the copy
	kernelPath   = "web/gen/kernel.wasm"
)

// A textEdit replaces a text that stands once in a file.
type textEdit struct{ file, old, new string }

// cryptoEdits are the lines through which x/crypto uses what build/_crypto adds
// to it. One that does not fit any more, after an update, fails the build.
var cryptoEdits = []textEdit{
	// window.go: how much a channel may hold unread.
	{"ssh/channel.go", "	myConsumed uint32\n", "	myConsumed uint32 // x/crypto's tests name it\n	flow       flow\n"},
	{"ssh/channel.go", "		myWindow:           channelWindowSize,\n", "		myWindow:           firstRoom,\n		flow:               flow{room: firstRoom},\n"},
	{"ssh/channel.go", "	ch.myWindow -= length\n", "	ch.myWindow -= length\n	ch.flow.arrived(length)\n"},
	{"ssh/channel.go", `	// Since myConsumed and myWindow are managed on our side, and can never
	// exceed the initial window setting, we don't worry about overflow.
	c.myConsumed += adj
	var sendAdj uint32
	if (channelWindowSize-c.myWindow > 3*c.maxIncomingPayload) ||
		(c.myWindow < channelWindowSize/2) {
		sendAdj = c.myConsumed
		c.myConsumed = 0
		c.myWindow += sendAdj
	}
`, `	sendAdj := c.flow.read(adj, c.myWindow)
	c.myWindow += sendAdj
`},
	{"ssh/channel.go", "func (ch *channel) SendRequest(name string, wantReply bool, payload []byte) (bool, error) {\n", "func (ch *channel) SendRequest(name string, wantReply bool, payload []byte) (bool, error) {\n	ch.sending(name)\n"},
	// packets.go: packets that are used again.
	{"ssh/transport.go", "	fresh := make([]byte, len(packet))\n", "	fresh := borrowPacket(len(packet))\n"},
	{"ssh/channel.go", "		ch.extPending.write(data)\n", "		ch.extPending.writeFrom(packet, data)\n"},
	{"ssh/channel.go", "		ch.pending.write(data)\n", "		ch.pending.writeFrom(packet, data)\n"},
	{"ssh/buffer.go", "	buf  []byte\n	next *element\n", "	buf    []byte\n	packet []byte // buf lies in it, or nil\n	next   *element\n"},
	{"ssh/buffer.go", "			b.head = b.head.next\n", "			b.pass()\n"},
	// A packet's padding is a few random bytes, and to ask the browser for them
	// costs the same whatever their number.
	{"ssh/transport.go", "		rand:      rand,\n", "		rand:      bufio.NewReaderSize(rand, 512),\n"},
	// gcm.go: the browser's AES-GCM.
	{"ssh/cipher.go", "	aead, err := cipher.NewGCM(c)\n", "	aead, err := newGCM(key, c)\n"},
}

// copyCrypto makes what coreMod and the kernel's import need.
func copyCrypto() error {
	return once("crypto", coreMod, []string{"go.mod", "go.sum", cryptoShims, "build/crypto.go"}, func() error {
		from, err := moduleDir(cryptoModule)
		if err != nil {
			return err
		}
		if err := os.RemoveAll(cryptoCopy); err != nil {
			return err
		}
		if err := copyTree(from, cryptoCopy); err != nil {
			return err
		}
		if err := errors.Join(putOver(cryptoShims, cryptoCopy), edit(cryptoCopy, cryptoEdits)); err != nil {
			return err
		}
		return writeCoreMod()
	})
}

// moduleDir is where a module's source lies; it is fetched if it has to be.
func moduleDir(module string) (string, error) {
	if err := command("go", "mod", "download", module); err != nil {
		return "", err
	}
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		return "", fmt.Errorf("where %s lies: %w", module, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// copyTree copies files and not their modes: the module cache is read-only.
func copyTree(from, to string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			return os.MkdirAll(filepath.Join(to, name), 0o755)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, name), text, 0o644)
	})
}

// putOver replaces files and adds some. One to be replaced that is not there any
// more has another name in a newer x/crypto: then two would be compiled.
func putOver(shims, copied string) error {
	err := filepath.WalkDir(shims, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_noasm.go") {
			return err
		}
		name, err := filepath.Rel(shims, path)
		if err != nil {
			return err
		}
		if _, err := os.Stat(filepath.Join(copied, name)); err != nil {
			return fmt.Errorf("%s replaces nothing in this version of %s: %w", path, cryptoModule, err)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return copyTree(shims, copied)
}

// edit makes each change once.
func edit(dir string, edits []textEdit) error {
	for _, e := range edits {
		path := filepath.Join(dir, e.file)
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if n := strings.Count(string(text), e.old); n != 1 {
			return fmt.Errorf("%s of this version of %s has %d times what is to be changed once:\n%s", e.file, cryptoModule, n, e.old)
		}
		if err := os.WriteFile(path, []byte(strings.Replace(string(text), e.old, e.new, 1)), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// writeCoreMod writes go.mod with the copy in it. The path is relative to the
// project, so that no path of this machine gets into the core.
func writeCoreMod() error {
	sum, err := os.ReadFile("go.sum")
	if err != nil {
		return err
	}
	if err := os.WriteFile(coreSum, sum, 0o644); err != nil {
		return err
	}
	mod, err := os.ReadFile("go.mod")
	if err != nil {
		return err
	}
	mod = fmt.Appendf(mod, "\nreplace %s => ./%s\n", cryptoModule, cryptoCopy)
	return os.WriteFile(coreMod, mod, 0o644)
}

// writeKernel assembles the arithmetic that the core imports: build/kernel.
func writeKernel() error {
	m := kernel.Module()
	if err := kernel.Check(m); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(kernelPath), 0o755); err != nil {
		return err
	}
	return os.WriteFile(kernelPath, m, 0o644)
}
