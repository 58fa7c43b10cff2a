package demo

import (
	"context"
	"net"
	"testing"

	"golang.org/x/crypto/ssh"
)

// start starts a board on a free port and ends it with the test.
func start(t *testing.T) *Demo {
	t.Helper()
	d, err := Start(context.Background(), Options{Addr: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// enter logs in.
func enter(t *testing.T, d *Demo, user string, auth ...ssh.AuthMethod) (*ssh.Client, error) {
	t.Helper()
	conn, err := net.Dial("tcp", d.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	c, chans, reqs, err := ssh.NewClientConn(conn, "demo", &ssh.ClientConfig{
		User: user, Auth: auth, HostKeyCallback: ssh.FixedHostKey(d.HostKey()),
	})
	if err != nil {
		return nil, err
	}
	client := ssh.NewClient(c, chans, reqs)
	t.Cleanup(func() { client.Close() })
	return client, nil
}

// robey logs robey in.
func robey(t *testing.T, d *Demo) *ssh.Client {
	t.Helper()
	c, err := enter(t, d, "robey", ssh.Password("foo"))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestExecEchoPrintsItsWords(t *testing.T) {
	s, err := robey(t, start(t)).NewSession()
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.Output("echo hello 'a  b'")
	if err != nil || string(out) != "hello a  b\n" {
		t.Fatalf("%q, %v", out, err)
	}
}
