package sshcore

import (
	"bytes"
	"fmt"
	"time"

	"golang.org/x/crypto/ssh"
)

// What goes wrong with a certificate.
const (
	CertificateUnreadable KeyReason = "certificate-unreadable"
	CertificateHost       KeyReason = "certificate-host" // it is a server's
	CertificateOtherKey   KeyReason = "certificate-other-key"
	CertificateExpired    KeyReason = "certificate-expired"
	CertificateNotYet     KeyReason = "certificate-not-yet"
)

// clockSkew is how wrong the clock of this machine may be before its opinion
// on a certificate ends a login. The server's counts in the end.
const clockSkew = 5 * time.Minute

// ParseCertificate reads an OpenSSH certificate as ssh-keygen writes it, one
// line of type, base64 and comment. Errors are a *KeyError.
func ParseCertificate(text []byte) (*ssh.Certificate, error) {
	key, _, _, _, err := ssh.ParseAuthorizedKey(cleanKeyText(text))
	if err != nil {
		return nil, &KeyError{Reason: CertificateUnreadable, Err: err}
	}
	cert, ok := key.(*ssh.Certificate)
	if !ok {
		return nil, keyError(CertificateUnreadable, "it is a plain public key")
	}
	return cert, nil
}

// WithCertificate returns a signer that shows a user certificate (PROTOCOL.certkeys)
// in place of its public key. Errors are a *KeyError: an expired certificate,
// or one of another key, is told before any server is asked.
func WithCertificate(signer ssh.Signer, certificate []byte) (ssh.Signer, error) {
	cert, err := ParseCertificate(certificate)
	if err != nil {
		return nil, err
	}
	if err := checkCertificate(cert, signer.PublicKey(), time.Now()); err != nil {
		return nil, err
	}
	certified, err := ssh.NewCertSigner(cert, signer)
	if err != nil {
		return nil, &KeyError{Reason: CertificateOtherKey, Err: err}
	}
	return certified, nil
}

func checkCertificate(cert *ssh.Certificate, key ssh.PublicKey, now time.Time) error {
	at := func(seconds uint64) time.Time { return time.Unix(int64(min(seconds, 1<<40)), 0).UTC() }
	from, until := at(cert.ValidAfter), at(cert.ValidBefore)
	switch {
	case cert.CertType != ssh.UserCert:
		return &KeyError{Reason: CertificateHost}
	case !bytes.Equal(cert.Key.Marshal(), key.Marshal()):
		return &KeyError{Reason: CertificateOtherKey}
	case cert.ValidBefore != ssh.CertTimeInfinity && now.After(until.Add(clockSkew)):
		return &KeyError{Reason: CertificateExpired, Err: fmt.Errorf("it was valid until %s", until.Format(time.RFC3339))}
	case now.Before(from.Add(-clockSkew)):
		return &KeyError{Reason: CertificateNotYet, Err: fmt.Errorf("it is valid from %s", from.Format(time.RFC3339))}
	}
	return nil
}

// withCertificate puts the certified key before the plain one, as OpenSSH
// tries them: a server may know either.
func withCertificate(signer ssh.Signer, certificate []byte) ([]ssh.Signer, error) {
	if len(certificate) == 0 {
		return []ssh.Signer{signer}, nil
	}
	certified, err := WithCertificate(signer, certificate)
	if err != nil {
		return nil, err
	}
	return []ssh.Signer{certified, signer}, nil
}
