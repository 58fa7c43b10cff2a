package sshcore

import (
	"context"
	"errors"

	"golang.org/x/crypto/ssh"
)

// maxTries is how often a password or a challenge is tried within one step, as
// in OpenSSH's NumberOfPasswordPrompts. A server may permit fewer.
const maxTries = 3

// Ask tells a callback what its secret is for.
type Ask struct {
	User, Host string // Host is the address as dialled, or the alias
	KeyName    string // for a passphrase
	Attempt    int    // from 1; more than 1 after a wrong answer
	Step       int    // which factor this is, from 1
}

// Auth is a way to log in: Password, Interactive, PublicKeys, PublicKeysFunc,
// PrivateKey, CertifiedKey or Agent.
type Auth interface {
	method() string // RFC 4252's name
	tries() int     // within one step
	begin(t turn) ssh.AuthMethod
}

// Password answers the method "password". ask is called when the server wants
// the password, and again if it was wrong, up to three times; an error from it
// ends the login. The bytes that it returns are wiped.
func Password(ask func(context.Context, Ask) ([]byte, error)) Auth {
	return &passwordAuth{ask: ask}
}

// PasswordChange is a server's wish for a new password, RFC 4252 section 8.
type PasswordChange struct {
	Ask
	Prompt string // the server's words; untrusted
}

// ChangeablePassword is Password for accounts whose password may have expired:
// change is called if the server wants a new one before it lets in, and again
// if it does not take that, with its reasons. Attempt counts those calls.
//
// It needs golang.org/x/crypto with what build/_crypto adds to it, as the page
// has it (build tag changeable). Without, change is not called, and the login
// ends with ErrPasswordExpired.
func ChangeablePassword(ask func(context.Context, Ask) ([]byte, error), change func(context.Context, PasswordChange) ([]byte, error)) Auth {
	return &passwordAuth{ask: ask, change: change}
}

type passwordAuth struct {
	ask    func(context.Context, Ask) ([]byte, error)
	change func(context.Context, PasswordChange) ([]byte, error) // nil: it cannot be changed
}

func (*passwordAuth) method() string { return "password" }
func (*passwordAuth) tries() int     { return maxTries }

// begin lets x/crypto come back at once after a plain refusal, and only then:
// what else the server may answer to a password is that it has expired (RFC
// 4252 section 8), which x/crypto keeps to itself.
func (a *passwordAuth) begin(t turn) ssh.AuthMethod {
	once := func() (string, error) {
		if *t.used {
			*t.refused = true
			return "", errRefusedPlainly
		}
		return secretDuring(t, func() ([]byte, error) { return a.ask(t.h.ctx, t.ask("")) })
	}
	if a.change == nil {
		return ssh.RetryableAuthMethod(ssh.PasswordCallback(once), 2)
	}
	wanted := PasswordChange{Ask: t.ask("")}
	wanted.Attempt = 0
	return ssh.RetryableAuthMethod(passwordOrChange(once, func(prompt string) (string, error) {
		wanted.Attempt++
		wanted.Prompt = prompt
		return secretDuring(t, func() ([]byte, error) { return a.change(t.h.ctx, wanted) })
	}), 2)
}

// secretDuring is during for a secret, whose bytes it wipes.
func secretDuring(t turn, f func() ([]byte, error)) (string, error) {
	secret, err := during(t, f)
	if err != nil {
		return "", err
	}
	defer clear(secret)
	return string(secret), nil
}

// errRefusedPlainly ends a turn in which nothing more is to be sent.
var errRefusedPlainly = errors.New("refused")

// ErrPasswordExpired is wrapped by an AuthError when the server took the
// password for expired and wanted a new one first: see ChangeablePassword.
var ErrPasswordExpired = errors.New("the server wants a new password first")

// PublicKeys answers the method "publickey" with keys at hand. RSA keys sign
// with SHA-2 only, unless Algorithms.PublicKeys says more.
func PublicKeys(signers ...ssh.Signer) Auth {
	return PublicKeysFunc(func(context.Context, Ask) ([]ssh.Signer, error) { return signers, nil })
}

// PublicKeysFunc answers the method "publickey" with keys that are fetched
// when the server wants them. An error ends the login.
func PublicKeysFunc(get func(context.Context, Ask) ([]ssh.Signer, error)) Auth {
	return publicKeyAuth(get)
}

type publicKeyAuth func(context.Context, Ask) ([]ssh.Signer, error)

