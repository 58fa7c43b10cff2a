package sshcore

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/sshcore/internal/sshtest"
)

func known(t *testing.T, lines ...string) *KnownHosts {
	t.Helper()
	kh, err := ParseKnownHosts(strings.NewReader(strings.Join(lines, "\n")))
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range kh.Bad() {
		t.Fatalf("line %d: %v", bad.LineNumber, bad.Err)
	}
	return kh
}

func reasonOf(err error) HostKeyReason {
	var refused *HostKeyError
	if errors.As(err, &refused) {
		return refused.Reason
	}
	return ""
}

func TestPolicies(t *testing.T) {
	key, other := sshtest.Key(t, ssh.KeyAlgoED25519).PublicKey(), sshtest.Key(t, ssh.KeyAlgoED25519).PublicKey()
	ecdsa := sshtest.Key(t, ssh.KeyAlgoECDSA256).PublicKey()
	empty := []string{}
	same := []string{KnownHostsLine("h:22", key)}
	changed := []string{KnownHostsLine("h:22", other)}
	otherType := []string{KnownHostsLine("h:22", ecdsa)}
	revoked := []string{"@revoked * " + strings.SplitN(KnownHostsLine("x", key), " ", 2)[1]}
	deciding := func(d Decision) func(*KnownHosts) HostKeyPolicy {
		return func(kh *KnownHosts) HostKeyPolicy {
			return AskNew(kh, func(context.Context, HostKey) (Decision, error) { return d, nil })
		}
	}
	never := func(kh *KnownHosts) HostKeyPolicy {
		return AskNew(kh, func(context.Context, HostKey) (Decision, error) {
			t.Error("asked about a key that is no question")
			return Remember, nil
		})
	}
	strict := func(kh *KnownHosts) HostKeyPolicy { return kh }
	warn := func(kh *KnownHosts) HostKeyPolicy { return WarnNew(kh, func(HostKey) {}) }
	pin := func(f string) func(*KnownHosts) HostKeyPolicy {
		return func(*KnownHosts) HostKeyPolicy { return Pinned("SHA256:other", f) }
	}
	both := func(print string, ask func(*KnownHosts) HostKeyPolicy) func(*KnownHosts) HostKeyPolicy {
		return func(kh *KnownHosts) HostKeyPolicy {
			return KnownAndPinned(kh, ask(kh).(*askNew).ask, print)
		}
	}
	right, wrong := ssh.FingerprintSHA256(key), ssh.FingerprintSHA256(other)
	for _, tc := range []struct {
		name   string
		file   []string
		policy func(*KnownHosts) HostKeyPolicy
		reason HostKeyReason // empty: accepted
		stored int           // lines for the host afterwards
	}{
		{"strict takes a known key", same, strict, "", 1},
		{"strict refuses an unknown host", empty, strict, HostKeyUnknown, 0},
		{"strict refuses a changed key", changed, strict, HostKeyChanged, 1},
		{"strict refuses a revoked key", revoked, strict, HostKeyRevoked, 0},
		{"strict calls a key of another type unknown", otherType, strict, HostKeyUnknown, 1},
		{"warning takes an unknown host and stores nothing", empty, warn, "", 0},
		{"warning refuses a changed key", changed, warn, HostKeyChanged, 1},
		{"adding takes an unknown host and stores it", empty, AcceptNew, "", 1},
		{"adding stores a second type beside the first", otherType, AcceptNew, "", 2},
		{"adding refuses a changed key and keeps the old", changed, AcceptNew, HostKeyChanged, 1},
		{"adding refuses a revoked key", revoked, AcceptNew, HostKeyRevoked, 0},
		{"asking, and once", empty, deciding(Once), "", 0},
		{"asking, and remember", empty, deciding(Remember), "", 1},
		{"asking, and reject", empty, deciding(Reject), HostKeyUnknown, 0},
		{"asking is not for a known key", same, never, "", 1},
		{"asking is not for a changed key", changed, never, HostKeyChanged, 1},
		{"asking is not for a revoked key", revoked, never, HostKeyRevoked, 0},
		{"a pin takes its key", empty, pin(right), "", 0},
		{"a pin copied with blanks and padding takes its key", empty, pin(" " + right + "=\n"), "", 0},
		{"a pin refuses any other", empty, pin(wrong), HostKeyMismatch, 0},
		{"a pin does not ask the list", changed, pin(right), "", 1},
		{"list and pin that agree take the key", same, both(right, never), "", 1},
		{"a pin is enough for a host that the list does not know, and nothing is stored", empty, both(right, never), "", 0},
		{"a pin that differs is refused where the list knows nothing", empty, both(wrong, never), HostKeyMismatch, 0},
		{"a pin that differs is refused although the key is known", same, both(wrong, never), HostKeyDisputed, 1},
		{"a changed key is refused although it is the pinned one", changed, both(right, never), HostKeyChanged, 1},
		{"a changed key is that, whatever the pin", changed, both(wrong, never), HostKeyChanged, 1},
		{"a revoked key is refused although it is the pinned one", revoked, both(right, never), HostKeyRevoked, 0},
		{"a pin does not answer for a host that is known by another key", otherType, both(right, deciding(Reject)), HostKeyUnknown, 1},
		{"a pin and a person do", otherType, both(right, deciding(Once)), "", 1},
		{"a pin that differs is no question", otherType, both(wrong, never), HostKeyMismatch, 1},
		{"nobody to ask", otherType, func(kh *KnownHosts) HostKeyPolicy { return KnownAndPinned(kh, nil, right) }, HostKeyUnknown, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			kh := known(t, tc.file...)
			err := tc.policy(kh).CheckHostKey(t.Context(), HostKey{Addr: "h:22", Key: key})
			if reasonOf(err) != tc.reason || (err == nil) != (tc.reason == "") {
				t.Errorf("got %v", err)
			}
			if n := len(kh.Lookup("h:22")); n != tc.stored {
				t.Errorf("%d keys stored, want %d", n, tc.stored)
			}
		})
	}
}

