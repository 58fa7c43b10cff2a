//go:build js

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"

	"github.com/wasmiko/wasmiko/netconn"
	"github.com/wasmiko/wasmiko/sshcore"
	"github.com/wasmiko/wasmiko/wasm/wire"
)

// target is the server that a core connects. Its zero value is no server yet.
type target struct {
	host string
	port int
}

func (t target) addr() string { return net.JoinHostPort(t.host, strconv.Itoa(t.port)) }

// errNotConnected: the page asked for something of a connection that is none.
var errNotConnected = errors.New("not connected")

// hints say what a person can do, for every code and reason that there is.
// docs/errors.md lists the same, and a test compares the two.
var hints = map[string]string{
	"relay/unreachable": "Check your network. The browser must trust the gateway's certificate, and the page's policy (connect-src) must allow it. A company proxy may block WebSockets; ask whoever runs it.",
	"relay/lost":        "Check your network, then connect again. Programs started without tmux or screen may have ended.",
	"relay/gone":        "It waits a limited time, and forgets when it is restarted. Connect again. Programs started without tmux or screen may have ended.",
	"relay/draining":    "It is being restarted. Connect again.",
	"relay/limit":       "Close other connections, or wait a little, then connect again.",
	"relay/superseded":  "Go on in the other window.",
	"relay/sign-in":     "Sign in to the gateway, then connect again.",
	"relay/ticket":      "Ask the page that sent you here for a new one.",

	"relay/ticket-missing":   "Open it from the portal that lists your machines.",
	"relay/ticket-signature": "The portal's public key must be among the gateway's (--ticket-key). Ask whoever runs them.",
	"relay/ticket-expired":   "Ask the page that sent you here for a new one: it is good for a minute.",
	"relay/ticket-clock":     "Ask the page that sent you here for a new one. If that is refused too, whoever runs portal and gateway has to set their clocks.",
	"relay/ticket-used":      "Ask the page that sent you here for a new one: each serves once.",
	"relay/ticket-audience":  "Whoever runs the portal has to name this gateway in it (aud), as --host does.",
	"relay/ticket-origin":    "Whoever runs the portal has to name this page's origin in it (origin); in a frame that is the gateway's own.",
	"relay/failed":           "Connect again. If that does not help, its administrator finds more in its log.",

	"dial/policy":      "Ask the gateway's administrator.",
	"dial/dns":         "Check the spelling. Internal names must be known to the gateway.",
	"dial/refused":     "Is sshd running? Is the port right?",
	"dial/timeout":     "A firewall may drop the traffic, or the machine is off.",
	"dial/unreachable": "Is the address right? Does the gateway have a way into that network?",
	"dial/failed":      "Check host and port.",

	"protocol/not-ssh":             "Check the port: SSH is usually on 22.",
	"protocol/version":             "Such servers are too old to be safe. Update it.",
	"protocol/no-common-algorithm": "What the server offers is unsafe. Update it, or allow old algorithms for this host alone.",
	"protocol/unknown-algorithm":   "Check its spelling.",
	"protocol/integrity":           "Connect again. If it happens again, something on the way damages the data.",
	"protocol/handshake-timeout":   "The server may be overloaded, or this is no SSH server. Try again.",
	"protocol/limit":               "A server that does so is broken or hostile.",

	"hostkey/unknown":  "Compare its fingerprint with one that you have from the server's owner before you trust it.",
	"hostkey/changed":  "This happens when the server was reinstalled. It also happens when someone intercepts the connection. Ask whoever runs the server for the new fingerprint.",
	"hostkey/revoked":  "This key is known to be unsafe. Ask whoever runs the server.",
	"hostkey/mismatch": "Ask whoever gave you the fingerprint.",
	"hostkey/disputed": "Ask whoever runs the server for its fingerprint. If it is that of the saved key, the link or the list that named the other one is wrong: connect without it.",

	"auth/denied":                 "Check user name, password and key. If they are right, the account may be locked or have expired: ask whoever runs the server.",
	"auth/too-many":               "Connect again. Offer fewer keys: each one counts.",
	"auth/no-method":              "Use one of the ways that the server accepts.",
	"auth/cancelled":              "",
	"auth/no-passphrase":          "Give the key's passphrase.",
	"auth/wrong-passphrase":       "Check the passphrase: it is the key's, not the server's password.",
	"auth/public-not-private":     "Choose the file without .pub at its end.",
	"auth/certificate":            "Choose the private key that belongs to it.",
	"auth/security-key":           "Log in with another key, or from a program that can use the device.",
	"auth/tampered":               "Get the file again from where it was made.",
	"auth/too-costly":             "Save it with less: ssh-keygen -p -a 16 -f FILE, or PuTTYgen with its own settings.",
	"auth/unsupported":            "Save it anew: ssh-keygen -p -f FILE, or PuTTYgen with its own settings.",
	"auth/dsa":                    "Make a new key: ssh-keygen -t ed25519.",
	"auth/truncated":              "Copy all of it, from the line BEGIN to the line END.",
	"auth/certificate-unreadable": "Choose the file that ends in -cert.pub.",
	"auth/certificate-host":       "Ask whoever issued it for a certificate of a user.",
	"auth/certificate-other-key":  "Choose the certificate that was made for this key.",
	"auth/certificate-expired":    "Have a new one issued. If it should still be good, check the clock of this computer.",
	"auth/certificate-not-yet":    "Wait, or check the clock of this computer.",
	"auth/password-expired":       "Give `change` with the password, which is asked for the new one, or have the password reset.",
	"auth/passkey-refused":        "Its public key must stand in authorized_keys, and sshd_config must say: PubkeyAcceptedAlgorithms +webauthn-sk-ecdsa-sha2-nistp256@openssh.com",
	"auth/no-keys":                "Unlock the agent, or add a key to it.",
	"auth/no-algorithm":           "Use an Ed25519 key, or update the server.",
	"auth/bad-key":                "Choose the file of an OpenSSH, PEM or PuTTY private key.",

	"channel/prohibited":      "The server's configuration forbids it.",
	"channel/tcp-prohibited":  "Its sshd_config must say \"AllowTcpForwarding yes\" (or local), must not say \"DisableForwarding yes\", and PermitOpen, if set, must name this address. The key's line in authorized_keys may forbid it too: restrict, no-port-forwarding, permitopen.",
	"channel/unix-prohibited": "Its sshd_config must say \"AllowStreamLocalForwarding yes\" (or local), and must not say \"DisableForwarding yes\". The key's line in authorized_keys may forbid it too: restrict, no-port-forwarding.",
	"channel/unix-failed":     "Is there such a socket, and may this user open it? Otherwise the server's sshd_config must say \"AllowStreamLocalForwarding yes\" (or local), and must not say \"DisableForwarding yes\".",
	"channel/tcp-listen":      "Is the port taken, or below 1024? Otherwise its sshd_config must say \"AllowTcpForwarding yes\" (or remote), must not say \"DisableForwarding yes\", and PermitListen, if set, must name this port. Addresses other than localhost want \"GatewayPorts clientspecified\".",
	"channel/unix-listen":     "Does the path exist already? \"StreamLocalBindUnlink yes\" replaces it. Its sshd_config must say \"AllowStreamLocalForwarding yes\" (or remote), and must not say \"DisableForwarding yes\".",
	"channel/connect-failed":  "",
	"channel/unknown-type":    "The server cannot do this.",
	"channel/resources":       "Close other sessions on this server, or raise its limit (MaxSessions).",
	"channel/request-refused": "The server's configuration forbids it.",
	"channel/stderr-dropped":  "Read stderr while the command runs.",
	"channel/ended":           "",

	"closed/server":    "Connect again. The server's log may say why.",
	"closed/reset":     "Connect again. The server may have been restarted.",
	"closed/keepalive": "Check your network, then connect again. Programs started without tmux or screen may have ended.",
	"closed/local":     "",

	"timeout/relay":      "Check your network. A company proxy may block WebSockets; ask whoever runs it.",
	"aborted/cancelled":  "",
	"internal/":          "Please report this.",
	"internal/not-ready": "Connect first.",
	"internal/not-saved": "The browser's storage may be full or blocked. Connect again and trust the key for this time only.",
}

