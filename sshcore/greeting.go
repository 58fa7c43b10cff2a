package sshcore

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// Bounds of the plaintext that a server may send: the same as x/crypto's, so
// that whatever it would read, we have read too.
const (
	maxGreetingLine  = 255
	maxGreetingLines = 1024
	maxKexInit       = 256 << 10
)

// greeting reads along what the server sends in the clear: the version line
// (RFC 4253 section 4.2) and the first KEXINIT (section 7.1). From it come the
// diagnosis of peers that are not SSH, and facts that x/crypto does not tell.
type greeting struct {
	line    []byte
	lines   int
	version string // without line end; empty until it came
	packet  []byte
	kexInit *kexInit // nil until it came
	done    bool
}

// kexInit is SSH_MSG_KEXINIT.
type kexInit struct {
	Cookie                  [16]byte `sshtype:"20"`
	KexAlgos                []string
	ServerHostKeyAlgos      []string
	CiphersClientServer     []string
	CiphersServerClient     []string
	MACsClientServer        []string
	MACsServerClient        []string
	CompressionClientServer []string
	CompressionServerClient []string
	LanguagesClientServer   []string
	LanguagesServerClient   []string
	FirstKexFollows         bool
	Reserved                uint32
}

// strict tells whether the server takes part in strict key exchange
// (OpenSSH's PROTOCOL, section 1.10), the cure for the Terrapin attack.
func (k *kexInit) strict() bool {
	return k != nil && slices.Contains(k.KexAlgos, "kex-strict-s-v00@openssh.com")
}

// feed takes the next bytes. It returns an error as soon as it is certain that
// this is no SSH-2 server.
func (g *greeting) feed(p []byte) error {
	for len(p) > 0 && !g.done {
		if g.version != "" {
			g.feedPacket(p)
			return nil
		}
		i := bytes.IndexByte(p, '\n')
		if i < 0 {
			g.line = append(g.line, p...)
			return g.judge(false)
		}
		g.line = append(g.line, p[:i]...)
		p = p[i+1:]
		if err := g.judge(true); err != nil {
			return err
		}
		g.line = g.line[:0]
	}
	return nil
}

// judge looks at the line so far; whole tells that its end has come.
func (g *greeting) judge(whole bool) error {
	line := strings.TrimSuffix(string(g.line), "\r")
	if whole && strings.HasPrefix(line, "SSH-") {
		if !strings.HasPrefix(line, "SSH-2.") && !strings.HasPrefix(line, "SSH-1.99-") {
			return &ProtocolError{Reason: ReasonVersion, What: sshVersion(line)}
		}
		g.version = line
		return nil
	}
	if whole {
		g.lines++
	}
	if what := otherProtocol(g.line, whole); what != "" {
		return &ProtocolError{Reason: ReasonNotSSH, What: what}
	}
	if len(g.line) >= maxGreetingLine || g.lines >= maxGreetingLines {
		return &ProtocolError{Reason: ReasonNotSSH, What: "something that never stops talking"}
	}
	return nil
}

// sshVersion cuts "SSH-1.5" out of "SSH-1.5-OpenSSH_2".
func sshVersion(line string) string {
	proto, version, _ := strings.Cut(line, "-")
	version, _, _ = strings.Cut(version, "-")
	return fmt.Sprintf("%s-%.8s", proto, version)
}

// otherProtocol names the protocol whose servers open, or answer our version
// line, with these bytes; empty if it may still be SSH.
func otherProtocol(line []byte, whole bool) string {
	for _, p := range []struct {
		prefix, name string
		needWhole    bool
	}{
		{"\x15\x03", "TLS", false}, // an alert
		{"\x16\x03", "TLS", false}, // a handshake
		{"HTTP/", "HTTP", false},
		{"<!DOCTYPE", "HTTP", false},
		{"<html", "HTTP", false},
		{"RFB 0", "VNC", false},
		{"+OK", "POP3", true},
		{"* OK", "IMAP", true},
		{"-ERR", "Redis", true},
		{"\xff\xfb", "Telnet", false},
		{"\xff\xfd", "Telnet", false},
	} {
		if bytes.HasPrefix(line, []byte(p.prefix)) && (whole || !p.needWhole) {
			return p.name
		}
	}
	if whole && (bytes.HasPrefix(line, []byte("220 ")) || bytes.HasPrefix(line, []byte("220-"))) {
		return mailOrFiles(line)
	}
	// RFC 4253 section 4.2 forbids NUL before the version line.
	if bytes.IndexByte(line, 0) >= 0 {
		return "a binary protocol"
	}
	return ""
}

// mailOrFiles tells the two protocols apart that greet with 220.
func mailOrFiles(line []byte) string {
	if up := bytes.ToUpper(line); bytes.Contains(up, []byte("SMTP")) || bytes.Contains(up, []byte("MAIL")) {
		return "SMTP"
	}
	return "FTP"
}

// feedPacket collects the first binary packet (RFC 4253 section 6). What is
// wrong with it, x/crypto will find out.
func (g *greeting) feedPacket(p []byte) {
	g.packet = append(g.packet, p...)
	if len(g.packet) < 5 {
		return
	}
	length := binary.BigEndian.Uint32(g.packet)
	if length > maxKexInit {
		g.finish(nil)
		return
	}
	if uint32(len(g.packet)-4) < length {
		return
	}
	padding := uint32(g.packet[4])
	if padding+1 > length {
		g.finish(nil)
		return
	}
	g.finish(g.packet[5 : 4+length-padding])
}

func (g *greeting) finish(payload []byte) {
	g.done = true
	var k kexInit
	if len(payload) > 0 && ssh.Unmarshal(payload, &k) == nil {
		g.kexInit = &k
	}
	g.packet, g.line = nil, nil
}
