//go:build js

package main

import (
	"fmt"
	"io/fs"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/wasmiko/wasmiko/sshcore"
	"github.com/wasmiko/wasmiko/wasm/wire"
)

// infoOfFile makes what the page sees of an entry.
func infoOfFile(e *sshcore.Entry) wire.FileInfo {
	info := wire.FileInfo{Type: fileType(e)}
	if e.Told.Has(sshcore.ToldSize) {
		info.Size = &e.Size
	}
	if e.Told.Has(sshcore.ToldMode) {
		mode := posixBits(e.Mode)
		info.Mode = &mode
	}
	if e.Told.Has(sshcore.ToldOwner) {
		uid, gid := int64(e.UID), int64(e.GID)
		info.UID, info.GID = &uid, &gid
	}
	if e.Told.Has(sshcore.ToldTimes) {
		atime, mtime := float64(e.Atime.UnixMilli()), float64(e.Mtime.UnixMilli())
		info.Atime, info.Mtime = &atime, &mtime
	}
	return info
}

// fileType names what an entry is.
func fileType(e *sshcore.Entry) string {
	if !e.Told.Has(sshcore.ToldMode) {
		return "unknown"
	}
	switch e.Mode.Type() {
	case 0:
		return "file"
	case fs.ModeDir:
		return "directory"
	case fs.ModeSymlink:
		return "symlink"
	case fs.ModeNamedPipe:
		return "fifo"
	case fs.ModeSocket:
		return "socket"
	case fs.ModeDevice:
		return "block"
	case fs.ModeDevice | fs.ModeCharDevice:
		return "char"
	}
	return "unknown"
}

// posixBits are permissions as chmod(1) counts them.
func posixBits(m fs.FileMode) int {
	bits := int(m.Perm())
	for _, b := range specialBits {
		if m&b.mode != 0 {
			bits |= b.posix
		}
	}
	return bits
}

// modeOf reads permissions as chmod(1) counts them; nil is none.
func modeOf(bits *int) fs.FileMode {
	if bits == nil {
		return 0
	}
	mode := fs.FileMode(*bits) & fs.ModePerm
	for _, b := range specialBits {
		if *bits&b.posix != 0 {
			mode |= b.mode
		}
	}
	return mode
}

var specialBits = [...]struct {
	posix int
	mode  fs.FileMode
}{{0o4000, fs.ModeSetuid}, {0o2000, fs.ModeSetgid}, {0o1000, fs.ModeSticky}}

// timeOf reads a time of the page.
func timeOf(ms float64) time.Time { return time.UnixMilli(int64(ms)) }

// nameOf makes of a server's bytes what the page shows, and keeps them where
// that is not the same.
func nameOf(s string) wire.FileName {
	name := wire.FileName{Name: escape(s)}
	if name.Name != s {
		name.Raw = []byte(s)
	}
	return name
}

// escape writes bytes that are no UTF-8, and control characters, as \xHH.
func escape(s string) string {
	if clean(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if visible(r, n) {
			b.WriteString(s[i : i+n])
		} else {
			for _, c := range []byte(s[i : i+n]) {
				fmt.Fprintf(&b, "\\x%02x", c)
			}
		}
		i += n
	}
	return b.String()
}

func clean(s string) bool {
	for i, r := range s {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(s[i:]); n == 1 {
				return false
			}
		}
		if unicode.IsControl(r) {
			return false
		}
	}
	return true
}

// visible tells whether a rune of n bytes may stand as it is.
func visible(r rune, n int) bool {
	return !(r == utf8.RuneError && n == 1) && !unicode.IsControl(r)
}

func printableMap(m map[string]string) map[string]string {
	clean := make(map[string]string, len(m))
	for k, v := range m {
		clean[escape(k)] = escape(v)
	}
	return clean
}