func failure(code, reason, format string, args ...any) *wire.Error {
	return &wire.Error{
		Code: code, Reason: reason,
		Message: fmt.Sprintf(format, args...),
		Hint:    hints[code+"/"+reason],
	}
}

// describe says what happened at c, for programs and for people.
func (c *hop) describe(err error) *wire.Error {
	var (
		hostKey  *sshcore.HostKeyError
		auth     *sshcore.AuthError
		key      *sshcore.KeyError
		protocol *sshcore.ProtocolError
		relay    *netconn.Error
		closed   *sshcore.ClosedError
		request  *sshcore.RequestError
		forward  *sshcore.ForwardError
		unknown  *sshcore.AlgorithmError
		channel  *ssh.OpenChannelError
		stream   *portError
		page     *pageError
	)
	if e := c.describeSFTP(err); e != nil {
		return e
	}
	switch {
	case errors.As(err, &auth):
		return c.describeAuth(auth)
	case errors.Is(err, errNotSaved):
		return failure("internal", "not-saved", "The key of %s could not be saved.", c.target.host)
	case errors.As(err, &page), errors.Is(err, context.Canceled):
		return failure("aborted", "cancelled", "Cancelled.")
	case errors.As(err, &hostKey):
		return c.describeHostKey(hostKey)
	case errors.As(err, &key):
		e := describeKey(key)
		e.Auth = &wire.AuthFail{}
		return e
	case errors.As(err, &protocol):
		return c.describeProtocol(protocol)
	case errors.As(err, &relay):
		return c.describeRelay(relay)
	case errors.As(err, &stream):
		return failure("relay", "lost", "The stream under the connection broke.")
	case errors.As(err, &closed):
		return c.describeClosed(closed)
	case errors.As(err, &unknown):
		return failure("protocol", "unknown-algorithm", "No %s algorithm is called %s. There are: %s.", unknown.Kind, strconv.Quote(unknown.Name), strings.Join(unknown.Known, ", "))
	case errors.As(err, &forward):
		return c.describeForward(forward)
	case errors.As(err, &request):
		return failure("channel", "request-refused", "The server refused to do this (%s).", request.Request)
	case errors.As(err, &channel):
		return describeChannel(channel)
	case errors.Is(err, sshcore.ErrStderrDropped):
		return failure("channel", "stderr-dropped", "A part of stderr is missing, for it was read too late.")
	case errors.Is(err, errNotConnected):
		return failure("internal", "not-ready", "There is no connection.")
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return failure("timeout", "relay", "The gateway did not answer.")
	}
	return failure("internal", "", "Something went wrong: %s.", err)
}