func TestAnErrorOfTheQuestionIsHandedOn(t *testing.T) {
	cancelled := errors.New("the user pressed Escape")
	synctest.Test(t, func(t *testing.T) {
		cfg := testConfig(sshtest.New(t).Dial)
		cfg.HostKeys = AskNew(new(KnownHosts), func(context.Context, HostKey) (Decision, error) { return Remember, cancelled })
		if _, err := Dial(t.Context(), "h:22", cfg); !errors.Is(err, cancelled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestHostKeyErrorsCarryTheOldKeyAndItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		old := sshtest.Key(t, ssh.KeyAlgoED25519).PublicKey()
		cfg := testConfig(sshtest.New(t).Dial)
		cfg.HostKeys = known(t, "# mine", KnownHostsLine("h:22", old)+" since 2019")
		_, err := Dial(t.Context(), "h:22", cfg)
		var got *HostKeyError
		if !errors.As(err, &got) || got.Reason != HostKeyChanged || len(got.Known) != 1 {
			t.Fatalf("got %v", err)
		}
		k := got.Known[0]
		if !sameKey(k.Key, old) || k.LineNumber != 2 || !strings.HasSuffix(k.Line, "since 2019") || k.System {
			t.Errorf("got %+v", k)
		}
	})
}

func TestAKeyThatListAndPinDisputeIsNamedWithBoth(t *testing.T) {
	key, other := sshtest.Key(t, ssh.KeyAlgoED25519).PublicKey(), ssh.FingerprintSHA256(sshtest.Key(t, ssh.KeyAlgoED25519).PublicKey())
	err := KnownAndPinned(known(t, KnownHostsLine("h:22", key)), nil, other).CheckHostKey(t.Context(), HostKey{Addr: "h:22", Key: key})
	var refused *HostKeyError
	if !errors.As(err, &refused) || len(refused.Known) != 1 || !slices.Equal(refused.Expected, []string{other}) {
		t.Fatalf("got %+v", err)
	}
	for _, print := range []string{ssh.FingerprintSHA256(key), other} {
		if !strings.Contains(err.Error(), print) {
			t.Errorf("%q does not name %s", err, print)
		}
	}
}

func TestTheKeyTypeThatIsKnownIsAskedFor(t *testing.T) {
	for _, keyType := range []string{ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoRSA} {
		t.Run(keyType, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				srv := sshtest.New(t)
				srv.Config = &ssh.ServerConfig{NoClientAuth: true}
				kh := new(KnownHosts)
				for _, kt := range []string{ssh.KeyAlgoED25519, ssh.KeyAlgoECDSA256, ssh.KeyAlgoRSA} {
					key := sshtest.Key(t, kt)
					srv.Config.AddHostKey(key)
					if kt == keyType {
						kh.Add("h:22", key.PublicKey())
					}
				}
				cfg := testConfig(srv.Dial)
				cfg.HostKeys = kh
				c, err := Dial(t.Context(), "h:22", cfg)
				if err != nil {
					t.Fatal(err)
				}
				if got := c.Info().HostKeyType; got != keyType {
					t.Errorf("got %s", got)
				}
				c.Close()
			})
		})
	}
}

func TestHostKeyAliasNamesTheKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		kh := new(KnownHosts)
		cfg := testConfig(sshtest.New(t).Dial)
		cfg.HostKeys, cfg.HostKeyAlias = AcceptNew(kh), "db.internal"
		if err := tryLogin(t, cfg); err != nil {
			t.Fatal(err)
		}
		if len(kh.Lookup("db.internal")) != 1 || len(kh.Lookup("h:22")) != 0 {
			t.Error("filed under the wrong name")
		}
	})
}

func TestHostCertificates(t *testing.T) {
	ca, otherCA := sshtest.Key(t, ssh.KeyAlgoED25519), sshtest.Key(t, ssh.KeyAlgoED25519)
	host := sshtest.Key(t, ssh.KeyAlgoECDSA256)
	hour := uint64(time.Now().Add(time.Hour).Unix())
	authority := func(marker, pattern string, key ssh.PublicKey) string {
		return marker + " " + pattern + " " + strings.TrimSpace(string(ssh.MarshalAuthorizedKey(key)))
	}
	for _, tc := range []struct {
		name   string
		file   []string
		change func(*ssh.Certificate)
		reason HostKeyReason
	}{
		{"a known authority vouches", []string{authority("@cert-authority", "*.example.org", ca.PublicKey())}, nil, ""},
		{"an authority of a port vouches for that port", []string{authority("@cert-authority", "[*.example.org]:2222", ca.PublicKey())}, nil, ""},
		{"an authority of other hosts does not", []string{authority("@cert-authority", "*.example.com", ca.PublicKey())}, nil, HostKeyUnknown},
		{"another authority does not", []string{authority("@cert-authority", "*", otherCA.PublicKey())}, nil, HostKeyUnknown},
		{"an authority's line is not a host key", []string{authority("@cert-authority", "*", host.PublicKey())}, nil, HostKeyUnknown},
		{"the plain key will do", []string{KnownHostsLine("a.example.org", host.PublicKey())}, nil, ""},
		{"an expired certificate does not", []string{authority("@cert-authority", "*", ca.PublicKey())},
			func(c *ssh.Certificate) { c.ValidBefore = 1 }, HostKeyUnknown},
		{"a certificate of another host does not", []string{authority("@cert-authority", "*", ca.PublicKey())},
			func(c *ssh.Certificate) { c.ValidPrincipals = []string{"b.example.org"} }, HostKeyUnknown},
		{"a certificate of every host does not", []string{authority("@cert-authority", "*", ca.PublicKey())},
			func(c *ssh.Certificate) { c.ValidPrincipals = nil }, HostKeyUnknown},
		{"a user's certificate does not", []string{authority("@cert-authority", "*", ca.PublicKey())},
			func(c *ssh.Certificate) { c.CertType = ssh.UserCert }, HostKeyUnknown},
		{"a revoked authority is refused", []string{authority("@cert-authority", "*", ca.PublicKey()), authority("@revoked", "*", ca.PublicKey())}, nil, HostKeyRevoked},
	} {
		t.Run(tc.name, func(t *testing.T) {
			cert := &ssh.Certificate{Key: host.PublicKey(), CertType: ssh.HostCert, ValidPrincipals: []string{"a.example.org"}, ValidBefore: hour}
			if tc.change != nil {
				tc.change(cert)
			}
			if err := cert.SignCert(rand.Reader, ca); err != nil {
				t.Fatal(err)
			}
			addr := "a.example.org:22"
			if strings.Contains(tc.name, "port") {
				addr = "a.example.org:2222"
			}
			err := known(t, tc.file...).CheckHostKey(t.Context(), HostKey{Addr: addr, Key: cert})
			if reasonOf(err) != tc.reason || (err == nil) != (tc.reason == "") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestPreferringOnlyReorders(t *testing.T) {
	got := preferring([]string{"a", "b", "c"}, []string{"c", "x", "b"})
	if !slices.Equal(got, []string{"c", "b", "a"}) {
		t.Errorf("got %q", got)
	}
}

func TestAServerThatChangesItsKeyInARekeyIsRefused(t *testing.T) {
	h := &handshake{addr: "h:22", cfg: testConfig(nil)}
	first := sshtest.Key(t, ssh.KeyAlgoED25519).PublicKey()
	h.hostKey, h.live = first, true
	if err := h.checkHostKey("", nil, first); err != nil {
		t.Error(err)
	}
	second := sshtest.Key(t, ssh.KeyAlgoED25519).PublicKey()
	if err := h.checkHostKey("", nil, second); reasonOf(err) != HostKeyChanged {
		t.Errorf("got %v", err)
	}
}
