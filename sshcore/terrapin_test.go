package sshcore

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/sshcore/internal/sshtest"
)

// The two halves of the Terrapin attack (CVE-2023-48795), each by itself and both
// together: a message put in before the keys change, and the server's first
// message after that, EXT_INFO, left out.
func TestTerrapinIsRefused(t *testing.T) {
	for _, c := range []struct {
		name         string
		inject, drop bool
		ok           bool
	}{
		{"who only reads along is not noticed", false, false, true},
		{"a message that is put in", true, false, false},
		{"EXT_INFO that is left out", false, true, false},
		{"both, as in the attack", true, true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := sshtest.New(t)
				cfg := testConfig(srv.Dial)
				cfg.Algorithms.Ciphers = []string{ssh.CipherAES128GCM} // the length of a packet can be read
				man := &middle{inject: c.inject, drop: c.drop}
				cfg.Dial = func(context.Context, string, string) (net.Conn, error) {
					client, server := sshtest.Pipe()
					srv.Serve(server)
					man.Conn, man.in = client, bufio.NewReader(client)
					return man, nil
				}
				client, err := Dial(t.Context(), "h:22", cfg)
				if c.ok != (err == nil) {
					t.Errorf("got %v", err)
				}
				var got *ProtocolError
				if !c.ok && !errors.As(err, &got) {
					t.Errorf("not told as a breach of the protocol: %v", err)
				}
				if c.drop && !c.inject && man.dropped == 0 {
					t.Error("nothing was left out")
				}
				if client != nil {
					client.Close()
				}
			})
		})
	}
}

// middle reads a server's packets, as far as they can be, and changes them.
type middle struct {
	net.Conn
	in           *bufio.Reader
	inject, drop bool
	greeted      bool
	encrypted    bool
	dropped      int
	out          []byte
}

func (m *middle) Read(p []byte) (int, error) {
	for len(m.out) == 0 {
		if err := m.step(); err != nil {
			return 0, err
		}
	}
	n := copy(p, m.out)
	m.out = m.out[n:]
	return n, nil
}

const (
	gcmTag     = 16
	msgKexInit = 20
	msgNewKeys = 21
)

// step takes the server's greeting or its next packet, RFC 4253 section 6.
func (m *middle) step() error {
	if !m.greeted {
		line, err := m.in.ReadBytes('\n')
		m.out, m.greeted = line, true
		return err
	}
	head := make([]byte, 4)
	if _, err := io.ReadFull(m.in, head); err != nil {
		return err
	}
	size := int(binary.BigEndian.Uint32(head))
	if m.encrypted {
		size += gcmTag
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(m.in, body); err != nil {
		return err
	}
	if m.encrypted && m.drop && m.dropped == 0 {
		m.dropped++
		return nil
	}
	m.out = append(head, body...)
	if m.encrypted {
		return nil
	}
	switch body[1] {
	case msgKexInit:
		if m.inject {
			// SSH_MSG_IGNORE with nothing in it.
			m.out = append(m.out, 0, 0, 0, 12, 6, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
		}
	case msgNewKeys:
		m.encrypted = true
	}
	return nil
}