func (c *hop) describeHostKey(e *sshcore.HostKeyError) *wire.Error {
	message := map[sshcore.HostKeyReason]string{
		sshcore.HostKeyUnknown:  "The key of %s is not known.",
		sshcore.HostKeyChanged:  "The key of %s has changed. The connection was stopped; nothing was sent: no password and no key.",
		sshcore.HostKeyRevoked:  "The key of %s was revoked. The connection was stopped; nothing was sent: no password and no key.",
		sshcore.HostKeyMismatch: "The key of %s is not the expected one. The connection was stopped; nothing was sent: no password and no key.",
		sshcore.HostKeyDisputed: "The key of %s is the saved one, but another was expected. The connection was stopped; nothing was sent: no password and no key.",
	}[e.Reason]
	f := failure("hostkey", string(e.Reason), message, c.target.host)
	f.HostKey = &wire.HostKeyFail{Reason: string(e.Reason), Offered: c.hostKey(e.Key), Expected: e.Expected}
	for _, k := range e.Known {
		f.HostKey.Known = append(f.HostKey.Known, knownKey(k))
	}
	return f
}

func (c *hop) describeAuth(e *sshcore.AuthError) *wire.Error {
	f := c.authFailure(e)
	f.Auth = &wire.AuthFail{Tried: e.Tried, Allowed: e.Allowed}
	return f
}

func (c *hop) authFailure(e *sshcore.AuthError) *wire.Error {
	var key *sshcore.KeyError
	var closed *sshcore.ClosedError
	var page *pageError
	switch {
	case errors.As(e.Err, &page):
		return failure("auth", "cancelled", "Login was cancelled.")
	case errors.Is(e.Err, sshcore.ErrPasswordExpired):
		return failure("auth", "password-expired", "The password of %s has expired: the server wants a new one before it lets anybody in.", strconv.Quote(e.User))
	case errors.Is(e.Err, errNoPassphrase):
		return failure("auth", "no-passphrase", "The key is encrypted, and no passphrase was given.")
	case errors.As(e.Err, &key):
		return describeKey(key)
	case errors.As(e.Err, &closed):
		return failure("auth", "too-many", "The server ended the connection after %s.", methods(e.Tried, "and"))
	case len(e.Tried) == 0 && len(e.Allowed) == 0:
		return failure("auth", "denied", "The server lets %s in by no way at all.", strconv.Quote(e.User))
	case len(e.Tried) == 0:
		return failure("auth", "no-method", "The server accepts none of the ways to log in that were given. It accepts: %s.", methods(e.Allowed, "or"))
	}
	if c.passkeys && slices.Contains(e.Tried, "publickey") {
		return failure("auth", "passkey-refused", "The server refused the passkey of %s.", strconv.Quote(e.User))
	}
	others := slices.DeleteFunc(slices.Clone(e.Allowed), func(m string) bool { return slices.Contains(e.Tried, m) })
	also := ""
	if len(others) > 0 {
		also = " It also accepts: " + methods(others, "or") + "."
	}
	return failure("auth", "denied", "The server refused the %s of %s.%s", methods(e.Tried, "and"), strconv.Quote(e.User), also)
}

