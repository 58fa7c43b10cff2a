package wire

// Algorithms lists what is offered, best first; an empty list means the
// hardened default. Legacy adds to the defaults what devices of the 2000s
// speak.
type Algorithms struct {
	Legacy       bool     `js:"legacy"`
	KeyExchanges []string `js:"keyExchanges"`
	HostKeys     []string `js:"hostKeys"`
	Ciphers      []string `js:"ciphers"`
	MACs         []string `js:"macs"`
	PublicKeys   []string `js:"publicKeys"` // signatures, to log in with RSA keys
}

// HostKeys is what a server tells about its keys after login. The new ones are
// proved; the others are filed for it, and it no longer has them.
type HostKeys struct {
	Hop  int        `js:"hop"`
	New  []HostKey  `js:"added"`
	Gone []KnownKey `js:"gone"`
}
