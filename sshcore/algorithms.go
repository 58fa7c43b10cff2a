package sshcore

import (
	"runtime"
	"slices"
	"strconv"

	"golang.org/x/crypto/ssh"
)

// Algorithms lists what we offer, best first. A nil list means the hardened
// default; a name that the protocol library does not know is an *AlgorithmError.
type Algorithms struct {
	KeyExchanges []string
	HostKeys     []string
	Ciphers      []string
	MACs         []string
	// PublicKeys lists the signature algorithms that we use to log in. It
	// only restricts RSA keys, which can sign with several.
	PublicKeys []string
}

// rekeyThreshold is how many bytes one key may protect, per direction. It is
// RFC 4253 section 9's gigabyte, also for ciphers that could do more.
const rekeyThreshold = 1 << 30

// hardened returns the defaults for an operating system. In a browser there
// are no AES instructions to be had, and ChaCha20 is the faster cipher.
func hardened(goos string) Algorithms {
	ciphers := []string{
		ssh.CipherAES256GCM, ssh.CipherAES128GCM, ssh.CipherChaCha20Poly1305,
		ssh.CipherAES256CTR, ssh.CipherAES192CTR, ssh.CipherAES128CTR,
	}
	if goos == "js" {
		ciphers[0], ciphers[1], ciphers[2] = ciphers[2], ciphers[0], ciphers[1]
	}
	return Algorithms{
		// curve25519-sha256@libssh.org is added by x/crypto beside its alias.
		KeyExchanges: []string{
			ssh.KeyExchangeMLKEM768X25519, ssh.KeyExchangeCurve25519,
			ssh.KeyExchangeECDHP256, ssh.KeyExchangeECDHP384, ssh.KeyExchangeECDHP521,
			ssh.KeyExchangeDH16SHA512, ssh.KeyExchangeDHGEXSHA256, ssh.KeyExchangeDH14SHA256,
		},
		HostKeys: []string{
			ssh.CertAlgoED25519v01,
			ssh.CertAlgoECDSA256v01, ssh.CertAlgoECDSA384v01, ssh.CertAlgoECDSA521v01,
			ssh.CertAlgoRSASHA512v01, ssh.CertAlgoRSASHA256v01,
			ssh.KeyAlgoED25519,
			ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521,
			ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256,
		},
		Ciphers:    ciphers,
		MACs:       []string{ssh.HMACSHA256ETM, ssh.HMACSHA512ETM, ssh.HMACSHA256, ssh.HMACSHA512},
		PublicKeys: []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256},
	}
}

// Legacy returns the hardened lists followed by what devices of the 2000s
// speak: SHA-1 key exchange and signatures, CBC ciphers. Use it for one host
// at a time, and say so on the screen.
func Legacy() Algorithms {
	a := hardened(runtime.GOOS)
	a.KeyExchanges = append(a.KeyExchanges, ssh.InsecureKeyExchangeDH14SHA1, ssh.InsecureKeyExchangeDH1SHA1)
	a.HostKeys = append(a.HostKeys, ssh.KeyAlgoRSA)
	a.Ciphers = append(a.Ciphers, ssh.InsecureCipherAES128CBC, ssh.InsecureCipherTripleDESCBC)
	a.MACs = append(a.MACs, ssh.HMACSHA1)
	a.PublicKeys = append(a.PublicKeys, ssh.KeyAlgoRSA)
	return a
}

// AlgorithmError reports an algorithm that was asked for and that we do not
// have.
type AlgorithmError struct {
	Kind, Name string
	Known      []string
}

func (e *AlgorithmError) Error() string {
	return "no " + e.Kind + " algorithm is called " + strconv.Quote(e.Name)
}

// check finds names that we do not have: left out in silence they might leave
// less, or something else, than was wanted.
func (a Algorithms) check() error {
	able, weak := ssh.SupportedAlgorithms(), ssh.InsecureAlgorithms()
	for _, f := range []struct {
		kind       string
		list       []string
		able, weak []string
	}{
		{"key exchange", a.KeyExchanges, able.KeyExchanges, weak.KeyExchanges},
		{"host key", a.HostKeys, able.HostKeys, weak.HostKeys},
		{"cipher", a.Ciphers, able.Ciphers, weak.Ciphers},
		{"MAC", a.MACs, able.MACs, weak.MACs},
		{"signature", a.PublicKeys, able.PublicKeyAuths, weak.PublicKeyAuths},
	} {
		known := slices.Concat(f.able, f.weak)
		for _, name := range f.list {
			if !slices.Contains(known, name) {
				return &AlgorithmError{Kind: f.kind, Name: name, Known: known}
			}
		}
	}
	return nil
}

// LegacyHelps tells whether Legacy has an algorithm in common where the
// hardened lists have none; theirs is a ProtocolError's.
func LegacyHelps(theirs []string) bool {
	a := Legacy()
	for _, list := range [][]string{a.KeyExchanges, a.HostKeys, a.Ciphers, a.MACs} {
		for _, name := range theirs {
			if slices.Contains(list, name) {
				return true
			}
		}
	}
	return false
}

// weak returns those of names that the hardened lists do not hold.
func weak(names ...string) []string {
	a := hardened("")
	good := slices.Concat(a.KeyExchanges, a.HostKeys, a.Ciphers, a.MACs, a.PublicKeys, []string{"", keyExchangeCurve25519LibSSH})
	var found []string
	for _, name := range names {
		if !slices.Contains(good, name) && !slices.Contains(found, name) {
			found = append(found, name)
		}
	}
	return found
}

// keyExchangeCurve25519LibSSH is the older name of the same algorithm.
const keyExchangeCurve25519LibSSH = "curve25519-sha256@libssh.org"

// orDefaults fills the lists that are nil.
func (a Algorithms) orDefaults() Algorithms {
	d := hardened(runtime.GOOS)
	for _, f := range []struct{ list, fallback *[]string }{
		{&a.KeyExchanges, &d.KeyExchanges}, {&a.HostKeys, &d.HostKeys},
		{&a.Ciphers, &d.Ciphers}, {&a.MACs, &d.MACs}, {&a.PublicKeys, &d.PublicKeys},
	} {
		if *f.list == nil {
			*f.list = *f.fallback
		}
	}
	return a
}

// preferring returns list with the members of first moved to its front. It
// adds nothing: what is not offered stays so.
func preferring(list, first []string) []string {
	out := make([]string, 0, len(list))
	for _, a := range first {
		if slices.Contains(list, a) && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	for _, a := range list {
		if !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

// algorithmsForKeyType lists the host key algorithms that prove a key of the
// given type: an RSA key signs with several (RFC 8332).
func algorithmsForKeyType(keyType string) []string {
	if keyType == ssh.KeyAlgoRSA {
		return []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSA}
	}
	return []string{keyType}
}