// methods names RFC 4252's methods for people; what a server made up is
// quoted.
func methods(list []string, and string) string {
	names := map[string]string{"password": "password", "publickey": "key", "keyboard-interactive": "answers"}
	if and == "or" {
		names["keyboard-interactive"] = "keyboard-interactive"
	}
	var words []string
	for _, m := range list {
		name, ok := names[m]
		if !ok {
			name = strconv.Quote(m)
		}
		words = append(words, name)
	}
	switch n := len(words); n {
	case 0:
		return "nothing"
	case 1:
		return words[0]
	default:
		return strings.Join(words[:n-1], ", ") + " " + and + " " + words[n-1]
	}
}

func describeKey(e *sshcore.KeyError) *wire.Error {
	message := map[sshcore.KeyReason]string{
		sshcore.KeyPublicNotPrivate:   "This is the public half of a key; the private one is needed.",
		sshcore.KeyCertificate:        "This is a certificate, not a private key.",
		sshcore.KeySecurityKey:        "This key lives in a security key (FIDO); the file only points to it.",
		sshcore.KeyTampered:           "This key was changed after it was saved.",
		sshcore.KeyTooCostly:          "To unlock this key would take too much time or memory.",
		sshcore.KeyUnsupported:        "This key is of a kind that cannot be read.",
		sshcore.KeyDSA:                "DSA keys are no longer secure, and refused.",
		sshcore.KeyTruncated:          "A part of the private key is missing.",
		sshcore.KeyWrongPassphrase:    "The passphrase does not fit the key.",
		sshcore.CertificateUnreadable: "This is not an OpenSSH certificate.",
		sshcore.CertificateHost:       "This is the certificate of a server, not of a user.",
		sshcore.CertificateOtherKey:   "This certificate belongs to another key.",
		sshcore.CertificateExpired:    "The certificate of this key has expired: ",
		sshcore.CertificateNotYet:     "The certificate of this key is not valid yet: ",
		sshcore.KeyNone:               "There was no key to offer: the agent holds none, or is locked.",
		sshcore.KeyNoAlgorithm:        "The server takes this key only with SHA-1 signatures, which are no longer secure.",
	}[e.Reason]
	if message == "" {
		return failure("auth", "bad-key", "This is not a private key that can be read.")
	}
	if strings.HasSuffix(message, " ") {
		message += e.Err.Error() + "." // since when, or from when
	}
	return failure("auth", string(e.Reason), "%s", message)
}

func (c *hop) describeProtocol(e *sshcore.ProtocolError) *wire.Error {
	switch e.Reason {
	case sshcore.ReasonNotSSH:
		return failure("protocol", "not-ssh", "Port %d on %s is not an SSH server (it answered like %s).", c.target.port, c.target.host, e.What)
	case sshcore.ReasonVersion:
		return failure("protocol", "version", "%s speaks only %s.", c.target.host, printable(e.What))
	case sshcore.ReasonNoAlgorithm:
		f := failure("protocol", "no-common-algorithm", "No common %s. The server only offers %s.", printable(e.What), printable(strings.Join(e.Theirs, ", ")))
		f.Algorithms = &wire.AlgorithmFail{What: e.What, Ours: e.Ours, Theirs: e.Theirs, Legacy: sshcore.LegacyHelps(e.Theirs)}
		return f
	case sshcore.ReasonTimeout:
		return failure("protocol", "handshake-timeout", "%s accepted the connection and did not finish the SSH handshake in time.", c.target.host)
	case sshcore.ReasonLimit:
		return failure("protocol", "limit", "%s sent more %s than a person could read.", c.target.host, e.What)
	}
	return failure("protocol", "integrity", "The data from %s is damaged or forged. The connection was stopped.", c.target.host)
}

