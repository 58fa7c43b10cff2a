package sshcore

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"errors"
	"io"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/wasmiko/wasmiko/sshcore/internal/sshtest"
)

// newAgent holds one fresh key.
func newAgent(t *testing.T) (agent.ExtendedAgent, ssh.PublicKey) {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := agent.NewKeyring().(agent.ExtendedAgent)
	if err := a.Add(agent.AddedKey{PrivateKey: key, Comment: "held in memory"}); err != nil {
		t.Fatal(err)
	}
	signers, err := a.Signers()
	if err != nil {
		t.Fatal(err)
	}
	return a, signers[0].PublicKey()
}

func TestKeysOfAnAgentLogIn(t *testing.T) {
	a, public := newAgent(t)
	srv := sshtest.New(t)
	srv.Config.NoClientAuth = false
	srv.Config.PublicKeyCallback = func(_ ssh.ConnMetadata, k ssh.PublicKey) (*ssh.Permissions, error) {
		if !sameKey(k, public) {
			return nil, errRefused
		}
		return nil, nil
	}
	cfg := testConfig(srv.Dial)
	cfg.Auth = []Auth{Agent(a)}
	if err := tryLogin(t, cfg); err != nil {
		t.Fatal(err)
	}
	if err := a.RemoveAll(); err != nil {
		t.Fatal(err)
	}
	var auth *AuthError
	err := tryLogin(t, cfg)
	if !errors.As(err, &auth) {
		t.Errorf("with no key left: %v", err)
	}
	reasonIs(t, err, KeyNone)
}

func TestAForwardedAgentIsReachedByTheServersPrograms(t *testing.T) {
	ctx, c, _ := real(t)
	a, public := newAgent(t)
	run := func(line string, lend LentAgent) (string, error) {
		s, err := c.Start(ctx, Command{Line: line + " 2>&1", Agent: lend})
		if err != nil {
			t.Fatal(err)
		}
		out, err := io.ReadAll(s.Stdout())
		if err != nil {
			t.Fatal(err)
		}
		return string(out), s.Wait()
	}
	if out, err := run("echo agent: $SSH_AUTH_SOCK", nil); err != nil || out != "agent:\n" {
		t.Errorf("without being lent there is one: %q, %v", out, err)
	}
	out, err := run("ssh-add -l", a)
	if err != nil || !strings.Contains(out, ssh.FingerprintSHA256(public)) || !strings.Contains(out, "held in memory") {
		t.Errorf("ssh-add -l: %q, %v", out, err)
	}
	sign := "ssh-add -L | head -1 >key.pub; echo text | ssh-keygen -q -Y sign -n file -f key.pub | head -1"
	if out, err := run("cd $(mktemp -d); "+sign, a); err != nil || !strings.Contains(out, "BEGIN SSH SIGNATURE") {
		t.Errorf("a signature: %q, %v", out, err)
	}
	for _, line := range []string{"ssh-add -D", "ssh-add -d key.pub", "ssh-keygen -q -t ed25519 -N '' -f k; ssh-add k"} {
		if out, err := run("cd $(mktemp -d); ssh-add -L | head -1 >key.pub; "+line, a); err == nil {
			t.Errorf("%s was let: %q", line, out)
		}
	}
	if keys, err := a.List(); err != nil || len(keys) != 1 {
		t.Errorf("the agent was changed: %v, %v", keys, err)
	}
}

func TestAnAgentThatWasNotLentIsOutOfReach(t *testing.T) {
	for _, tc := range []struct {
		name     string
		lend     bool
		open     int
		accepted int
	}{
		{"without lending, a channel is refused", false, 1, 0},
		{"with it, one is accepted", true, 1, 1},
		{"nine at once are one too many", true, 9, 8},
	} {
		t.Run(tc.name, func(t *testing.T) {
			srv := sshtest.New(t)
			counted := make(chan int)
			begun := make(chan struct{})
			srv.Run = func(s *sshtest.Session) { close(begun); io.Copy(io.Discard, s) }
			srv.OnConn = func(conn *ssh.ServerConn) {
				<-begun
				n := 0
				for range tc.open {
					if _, reqs, err := conn.OpenChannel(agentChannel, nil); err == nil {
						go ssh.DiscardRequests(reqs)
						n++
					}
				}
				counted <- n
			}
			c, err := Dial(t.Context(), "h:22", testConfig(srv.Dial))
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			cmd := Command{Line: "x"}
			if tc.lend {
				cmd.Agent, _ = newAgent(t)
			}
			if _, err := c.Start(context.Background(), cmd); err != nil {
				t.Fatal(err)
			}
			if n := <-counted; n != tc.accepted {
				t.Errorf("%d channels were accepted", n)
			}
		})
	}
}

func FuzzAgent(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, agentListKeys})
	f.Add([]byte{0, 0, 0, 2, agentSign, 0})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, agentSign})
	f.Fuzz(func(t *testing.T, message []byte) {
		var out bytes.Buffer
		conn := struct {
			io.Reader
			io.Writer
		}{bytes.NewReader(message), &out}
		a := agent.NewKeyring().(agent.ExtendedAgent)
		for answerAgent(a, conn) == nil {
		}
	})
}
