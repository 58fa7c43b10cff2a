//go:build js

package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/netconn"
	"github.com/wasmiko/wasmiko/sshcore"
	"github.com/wasmiko/wasmiko/wasm/wire"
)

func authError(tried, allowed []string, err error) error {
	return &sshcore.AuthError{User: "robey", Tried: tried, Allowed: allowed, Err: err}
}

func keyError(r sshcore.KeyReason) error { return fmt.Errorf("work: %w", &sshcore.KeyError{Reason: r}) }

func sftpError(op string, status uint32, err error) error {
	return &sshcore.SFTPError{Op: op, Path: "a\nb", Status: status, Err: err}
}

func lost(code netconn.Code) error {
	return &sshcore.ClosedError{Reason: sshcore.ClosedNetwork, Err: &netconn.Error{Code: code}}
}

func testKey(t *testing.T) ssh.PublicKey {
	t.Helper()
	const line = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"
	key, _, _, _, err := ssh.ParseAuthorizedKey([]byte(line))
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestErrorsAreDescribed(t *testing.T) {
	key := testKey(t)
	hostKey := func(r sshcore.HostKeyReason) error {
		return &sshcore.HostKeyError{Addr: "db1:2222", Key: key, Reason: r, Known: []sshcore.KnownKey{{Key: key, LineNumber: 7}}}
	}
	page := &pageError{wire.Error{Code: "aborted"}}
	password := []string{"password"}
	c := &core{target: target{"db1.example", 2222}}
	reached := map[string]bool{}
	for _, test := range []struct {
		name, want string // want is code/reason
		err        error
		says       string
	}{
		{"no WebSocket to the relay", "relay/unreachable", &netconn.Error{Code: netconn.CodeUnreachable}, "cannot be reached"},
		{"the relay is lost in mid-session", "relay/lost", lost(netconn.CodeLost), "lost"},
		{"the relay falls silent", "relay/lost", lost(netconn.CodeSilent), "lost"},
		{"the page's own stream breaks", "relay/lost", brokenBy(&portError{"aborted", "x"}), "broke"},
		{"the relay has forgotten the session", "relay/gone", lost(netconn.CodeGone), "no longer holds"},
		{"the relay stops", "relay/draining", lost(netconn.CodeDraining), "ended"},
		{"the relay is full", "relay/limit", &netconn.Error{Code: netconn.CodeLimit, Text: "40 sessions\x1b"}, `: "40 sessions\x1b".`},
		{"another transport takes over", "relay/superseded", lost(netconn.CodeSuperseded), "elsewhere"},
		{"nobody is signed in", "relay/sign-in", &netconn.Error{Code: netconn.CodeSignIn, Text: "sign in first"}, "signed in"},
		{"a ticket that cannot be used", "relay/ticket", &netconn.Error{Code: netconn.CodeNotFound}, "ticket"},
		{"no ticket", "relay/ticket-missing", &netconn.Error{Code: netconn.CodeTicketMissing}, "there is none"},
		{"a stranger's ticket", "relay/ticket-signature", &netconn.Error{Code: netconn.CodeTicketSignature}, "not signed"},
		{"an expired ticket", "relay/ticket-expired", &netconn.Error{Code: netconn.CodeTicketExpired, Text: "expired 4m ago"}, `has expired: "expired 4m ago".`},
		{"a ticket of a wrong clock", "relay/ticket-clock", &netconn.Error{Code: netconn.CodeTicketClock}, "of another time"},
		{"a used ticket", "relay/ticket-used", &netconn.Error{Code: netconn.CodeTicketUsed}, "used before"},
		{"a ticket for another gateway", "relay/ticket-audience", &netconn.Error{Code: netconn.CodeTicketAudience}, "another gateway"},
		{"a ticket for another page", "relay/ticket-origin", &netconn.Error{Code: netconn.CodeTicketOrigin}, "another page"},
		{"the relay breaks its own rules", "relay/failed", lost(netconn.CodeProtocol), "failed"},
		{"the relay's policy", "dial/policy", &netconn.Error{Code: netconn.CodeNotAllowed}, "db1.example:2222"},
		{"an unknown name", "dial/dns", &netconn.Error{Code: netconn.CodeNoSuchHost}, "cannot find db1.example"},
		{"a closed port", "dial/refused", &netconn.Error{Code: netconn.CodeRefused}, "nothing listens on port 2222"},
		{"a silent host", "dial/timeout", &netconn.Error{Code: netconn.CodeTimedOut}, "No answer from db1.example"},
		{"no route", "dial/unreachable", &netconn.Error{Code: netconn.CodeNoRoute}, "cannot reach db1.example"},
		{"an unexplained failure to dial", "dial/failed", &netconn.Error{Code: netconn.CodeDialFailed}, "cannot connect"},
		{"a web server", "protocol/not-ssh", &sshcore.ProtocolError{Reason: sshcore.ReasonNotSSH, What: "HTTP"}, "Port 2222 on db1.example is not an SSH server (it answered like HTTP)."},
		{"SSH-1", "protocol/version", &sshcore.ProtocolError{Reason: sshcore.ReasonVersion, What: "SSH-1.5"}, "SSH-1.5"},
		{"only old algorithms", "protocol/no-common-algorithm", &sshcore.ProtocolError{Reason: sshcore.ReasonNoAlgorithm, What: "key exchange", Theirs: []string{"diffie-hellman-group1-sha1"}}, "No common key exchange. The server only offers diffie-hellman-group1-sha1."},
		{"an algorithm that nobody has", "protocol/unknown-algorithm", &sshcore.AlgorithmError{Kind: "cipher", Name: "rot13"}, `No cipher algorithm is called "rot13".`},
		{"a forged packet", "protocol/integrity", &sshcore.ProtocolError{Reason: sshcore.ReasonIntegrity}, "damaged or forged"},
		{"a tarpit", "protocol/handshake-timeout", &sshcore.ProtocolError{Reason: sshcore.ReasonTimeout}, "in time"},
		{"endless banners", "protocol/limit", &sshcore.ProtocolError{Reason: sshcore.ReasonLimit, What: "banners"}, "more banners"},
		{"an unknown key", "hostkey/unknown", hostKey(sshcore.HostKeyUnknown), "not known"},
		{"a changed key", "hostkey/changed", hostKey(sshcore.HostKeyChanged), "nothing was sent"},
		{"a revoked key", "hostkey/revoked", hostKey(sshcore.HostKeyRevoked), "revoked"},
		{"a key that is not the pinned one", "hostkey/mismatch", hostKey(sshcore.HostKeyMismatch), "expected"},
		{"a saved key that is not the pinned one", "hostkey/disputed", hostKey(sshcore.HostKeyDisputed), "is the saved one, but another was expected"},
		{"a wrong password", "auth/denied", authError(password, []string{"publickey", "keyboard-interactive"}, nil), `The server refused the password of "robey". It also accepts: key or keyboard-interactive.`},
		{"a wrong password where nothing else counts", "auth/denied", authError(password, password, nil), `The server refused the password of "robey".`},
		{"a server that lets nobody in", "auth/denied", authError(nil, nil, nil), "by no way"},
		{"a method that the server made up", "auth/denied", authError(password, []string{"evil\x1b[2J"}, nil), `"evil\x1b[2J"`},
		{"a server that hangs up on the third password", "auth/too-many", authError(password, password, &sshcore.ClosedError{Reason: sshcore.ClosedEOF}), "after password"},
		{"a server that wants another method", "auth/no-method", authError(nil, []string{"gssapi-with-mic"}, nil), `"gssapi-with-mic"`},
		{"a closed password dialog", "auth/cancelled", authError(password, password, page), "cancelled"},
		{"an encrypted key without a passphrase", "auth/no-passphrase", authError([]string{"publickey"}, nil, errNoPassphrase), "no passphrase was given"},
		{"a wrong passphrase", "auth/wrong-passphrase", authError([]string{"publickey"}, nil, &sshcore.KeyError{Reason: sshcore.KeyWrongPassphrase}), "does not fit"},
		{"a public key for a private one", "auth/public-not-private", keyError(sshcore.KeyPublicNotPrivate), "public half"},
		{"a certificate for a key", "auth/certificate", keyError(sshcore.KeyCertificate), "certificate"},
		{"the file of a security key", "auth/security-key", keyError(sshcore.KeySecurityKey), "FIDO"},
		{"a key whose checksum is wrong", "auth/tampered", keyError(sshcore.KeyTampered), "changed"},
		{"a key with a million rounds", "auth/too-costly", keyError(sshcore.KeyTooCostly), "too much time"},
		{"a key of a rare kind", "auth/unsupported", keyError(sshcore.KeyUnsupported), "cannot be read"},
		{"a DSA key", "auth/dsa", keyError(sshcore.KeyDSA), "DSA"},
		{"half a key", "auth/truncated", keyError(sshcore.KeyTruncated), "missing"},
		{"a password that has expired", "auth/password-expired", authError(password, password, sshcore.ErrPasswordExpired), `The password of "robey" has expired`},
		{"a plain key for a certificate", "auth/certificate-unreadable", keyError(sshcore.CertificateUnreadable), "certificate"},
		{"a server's certificate", "auth/certificate-host", keyError(sshcore.CertificateHost), "of a server"},
		{"a certificate of another key", "auth/certificate-other-key", keyError(sshcore.CertificateOtherKey), "another key"},
		{"an expired certificate", "auth/certificate-expired", &sshcore.KeyError{Reason: sshcore.CertificateExpired, Err: errors.New("it was valid until 2026")}, "expired: it was valid until 2026."},
		{"a certificate of tomorrow", "auth/certificate-not-yet", &sshcore.KeyError{Reason: sshcore.CertificateNotYet, Err: errors.New("it is valid from 2027")}, "not valid yet: it is valid from 2027."},
		{"an agent without a key", "auth/no-keys", keyError(sshcore.KeyNone), "no key to offer"},
		{"an RSA key for a server without SHA-2", "auth/no-algorithm", keyError(sshcore.KeyNoAlgorithm), "SHA-1"},
		{"a text that is no key", "auth/bad-key", keyError(sshcore.KeyUnknown), "not a private key"},
		{"a forbidden channel", "channel/prohibited", &ssh.OpenChannelError{Reason: ssh.Prohibited, Message: "no"}, `: "no".`},
		{"a tunnel that sshd forbids", "channel/tcp-prohibited", &sshcore.ForwardError{Network: "tcp", Addr: "inner:22", Err: &ssh.OpenChannelError{Reason: ssh.Prohibited, Message: "open failed"}}, `db1.example does not allow connections to inner:22: "open failed".`},
		{"a socket that sshd forbids", "channel/unix-prohibited", &sshcore.ForwardError{Network: "unix", Addr: "/run/x", Err: &ssh.OpenChannelError{Reason: ssh.Prohibited}}, "does not allow connections to /run/x."},
		{"a socket that is absent or forbidden", "channel/unix-failed", &sshcore.ForwardError{Network: "unix", Addr: "/run/x", Err: &ssh.OpenChannelError{Reason: ssh.ConnectionFailed}}, "cannot connect to the socket /run/x."},
		{"a tunnel to nowhere", "channel/connect-failed", &sshcore.ForwardError{Network: "tcp", Addr: "inner:22", Err: &ssh.OpenChannelError{Reason: ssh.ConnectionFailed, Message: "Connection refused"}}, `cannot connect to inner:22: "Connection refused".`},
		{"a tunnel that the server does not know", "channel/unknown-type", &sshcore.ForwardError{Network: "unix", Addr: "/run/x", Err: &ssh.OpenChannelError{Reason: ssh.UnknownChannelType}}, "no channel"},
		{"a port that is not listened on", "channel/tcp-listen", &sshcore.ForwardError{Network: "tcp", Addr: "localhost:80", Listen: true, Err: &sshcore.RequestError{Request: "tcpip-forward"}}, "does not listen on localhost:80"},
		{"a socket that is not listened on", "channel/unix-listen", &sshcore.ForwardError{Network: "unix", Addr: "/run/x", Listen: true}, "does not listen on /run/x"},
		{"a channel to nowhere", "channel/connect-failed", &ssh.OpenChannelError{Reason: ssh.ConnectionFailed}, "no channel"},
		{"a channel that the server does not know", "channel/unknown-type", &ssh.OpenChannelError{Reason: ssh.UnknownChannelType}, "no channel"},
		{"one session too many", "channel/resources", &ssh.OpenChannelError{Reason: ssh.ResourceShortage}, "no channel"},
		{"a shell for an account that has none", "channel/request-refused", &sshcore.RequestError{Request: "shell"}, "(shell)"},
		{"stderr that was read too late", "channel/stderr-dropped", sshcore.ErrStderrDropped, "missing"},
		{"input for a command that has ended", "channel/ended", nil, ""},
		{"the server's goodbye", "closed/server", &sshcore.ClosedError{Reason: sshcore.ClosedDisconnect, Message: "bye\x07"}, `"bye\a"`},
		{"the server's silent goodbye", "closed/server", &sshcore.ClosedError{Reason: sshcore.ClosedEOF}, "ended the connection"},
		{"a reset by the target", "closed/reset", lost(netconn.CodeReset), "broke"},
		{"a broken transport", "closed/reset", &sshcore.ClosedError{Reason: sshcore.ClosedNetwork}, "broke"},
		{"a server that is gone", "closed/keepalive", &sshcore.ClosedError{Reason: sshcore.ClosedKeepAlive}, "no longer answers"},
		{"our own end", "closed/local", &sshcore.ClosedError{Reason: sshcore.ClosedLocal}, "was closed"},
		{"a relay that never answers", "timeout/relay", context.DeadlineExceeded, "did not answer"},
		{"a question that the page's own code failed to answer", "aborted/cancelled", fmt.Errorf("host key of db1: %w", page), "Cancelled"},
		{"an abort", "aborted/cancelled", context.Canceled, "Cancelled"},
		{"a store of known hosts that fails", "internal/not-saved", fmt.Errorf("%w: %w", errNotSaved, page), "could not be saved"},
		{"a call before connecting", "internal/not-ready", errNotConnected, "no connection"},
		{"a file that is not there", "sftp/no-such-file", sftpError("stat", 2, fs.ErrNotExist), "Cannot look at \u201ca\\x0ab\u201d: there is no such file or folder."},
		{"a file of somebody else", "sftp/permission-denied", sftpError("download", 3, fs.ErrPermission), "Cannot read"},
		{"a name that is taken", "sftp/exists", sftpError("mkdir", 4, fs.ErrExist), "there already"},
		{"a folder that is not empty", "sftp/not-empty", sftpError("rmdir", 4, sshcore.ErrNotEmpty), "not empty"},
		{"a file in place of a folder", "sftp/not-a-directory", sftpError("list", 2, sshcore.ErrNotDir), "no folder"},
		{"a folder in place of a file", "sftp/is-a-directory", sftpError("download", 0, fmt.Errorf("%w: %w", sshcore.ErrNotRegular, sshcore.ErrIsDir)), "a folder"},
		{"a FIFO in place of a file", "sftp/not-a-regular-file", sftpError("download", 0, sshcore.ErrNotRegular), "no ordinary file"},
		{"a server that gives no reason", "sftp/failure", &sshcore.SFTPError{Op: "rename", Path: "x", Status: 4, Msg: "no\x1b"}, `the server says "no\x1b"`},
		{"an extension that the server lacks", "sftp/unsupported", sftpError("space", 0, errors.ErrUnsupported), "Cannot measure"},
		{"a full disk", "sftp/no-space", sftpError("upload", 4, sshcore.ErrNoSpace), "no space"},
		{"a quota that is used up", "sftp/quota", sftpError("upload", 15, sshcore.ErrNoSpace), "quota"},
		{"a link to nothing", "sftp/broken-link", sftpError("download", 2, sshcore.ErrBrokenLink), "leads nowhere"},
		{"a name that is too long", "sftp/bad-name", sftpError("upload", sshcore.StatusBadMessage, nil), "name"},
		{"an endless folder", "sftp/too-many", sftpError("list", 0, sshcore.ErrTooMany), "believed"},
		{"an endless tree", "sftp/too-deep", sftpError("remove", 0, sshcore.ErrTooDeep), "deeply"},
		{"a size that is not what was written", "sftp/size-mismatch", sftpError("upload", 0, sshcore.ErrSizeMismatch), "another size"},
		{"a file that changes", "sftp/changed", &transferError{7, sftpError("download", 0, sshcore.ErrChanged)}, "changed"},
		{"a source that ends early", "sftp/changed", sftpError("upload", 0, errShort), "changed"},
		{"a checksum that differs", "sftp/checksum-mismatch", sftpError("verify", 0, sshcore.ErrChecksum), "checksum"},
		{"another file's part", "sftp/part-differs", sftpError("part", 0, sshcore.ErrPartDiffers), "not of the same file"},
		{"a server without sha256sum", "sftp/no-checksum", sftpError("verify", 0, fmt.Errorf("%w: %w", sshcore.ErrNoChecksum, &sshcore.ExitError{Status: 127})), "checksum"},
		{"a name that is too long", "sftp/name-too-long", sftpError("mkdir", 5, sshcore.ErrNameTooLong), "longer"},
		{"a part that another upload writes to", "sftp/part-busy", sftpError("upload", 0, sshcore.ErrPartBusy), "another upload"},
		{"a part that somebody took", "sftp/part-taken", sftpError("upload", 0, sshcore.ErrPartTaken), "another upload"},
		{"a server without SFTP", "sftp/no-sftp", fmt.Errorf("start SFTP: %w", sshcore.ErrNoSFTP), "db1.example offers no"},
		{"a server with room for one session", "sftp/one-session", sshcore.ErrOneSession, "no further session"},
		{"an SFTP program that crashes", "sftp/connection", sftpError("stat", 0, sshcore.ErrSFTPEnded), "has ended"},
		{"an SFTP program that babbles", "sftp/protocol", sftpError("stat", 0, &sshcore.SFTPProtocolError{What: "x"}), "protocol"},
		{"an SFTP program that is silent", "sftp/timeout", sftpError("stat", 0, context.DeadlineExceeded), "answer"},
		{"a connection that is lost in mid-transfer", "closed/reset", sftpError("download", 0, &sshcore.ClosedError{Reason: sshcore.ClosedNetwork}), "broke"},
		{"an SFTP session that was closed", "closed/local", sftpError("stat", 0, fs.ErrClosed), "was closed"},
		{"an upload that the page broke off", "aborted/cancelled", sftpError("upload", 0, &portError{"aborted", "x"}), "Cancelled"},
		{"what nobody thought of", "internal/", errors.New("surprise"), "surprise"},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := ended
			if test.err != nil {
				e = c.describe(test.err)
			}
			got := e.Code + "/" + e.Reason
			hint, known := hints[got]
			reached[got] = true
			if got != test.want || !known || e.Hint != hint {
				t.Errorf("described as %s with the hint %q", got, e.Hint)
			}
			if !strings.Contains(e.Message, test.says) {
				t.Errorf("says %q and not %q", e.Message, test.says)
			}
			if (e.HostKey != nil) != (e.Code == "hostkey") || (e.Auth != nil) != (e.Code == "auth") || e.Code == "sftp" && e.SFTP == nil {
				t.Errorf("the details do not fit: %+v", e)
			}
		})
	}
	// The same refusal has another cause when a passkey was among the keys.
	withPasskey := &hop{core: c, target: c.target, passkeys: true}
	refused := c.describe(&atHop{withPasskey, authError([]string{"publickey"}, nil, nil)})
	reached[refused.Code+"/"+refused.Reason] = true
	if !strings.Contains(refused.Hint, "PubkeyAcceptedAlgorithms +webauthn-sk") {
		t.Errorf("a refused passkey: %+v", refused)
	}
	for code := range hints {
		if !reached[code] {
			t.Errorf("no error is described as %s", code)
		}
	}
}

