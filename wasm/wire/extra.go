package wire

// ToExtra lists the calls that a page makes of the program beside the core:
// the demo server within the page, and the reader of ssh_config files.
var ToExtra = []Call{
	{"board", None{}, Board{}, 0},
	// One port: the transport. Answered when the connection has ended.
	{"serve", None{}, None{}, 1},
	{"readConfig", ConfigText{}, Config{}, 0},
}

// Board is the demo server within the page.
type Board struct {
	Fingerprint string `js:"fingerprint"` // of its host key: SHA256:…
}

// ConfigText is an ssh_config(5) file.
type ConfigText struct {
	Text []byte `js:"text"`
}

// Config is what a page can use of an ssh_config file.
type Config struct {
	Hosts   []ConfigHost    `js:"hosts"`
	Ignored []ConfigIgnored `js:"ignored"`
}

// ConfigHost is a host that the file names; what it does not say is empty.
type ConfigHost struct {
	Alias    string   `js:"alias"`
	Host     string   `js:"host"`
	Port     int      `js:"port"`
	User     string   `js:"username"`
	Jump     []string `js:"jump"` // as ProxyJump has them, the nearest first
	Keys     []string `js:"keys"` // names of files, IdentityFile
	KeyAlias string   `js:"hostKeyAlias"`
}

// ConfigIgnored is a line of the file that has no effect here.
type ConfigIgnored struct {
	Line    int    `js:"line"` // from 1
	Keyword string `js:"keyword"`
	Reason  string `js:"reason"`
}
