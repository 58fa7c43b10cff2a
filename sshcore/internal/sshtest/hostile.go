package sshtest

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
)

// Peer returns a dial function to a peer that does script and then hangs up.
// What the client sends is taken and dropped.
func Peer(t testing.TB, script func(net.Conn)) func(context.Context, string, string) (net.Conn, error) {
	return func(context.Context, string, string) (net.Conn, error) {
		client, peer := Pipe()
		var wg sync.WaitGroup
		wg.Go(func() { io.Copy(io.Discard, peer) })
		wg.Go(func() {
			script(peer)
			peer.Close()
		})
		t.Cleanup(func() {
			peer.Close()
			wg.Wait()
		})
		return client, nil
	}
}

// Says is a script: it sends text and waits for the client to leave.
func Says(text string) func(net.Conn) {
	return func(c net.Conn) {
		io.WriteString(c, text)
		c.(*Conn).AwaitClose()
	}
}

// Repeats is a script: it sends text for as long as the client listens.
func Repeats(text string) func(net.Conn) {
	return func(c net.Conn) {
		for {
			if _, err := io.WriteString(c, text); err != nil {
				return
			}
		}
	}
}

// AwaitClose waits until either side has closed the connection.
func (c *Conn) AwaitClose() {
	q := c.out
	q.mu.Lock()
	defer q.mu.Unlock()
	for q.end == nil {
		q.changed.Wait()
	}
}

// Packet frames a payload as SSH does before encryption, RFC 4253 section 6.
func Packet(payload []byte) []byte {
	padding := 8 - (5+len(payload))%8
	if padding < 4 {
		padding += 8
	}
	p := binary.BigEndian.AppendUint32(nil, uint32(1+len(payload)+padding))
	p = append(p, byte(padding))
	p = append(p, payload...)
	return append(p, make([]byte, padding)...)
}

// Disconnect is SSH_MSG_DISCONNECT, RFC 4253 section 11.1.
func Disconnect(code uint32, message string) []byte {
	return ssh.Marshal(struct {
		Code     uint32 `sshtype:"1"`
		Message  string
		Language string
	}{code, message, ""})
}
