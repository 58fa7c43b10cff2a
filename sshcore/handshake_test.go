package sshcore

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/sshcore/internal/sshtest"
)

// anyKey is a policy for tests that are not about host keys.
type anyKey struct{}

func (anyKey) CheckHostKey(context.Context, HostKey) error { return nil }

func testConfig(dial DialFunc) *Config {
	return &Config{User: "robey", Dial: dial, HostKeys: anyKey{}, KeepAlive: -1}
}

func TestPeersThatAreNotSSHAreNamed(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, tc := range []struct {
		name   string
		script func(net.Conn)
		reason ProtocolReason
		what   string
	}{
		{"a web server", sshtest.Says("HTTP/1.1 400 Bad Request\r\n\r\n"), ReasonNotSSH, "HTTP"},
		{"an FTP server", sshtest.Says("220 ProFTPD Server ready.\r\n"), ReasonNotSSH, "FTP"},
		{"an SMTP server", sshtest.Says("220 mx.example.org ESMTP Postfix\r\n"), ReasonNotSSH, "SMTP"},
		{"an IMAP server", sshtest.Says("* OK IMAP4rev1 ready\r\n"), ReasonNotSSH, "IMAP"},
		{"a POP3 server", sshtest.Says("+OK POP3 ready\r\n"), ReasonNotSSH, "POP3"},
		{"a TLS server's alert", sshtest.Says("\x15\x03\x01\x00\x02\x02\x46"), ReasonNotSSH, "TLS"},
		{"a VNC server", sshtest.Says("RFB 003.008\n"), ReasonNotSSH, "VNC"},
		{"a telnet server", sshtest.Says("\xff\xfd\x18\xff\xfd\x20"), ReasonNotSSH, "Telnet"},
		{"a binary protocol", sshtest.Says("J\x00\x00\x00\x0a8.0.36\x00"), ReasonNotSSH, "a binary protocol"},
		{"an SSH-1 server", sshtest.Says("SSH-1.5-OpenSSH_2.3\n"), ReasonVersion, "SSH-1.5"},
		{"garbage without line ends", sshtest.Repeats(long), ReasonNotSSH, "something that never stops talking"},
		{"garbage of endless lines", sshtest.Repeats("hello\n"), ReasonNotSSH, "something that never stops talking"},
		{"a silent peer", sshtest.Says(""), ReasonTimeout, ""},
		{"a server that is silent after its version", sshtest.Says("SSH-2.0-Slow\r\n"), ReasonTimeout, "SSH-2.0-Slow"},
		{"a peer that drips", drips, ReasonTimeout, ""},
		{"a first packet of absurd length", sshtest.Says("SSH-2.0-x\r\n\xff\xff\xff\xff\x04"), ReasonIntegrity, ""},
		{"a first packet that is not KEXINIT", sshtest.Says("SSH-2.0-x\r\n" + string(sshtest.Packet([]byte{3, 0, 0, 0, 0}))), ReasonIntegrity, ""},
		{"a first packet of zero length", sshtest.Says("SSH-2.0-x\r\n\x00\x00\x00\x00\x00\x00\x00\x00"), ReasonIntegrity, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				_, err := Dial(t.Context(), "h:22", testConfig(sshtest.Peer(t, tc.script)))
				var got *ProtocolError
				if !errors.As(err, &got) {
					t.Fatalf("got %v, want a ProtocolError", err)
				}
				if got.Reason != tc.reason || got.What != tc.what || got.Addr != "h:22" {
					t.Errorf("got %+v", got)
				}
				if took := time.Since(start); took > 20*time.Second {
					t.Errorf("took %v", took)
				}
				if tc.reason == ReasonTimeout && !errors.Is(err, os.ErrDeadlineExceeded) {
					t.Error("not an os.ErrDeadlineExceeded")
				}
			})
		})
	}
}

func drips(c net.Conn) {
	for {
		if _, err := io.WriteString(c, "x"); err != nil {
			return
		}
		time.Sleep(time.Second)
	}
}

func TestConnectionsThatEndDuringTheHandshake(t *testing.T) {
	for _, tc := range []struct {
		name   string
		script func(net.Conn)
		want   ClosedError
	}{
		{"at once", func(net.Conn) {}, ClosedError{Reason: ClosedEOF}},
		{"after the version", func(c net.Conn) { io.WriteString(c, "SSH-2.0-x\r\n") }, ClosedError{Reason: ClosedEOF}},
		{"with a reason", sshtest.Says("SSH-2.0-x\r\n" + string(sshtest.Packet(sshtest.Disconnect(12, "too many users")))),
			ClosedError{Reason: ClosedDisconnect, Code: 12, Message: "too many users"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, err := Dial(t.Context(), "h:22", testConfig(sshtest.Peer(t, tc.script)))
				var got *ClosedError
				if !errors.As(err, &got) {
					t.Fatalf("got %v, want a ClosedError", err)
				}
				if got.Reason != tc.want.Reason || got.Code != tc.want.Code || got.Message != tc.want.Message {
					t.Errorf("got %+v", got)
				}
			})
		})
	}
}