func (publicKeyAuth) method() string { return "publickey" }
func (publicKeyAuth) tries() int     { return 1 }

func (a publicKeyAuth) begin(t turn) ssh.AuthMethod {
	return ssh.PublicKeysCallback(func() ([]ssh.Signer, error) {
		signers, err := during(t, func() ([]ssh.Signer, error) { return a(t.h.ctx, t.ask("")) })
		if err != nil {
			return nil, err
		}
		return t.limited(signers), nil
	})
}

// PrivateKey answers the method "publickey" with the text of a private key in
// any format of ParseKey. passphrase is called for an encrypted key only, and
// if its format shows the public half, only after the server has accepted
// that; again after a wrong passphrase, up to three times.
func PrivateKey(name string, text []byte, passphrase func(context.Context, Ask) ([]byte, error)) Auth {
	return CertifiedKey(name, text, nil, passphrase)
}

// CertifiedKey is a PrivateKey with an OpenSSH user certificate, the text of a
// file such as id_ed25519-cert.pub: the server is shown the certificate first,
// then the plain key. An expired certificate ends the login before it is used.
func CertifiedKey(name string, text, certificate []byte, passphrase func(context.Context, Ask) ([]byte, error)) Auth {
	return &privateKeyAuth{name, text, certificate, passphrase}
}

type privateKeyAuth struct {
	name              string
	text, certificate []byte
	passphrase        func(context.Context, Ask) ([]byte, error)
}

func (*privateKeyAuth) method() string { return "publickey" }
func (*privateKeyAuth) tries() int     { return 1 }

func (a *privateKeyAuth) begin(t turn) ssh.AuthMethod {
	return ssh.PublicKeysCallback(func() ([]ssh.Signer, error) {
		signers, err := during(t, func() ([]ssh.Signer, error) {
			sealed, err := readKey(a.text)
			if err != nil {
				return nil, err
			}
			signer, err := sealed.signer(func() (ssh.Signer, error) { return a.unlock(t, sealed) })
			if err != nil {
				return nil, err
			}
			return withCertificate(signer, a.certificate)
		})
		if err != nil {
			return nil, err
		}
		return t.limited(signers), nil
	})
}

// unlock asks for the passphrase until it fits.
func (a *privateKeyAuth) unlock(t turn, sealed *sealedKey) (ssh.Signer, error) {
	if a.passphrase == nil {
		return nil, &KeyError{Reason: KeyWrongPassphrase, Err: errNoPassphrase}
	}
	ask := t.ask(a.name)
	for ; ; ask.Attempt++ {
		secret, err := a.passphrase(t.h.ctx, ask)
		if err != nil {
			return nil, err
		}
		signer, err := sealed.unlock(secret)
		clear(secret)
		var bad *KeyError
		if errors.As(err, &bad) && bad.Reason == KeyWrongPassphrase && ask.Attempt < maxTries {
			continue
		}
		return signer, err
	}
}

// turn is one attempt with one Auth.
type turn struct {
	h             *handshake
	attempt, step int
	used          *bool // set when the callback was reached
	refused       *bool // set when the server refused a password plainly
	keys          *int  // how many keys there were to offer
}

func (t turn) ask(keyName string) Ask {
	return Ask{User: t.h.cfg.User, Host: t.h.hostKeyName(), KeyName: keyName, Attempt: t.attempt, Step: t.step}
}

// limited prepares keys for x/crypto, see limitedSigner.
func (t turn) limited(signers []ssh.Signer) []ssh.Signer {
	allowed := t.h.cfg.Algorithms.orDefaults().PublicKeys
	*t.keys = len(signers)
	out := make([]ssh.Signer, 0, len(signers))
	for _, s := range signers {
		out = append(out, &limitedSigner{Signer: s, turn: t, algorithms: signatureAlgorithms(s, allowed)})
	}
	return out
}

// during runs a callback with the clock stopped. Its error ends the login. If
// the connection ended meanwhile, that is the reason, not what the callback
// made of its cancelled ctx.
func during[T any](t turn, f func() (T, error)) (T, error) {
	*t.used = true
	t.h.clock.halt()
	defer t.h.clock.resume()
	v, err := f()
	if err == nil {
		return v, nil
	}
	if closed := t.h.closedMeanwhile(); closed != nil {
		return v, t.h.refuse(closed)
	}
	return v, t.h.refuse(callbackError{err})
}

// callbackError marks what a login callback returned.
type callbackError struct{ error }

func (e callbackError) Unwrap() error { return e.error }
