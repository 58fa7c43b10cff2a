package wire

// OpenKey is a private key to be read once and kept elsewhere.
type OpenKey struct {
	Key        []byte `js:"key"`        // text, in any format of sshcore.ParseKey
	Passphrase []byte `js:"passphrase"` // empty if it has none
}

// OpenedKey is a private key in the form that WebCrypto imports.
type OpenedKey struct {
	Type   string `js:"type"`   // such as ssh-ed25519
	PKCS8  []byte `js:"pkcs8"`  // DER
	Public []byte `js:"public"` // wire format, RFC 4253 section 6.6
}

// AgentAsk asks an agent of the page for what it holds. Index is into
// Connect.Auth, or that of the hop's Jump; -1 is the agent that is lent to the
// server.
type AgentAsk struct {
	Hop   int `js:"hop"` // see At
	Index int `js:"index"`
}

// AgentKeys answers AgentAsk.
type AgentKeys struct {
	Keys []AgentKey `js:"keys"`
}

// AgentKey is a key that the page can sign with.
type AgentKey struct {
	Public     []byte   `js:"public"` // wire format, or that of a certificate
	Comment    string   `js:"comment"`
	Algorithms []string `js:"algorithms"` // that it signs with, best first
}

// AgentSign asks an agent of the page for a signature.
type AgentSign struct {
	Hop       int    `js:"hop"`
	Index     int    `js:"index"`
	Public    []byte `js:"public"`
	Data      []byte `js:"data"`
	Algorithm string `js:"algorithm"` // one of the key's
}

// Signature answers AgentSign: RFC 4253 section 6.6, and what signatures of
// security keys have besides (PROTOCOL.u2f).
type Signature struct {
	Format string `js:"format"`
	Blob   []byte `js:"blob"`
	Rest   []byte `js:"rest"`
}
