package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
)

// A request is one letter, u or d, and how many bytes are to move: up they are
// followed by one byte for an answer.
const requestSize = 9

func request(letter byte, n int64) []byte {
	return binary.BigEndian.AppendUint64([]byte{letter}, uint64(n))
}

// serve prints a port and gives each connection to it to handle.
func serve(handle func(net.Conn) error) error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("port %d\n", listener.Addr().(*net.TCPAddr).Port)
	for {
		conn, err := listener.Accept()
		if err != nil {
			return err
		}
		go func() {
			defer conn.Close()
			// What goes wrong shows at the other end, which measures.
			_ = handle(conn)
		}()
	}
}

// answer does what a connection asks for until it ends.
func answer(conn net.Conn) error {
	for {
		var req [requestSize]byte
		if _, err := io.ReadFull(conn, req[:]); err != nil {
			return err
		}
		n := int64(binary.BigEndian.Uint64(req[1:]))
		if req[0] == 'd' {
			if err := zeros(conn, n); err != nil {
				return err
			}
			continue
		}
		if _, err := io.CopyN(io.Discard, conn, n); err != nil {
			return err
		}
		if _, err := conn.Write([]byte{'k'}); err != nil {
			return err
		}
	}
}

func zeros(w io.Writer, n int64) error {
	buf := make([]byte, 256<<10)
	for n > 0 {
		m, err := w.Write(buf[:min(n, int64(len(buf)))])
		if err != nil {
			return err
		}
		n -= int64(m)
	}
	return nil
}

// send moves n bytes up.
func send(conn io.ReadWriter, n int64) error {
	if _, err := conn.Write(request('u', n)); err != nil {
		return err
	}
	if err := zeros(conn, n); err != nil {
		return err
	}
	_, err := io.ReadFull(conn, make([]byte, 1))
	return err
}

// receive moves n bytes down.
func receive(conn io.ReadWriter, n int64) error {
	if _, err := conn.Write(request('d', n)); err != nil {
		return err
	}
	buf := make([]byte, 256<<10)
	for n > 0 {
		m, err := conn.Read(buf)
		if n -= int64(m); n > 0 && err != nil {
			return err
		}
	}
	if n < 0 {
		return errors.New("more came than was asked for")
	}
	return nil
}

// forward copies both ways between a connection and a target.
func forward(near net.Conn, target string) error {
	far, err := net.Dial("tcp", target)
	if err != nil {
		return err
	}
	defer far.Close()
	go func() {
		_, _ = io.Copy(far, near)
		_ = far.(*net.TCPConn).CloseWrite()
	}()
	_, err = io.Copy(near, far)
	return err
}