func brokenBy(err error) error { return &sshcore.ClosedError{Reason: sshcore.ClosedNetwork, Err: err} }

func TestHostKeyErrorsCarryTheKeys(t *testing.T) {
	key := testKey(t)
	c := &core{target: target{"db1.example", 2222}}
	e := c.describe(&sshcore.HostKeyError{Key: key, Reason: sshcore.HostKeyChanged,
		Known: []sshcore.KnownKey{{Key: key, Line: "db1 ssh-ed25519 …", LineNumber: 7}}})
	offered, known := e.HostKey.Offered, e.HostKey.Known
	if offered.Host != "db1.example" || offered.Port != 2222 || offered.Fingerprint != ssh.FingerprintSHA256(key) ||
		!strings.HasPrefix(offered.Line, "[db1.example]:2222 ssh-ed25519 ") {
		t.Errorf("offered %+v", offered)
	}
	if len(known) != 1 || known[0].LineNumber != 7 || known[0].Line != "db1 ssh-ed25519 …" {
		t.Errorf("known %+v", known)
	}
}

// The document lists the core's codes in its first table.
func TestErrorsAreDocumented(t *testing.T) {
	text, err := os.ReadFile("../docs/errors.md")
	if err != nil {
		t.Fatal(err)
	}
	core, _, _ := strings.Cut(string(text), "## Made in the page")
	var documented []string
	for _, row := range regexp.MustCompile("(?m)^\\| `(\\w+)` \\| (?:`([\\w-]+)`)? *\\|").FindAllStringSubmatch(core, -1) {
		documented = append(documented, row[1]+"/"+row[2])
	}
	slices.Sort(documented)
	want := slices.Sorted(maps.Keys(hints))
	if !slices.Equal(documented, want) {
		t.Errorf("documented\n%q\nthere are\n%q", documented, want)
	}
}
