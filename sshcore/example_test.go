package sshcore_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"log"
	"net"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/sshcore"
)

// Log in with a password, run a command, and tell the failures apart.
func ExampleDial() {
	server, fingerprint := serveOnce()

	client, err := sshcore.Dial(context.Background(), server, &sshcore.Config{
		User:     "robey",
		HostKeys: sshcore.Pinned(fingerprint),
		Auth: []sshcore.Auth{
			sshcore.Password(func(_ context.Context, ask sshcore.Ask) ([]byte, error) {
				fmt.Printf("password for %s, attempt %d\n", ask.User, ask.Attempt)
				return []byte("foo"), nil
			}),
		},
	})
	var changed *sshcore.HostKeyError
	var refused *sshcore.AuthError
	switch {
	case errors.As(err, &changed):
		log.Fatalf("not the server that we know: %v", changed)
	case errors.As(err, &refused):
		log.Fatalf("the server takes %v", refused.Allowed)
	case err != nil:
		log.Fatal(err)
	}
	defer client.Close()

	out, err := client.Output(context.Background(), "uname")
	fmt.Printf("%s %v\n", out, err)
	// Output:
	// password for robey, attempt 1
	// you said uname <nil>
}

// Make an encrypted key, as ssh-keygen would, and read it back.
func ExampleGenerateKey() {
	text, public, err := sshcore.GenerateKey(sshcore.Ed25519, "me@home", []byte("secret"))
	if err != nil {
		log.Fatal(err)
	}
	// The passphrase is asked for when the key has to sign.
	signer, err := sshcore.ParseKey(text, func() ([]byte, error) { return []byte("secret"), nil })
	if err != nil {
		log.Fatal(err)
	}
	signature, err := signer.Sign(rand.Reader, []byte("message"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(public.Type(), public.Verify([]byte("message"), signature))
	// Output:
	// ssh-ed25519 <nil>
}

// serveOnce is a server of one login and one command.
func serveOnce() (addr, fingerprint string) {
	_, key, _ := ed25519.GenerateKey(rand.Reader)
	signer, _ := ssh.NewSignerFromKey(key)
	config := &ssh.ServerConfig{
		PasswordCallback: func(_ ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			if string(password) != "foo" {
				return nil, errors.New("no")
			}
			return nil, nil
		},
	}
	config.AddHostKey(signer)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go func() {
		defer l.Close()
		conn, _ := l.Accept()
		_, chans, reqs, err := ssh.NewServerConn(conn, config)
		if err != nil {
			return
		}
		go ssh.DiscardRequests(reqs)
		for newCh := range chans {
			ch, reqs, _ := newCh.Accept()
			for req := range reqs {
				req.Reply(true, nil)
				fmt.Fprintf(ch, "you said %s", req.Payload[4:])
				ch.SendRequest("exit-status", false, []byte{0, 0, 0, 0})
				ch.Close()
			}
		}
	}()
	return l.Addr().String(), ssh.FingerprintSHA256(signer.PublicKey())
}