func TestNoCommonAlgorithmShowsBothLists(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := sshtest.New(t)
		srv.Config.Ciphers = []string{ssh.InsecureCipherAES128CBC}
		_, err := Dial(t.Context(), "h:22", testConfig(srv.Dial))
		var got *ProtocolError
		if !errors.As(err, &got) || got.Reason != ReasonNoAlgorithm {
			t.Fatalf("got %v", err)
		}
		if !slices.Contains(got.Ours, ssh.CipherAES256GCM) || !slices.Equal(got.Theirs, srv.Config.Ciphers) {
			t.Errorf("ours %q, theirs %q", got.Ours, got.Theirs)
		}
	})
}

func TestLegacyReachesOldServersAndDefaultsDoNot(t *testing.T) {
	srv := func(t *testing.T) *sshtest.Server {
		s := sshtest.New(t)
		s.Config = &ssh.ServerConfig{NoClientAuth: true}
		rsa, err := ssh.NewSignerWithAlgorithms(sshtest.Key(t, ssh.KeyAlgoRSA).(ssh.AlgorithmSigner), []string{ssh.KeyAlgoRSA})
		if err != nil {
			t.Fatal(err)
		}
		s.Config.AddHostKey(rsa)
		s.Config.KeyExchanges = []string{ssh.InsecureKeyExchangeDH14SHA1}
		s.Config.Ciphers = []string{ssh.InsecureCipherAES128CBC}
		s.Config.MACs = []string{ssh.HMACSHA1}
		return s
	}
	synctest.Test(t, func(t *testing.T) {
		cfg := testConfig(srv(t).Dial)
		if _, err := Dial(t.Context(), "h:22", cfg); err == nil {
			t.Fatal("the defaults connected")
		}
		cfg.Algorithms = Legacy()
		c, err := Dial(t.Context(), "h:22", cfg)
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
	})
}

func TestTheClockStopsWhileAPersonIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := sshtest.New(t)
		srv.Config.NoClientAuth = false
		srv.Config.PasswordCallback = func(ssh.ConnMetadata, []byte) (*ssh.Permissions, error) { return nil, nil }
		cfg := testConfig(srv.Dial)
		cfg.HostKeys = AskNew(new(KnownHosts), func(context.Context, HostKey) (Decision, error) {
			time.Sleep(time.Hour)
			return Once, nil
		})
		cfg.Auth = []Auth{Password(func(context.Context, Ask) ([]byte, error) {
			time.Sleep(time.Hour)
			return []byte("foo"), nil
		})}
		c, err := Dial(t.Context(), "h:22", cfg)
		if err != nil {
			t.Fatal(err)
		}
		c.Close()
	})
}

func TestTheClockGoesOnAfterAQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := sshtest.New(t)
		hang := make(chan struct{})
		t.Cleanup(func() { close(hang) })
		srv.Config.NoClientAuthCallback = func(ssh.ConnMetadata) (*ssh.Permissions, error) {
			<-hang
			return nil, errors.New("no")
		}
		cfg := testConfig(srv.Dial)
		cfg.HostKeys = AskNew(new(KnownHosts), func(context.Context, HostKey) (Decision, error) {
			time.Sleep(time.Minute)
			return Once, nil
		})
		start := time.Now()
		_, err := Dial(t.Context(), "h:22", cfg)
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Fatalf("got %v", err)
		}
		if took := time.Since(start); took != 80*time.Second {
			t.Errorf("took %v, want a minute and 20 s", took)
		}
	})
}

