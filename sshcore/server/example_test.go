package server_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"fmt"
	"log"
	"net"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/sshcore/server"
)

// A whole server in 20 lines. The rest of the example is a client that tries
// it, over a pipe instead of a network.
func Example() {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		log.Fatal(err)
	}
	key, err := ssh.NewSignerFromSigner(private)
	if err != nil {
		log.Fatal(err)
	}
	srv := &server.Server{
		HostKeys: []ssh.Signer{key},
		PasswordAuth: func(_ context.Context, l server.Login, password []byte) error {
			if l.User != "robey" || string(password) != "foo" {
				return errors.New("wrong name or password")
			}
			return nil
		},
		Handler: func(_ context.Context, s *server.Session) {
			fmt.Fprintf(s.Stdout(), "Hello %s, you said %q.\n", s.Login().User, s.Command())
			s.Exit(0)
		},
	}
	near, far := net.Pipe()
	go srv.ServeConn(context.Background(), far) // or srv.Serve(listener)

	conn, chans, reqs, err := ssh.NewClientConn(near, "", &ssh.ClientConfig{
		User:            "robey",
		Auth:            []ssh.AuthMethod{ssh.Password("foo")},
		HostKeyCallback: ssh.FixedHostKey(key.PublicKey()),
	})
	if err != nil {
		log.Fatal(err)
	}
	client := ssh.NewClient(conn, chans, reqs)
	defer client.Close()
	session, err := client.NewSession()
	if err != nil {
		log.Fatal(err)
	}
	out, err := session.Output("good morning")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(string(out))
	// Output: Hello robey, you said "good morning".
}