// describeRelay tells the gateway's troubles from those beyond it.
func (c *hop) describeRelay(e *netconn.Error) *wire.Error {
	host, addr := c.target.host, c.target.addr()
	switch e.Code {
	case netconn.CodeUnreachable:
		return failure("relay", "unreachable", "The gateway cannot be reached.")
	case netconn.CodeDraining:
		return failure("relay", "draining", "The gateway ended the connection.")
	case netconn.CodeLimit:
		return failure("relay", "limit", "The gateway takes no more of this%s.", words(e.Text))
	case netconn.CodeSuperseded:
		return failure("relay", "superseded", "The connection was taken over from elsewhere.")
	case netconn.CodeGone:
		return failure("relay", "gone", "The gateway no longer holds this session.")
	case netconn.CodeSignIn:
		return failure("relay", "sign-in", "The gateway serves only people who have signed in to it.")
	case netconn.CodeNotFound:
		return failure("relay", "ticket", "The gateway does not take the ticket%s.", words(e.Text))
	case netconn.CodeTicketMissing:
		return failure("relay", "ticket-missing", "This gateway connects only what a portal's ticket allows, and there is none.")
	case netconn.CodeTicketSignature:
		return failure("relay", "ticket-signature", "The ticket is not signed by a portal that this gateway knows.")
	case netconn.CodeTicketExpired:
		return failure("relay", "ticket-expired", "The ticket has expired%s.", words(e.Text))
	case netconn.CodeTicketClock:
		return failure("relay", "ticket-clock", "The ticket is of another time%s.", words(e.Text))
	case netconn.CodeTicketUsed:
		return failure("relay", "ticket-used", "The ticket was used before.")
	case netconn.CodeTicketAudience:
		return failure("relay", "ticket-audience", "The ticket is for another gateway.")
	case netconn.CodeTicketOrigin:
		return failure("relay", "ticket-origin", "The ticket is for another page.")
	case netconn.CodeNotAllowed:
		return failure("dial", "policy", "This gateway does not allow connections to %s%s.", addr, words(e.Text))
	case netconn.CodeNoSuchHost:
		return failure("dial", "dns", "The gateway cannot find %s.", host)
	case netconn.CodeRefused:
		return failure("dial", "refused", "%s answered, but nothing listens on port %d.", host, c.target.port)
	case netconn.CodeTimedOut:
		return failure("dial", "timeout", "No answer from %s.", host)
	case netconn.CodeNoRoute:
		return failure("dial", "unreachable", "The gateway cannot reach %s.", host)
	case netconn.CodeDialFailed:
		return failure("dial", "failed", "The gateway cannot connect to %s%s.", addr, words(e.Text))
	case netconn.CodeReset:
		return failure("closed", "reset", "%s broke the connection off.", host)
	case netconn.CodeLost, netconn.CodeSilent:
		return failure("relay", "lost", "The connection to the gateway was lost.")
	}
	return failure("relay", "failed", "The gateway failed (%s)%s.", e.Code, words(e.Text))
}

// words quotes the gateway's own words, if it had any.
func words(text string) string {
	if text == "" {
		return ""
	}
	return ": " + strconv.Quote(text)
}

func (c *hop) describeClosed(e *sshcore.ClosedError) *wire.Error {
	switch e.Reason {
	case sshcore.ClosedLocal:
		return failure("closed", "local", "The connection was closed.")
	case sshcore.ClosedKeepAlive:
		return failure("closed", "keepalive", "%s no longer answers.", c.target.host)
	case sshcore.ClosedDisconnect:
		return failure("closed", "server", "%s ended the connection: %s.", c.target.host, strconv.Quote(e.Message))
	case sshcore.ClosedNetwork:
		return failure("closed", "reset", "The connection to %s broke.", c.target.host)
	}
	return failure("closed", "server", "%s ended the connection.", c.target.host)
}

// describeChannel names RFC 4254 section 5.1's reasons.
func describeChannel(e *ssh.OpenChannelError) *wire.Error {
	reason := map[ssh.RejectionReason]string{
		ssh.Prohibited:         "prohibited",
		ssh.ConnectionFailed:   "connect-failed",
		ssh.UnknownChannelType: "unknown-type",
		ssh.ResourceShortage:   "resources",
	}[e.Reason]
	if reason == "" {
		reason = "prohibited"
	}
	return failure("channel", reason, "The server opened no channel%s.", words(e.Message))
}

// printable escapes what a server sent, so that it cannot pretend to be ours.
func printable(s string) string {
	quoted := strconv.Quote(s)
	return quoted[1 : len(quoted)-1]
}