func TestCancellingTheContextEndsTheHandshake(t *testing.T) {
	reason := errors.New("the tab was closed")
	for _, tc := range []struct {
		name string
		cfg  func(t *testing.T, cancel func()) *Config
	}{
		{"while the server is silent", func(t *testing.T, cancel func()) *Config {
			time.AfterFunc(time.Second, cancel)
			return testConfig(sshtest.Peer(t, sshtest.Says("")))
		}},
		{"while the host key is a question", func(t *testing.T, cancel func()) *Config {
			cfg := testConfig(sshtest.New(t).Dial)
			cfg.HostKeys = AskNew(new(KnownHosts), func(ctx context.Context, _ HostKey) (Decision, error) {
				cancel()
				<-ctx.Done()
				return Reject, ctx.Err()
			})
			return cfg
		}},
		{"before it begins", func(t *testing.T, cancel func()) *Config {
			cancel()
			return testConfig(sshtest.New(t).Dial)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancelCause(t.Context())
				_, err := Dial(ctx, "h:22", tc.cfg(t, func() { cancel(reason) }))
				if !errors.Is(err, reason) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

func TestAfterDialItsContextDoesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := sshtest.New(t)
		srv.Run = func(s *sshtest.Session) { s.Exit(0) }
		ctx, cancel := context.WithCancel(t.Context())
		c, err := Dial(ctx, "h:22", testConfig(srv.Dial))
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		synctest.Wait()
		if _, err := c.Output(t.Context(), "true"); err != nil {
			t.Error(err)
		}
		c.Close()
		if err := c.Wait(); err != nil {
			t.Errorf("Wait after Close: %v", err)
		}
	})
}

func TestWithoutAPolicyNothingIsDialled(t *testing.T) {
	client, server := sshtest.Pipe()
	if _, err := NewClient(t.Context(), client, "h:22", &Config{}); err == nil {
		t.Fatal("connected")
	}
	if n, _ := io.Copy(io.Discard, server); n > 0 {
		t.Errorf("sent %d bytes", n)
	}
}

func TestADialFailureIsADialError(t *testing.T) {
	cause := errors.New("no route")
	cfg := testConfig(func(context.Context, string, string) (net.Conn, error) { return nil, cause })
	_, err := Dial(t.Context(), "h:22", cfg)
	var got *DialError
	if !errors.As(err, &got) || got.Addr != "h:22" || !errors.Is(err, cause) {
		t.Errorf("got %v", err)
	}
}

func TestBannersAreShownAndBounded(t *testing.T) {
	for _, tc := range []struct {
		name    string
		banners []string
		want    int
		refused bool
	}{
		{"one is shown", []string{"hello\n"}, 1, false},
		{"sixteen are shown", slices.Repeat([]string{"b"}, 16), 16, false},
		{"seventeen are too many", slices.Repeat([]string{"b"}, 17), 16, true},
		{"64 KiB are too much", slices.Repeat([]string{strings.Repeat("b", 20<<10)}, 4), 3, true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := sshtest.New(t)
				srv.Config.PreAuthConnCallback = func(conn ssh.ServerPreAuthConn) {
					for _, b := range tc.banners {
						conn.SendAuthBanner(b)
					}
				}
				cfg := testConfig(srv.Dial)
				shown := 0
				cfg.Banner = func(string) { shown++ }
				c, err := Dial(t.Context(), "h:22", cfg)
				if err == nil {
					c.Close()
				}
				var limit *ProtocolError
				if refused := errors.As(err, &limit) && limit.Reason == ReasonLimit; refused != tc.refused || shown != tc.want {
					t.Errorf("shown %d, error %v", shown, err)
				}
			})
		})
	}
}

func TestMissingStrictKexIsAWarning(t *testing.T) {
	for _, strict := range []bool{true, false} {
		var warned []Event
		cfg := testConfig(nil)
		cfg.Trace = func(e Event) {
			if e.Warning {
				warned = append(warned, e)
			}
		}
		h := newHandshake(t.Context(), nil, "h:22", cfg)
		h.clock = newStopwatch(-1, nil)
		k := &kexInit{KexAlgos: []string{"curve25519-sha256"}}
		if strict {
			k.KexAlgos = append(k.KexAlgos, "kex-strict-s-v00@openssh.com")
		}
		h.tap.hello.kexInit = k
		if err := h.checkHostKey("", nil, fixedKey(1)); err != nil {
			t.Fatal(err)
		}
		if (len(warned) == 0) != strict {
			t.Errorf("strict %v: warnings %v", strict, warned)
		}
	}
}

func TestStrictKexCannotBeStripped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := sshtest.New(t)
		var warned []Event
		cfg := testConfig(srv.Dial)
		cfg.Trace = func(e Event) {
			if e.Warning {
				warned = append(warned, e)
			}
		}
		c, err := Dial(t.Context(), "h:22", cfg)
		if err != nil {
			t.Fatal(err)
		}
		if !c.Info().StrictKex || len(warned) > 0 {
			t.Errorf("info %+v, warnings %v", c.Info(), warned)
		}
		c.Close()

		// A man in the middle strips the marker: the signature no longer fits.
		cfg.Dial = func(context.Context, string, string) (net.Conn, error) {
			client, server := sshtest.Pipe()
			srv.Serve(server)
			return &replacing{Conn: client, old: "kex-strict-s-v00@openssh.com", new: "kex-xxxxxx-s-v00@openssh.com"}, nil
		}
		_, err = Dial(t.Context(), "h:22", cfg)
		var got *ProtocolError
		if !errors.As(err, &got) || got.Reason != ReasonIntegrity {
			t.Errorf("got %v", err)
		}
	})
}

// replacing changes what is read, if it comes in one piece.
type replacing struct {
	net.Conn
	old, new string
}

func (r *replacing) Read(p []byte) (int, error) {
	n, err := r.Conn.Read(p)
	copy(p, strings.Replace(string(p[:n]), r.old, r.new, 1))
	return n, err
}
