// Package wire is the schema of the calls that cross the wall between the
// page and the core: plain structs and two tables. It knows neither
// syscall/js nor SSH. build/wiregen writes web/src/client/wire.ts from it. The
// shapes of files stand in sftp.go, those of keys in keys.go.
//
// A call is a message {id, method, params, ports?}; its answer is
// {id, result} or {id, error}; {id, cancel: true} cancels it. Bytes never
// travel in calls, but in streams: one MessagePort each, see package wasm.
//
// A field's js tag is its name in TypeScript. Types that may stand here:
// bool, int, int64 and float64 (numbers), string, []byte (Uint8Array), a
// struct, a pointer to a struct or to a number (absent when nil), a slice, and
// map[string]string. A tag that ends in ",omitempty" makes the member
// optional. A tag may list the values that a string takes, after a space:
// `js:"type" values:"password,publickey"`.
package wire

// Call is a row of the tables: a method, the shapes of its parameters and of
// its result, and how many MessagePorts travel with it.
type Call struct {
	Method         string
	Params, Result any
	Ports          int
}

// None is the shape of "nothing".
type None struct{}

// ToCore lists the calls that the page makes of the core.
var ToCore = []Call{
	// At most one port: the transport's bytes, when Relay is empty.
	{"connect", Connect{}, Info{}, 1},
	{"info", At{}, Info{}, 0},
	{"disconnect", None{}, None{}, 0},
	{"wake", None{}, None{}, 0},
	// Two ports: stdin and stdout on the first, stderr on the second.
	{"start", Start{}, Session{}, 2},
	{"wait", Session{}, Exit{}, 0},
	{"resize", Resize{}, None{}, 0},
	{"signal", Signal{}, None{}, 0},
	{"break", Break{}, None{}, 0},
	{"close", Session{}, None{}, 0},
	// Needs no connection.
	{"openKey", OpenKey{}, OpenedKey{}, 0},

	// One port: the bytes.
	{"forward", Forward{}, None{}, 1},
	{"listen", Listen{}, Listening{}, 0},
	// One port: the bytes of the connection that comes next.
	{"accept", Listener{}, Accepted{}, 1},
	{"unlisten", Listener{}, None{}, 0},

	{"sftp", SFTPOpen{}, SFTP{}, 0},
	{"sftpClose", SFTPSession{}, None{}, 0},
	{"sftpStat", SFTPStat{}, FileInfo{}, 0},
	{"sftpOpenDir", SFTPPath{}, SFTPDir{}, 0},
	{"sftpNext", SFTPNext{}, SFTPPage{}, 0},
	{"sftpCloseDir", SFTPDir{}, None{}, 0},
	{"sftpReadlink", SFTPPath{}, FileName{}, 0},
	{"sftpRealpath", SFTPPath{}, FileName{}, 0},
	{"sftpMkdir", SFTPMkdir{}, None{}, 0},
	{"sftpRemove", SFTPRemove{}, None{}, 0},
	{"sftpRename", SFTPPair{}, None{}, 0},
	{"sftpSymlink", SFTPPair{}, None{}, 0},
	{"sftpLink", SFTPPair{}, None{}, 0},
	{"sftpCopy", SFTPPair{}, None{}, 0},
	{"sftpChange", SFTPChange{}, None{}, 0},
	{"sftpStatVFS", SFTPPath{}, FileSystemInfo{}, 0},
	{"sftpPart", SFTPPath{}, FileInfo{}, 0},
	// One port: the bytes.
	{"sftpRead", SFTPRead{}, SFTPMoved{}, 1},
	{"sftpWrite", SFTPWrite{}, SFTPMoved{}, 1},
}

// ToPage lists the calls that the core makes of the page: questions, and news
// whose answer is empty.
var ToPage = []Call{
	{"askHostKey", HostKey{}, HostKeyAnswer{}, 0},
	{"askPassword", AskSecret{}, Secret{}, 0},
	{"askNewPassword", AskNewPassword{}, Secret{}, 0},
	{"askPassphrase", AskSecret{}, Secret{}, 0},
	{"askChallenge", Challenge{}, ChallengeAnswer{}, 0},
	{"agentList", AgentAsk{}, AgentKeys{}, 0},
	{"agentSign", AgentSign{}, Signature{}, 0},
	{"progress", Progress{}, None{}, 0},
	{"trace", Trace{}, None{}, 0},
	{"banner", Banner{}, None{}, 0},
	{"hostKeyWarning", HostKey{}, None{}, 0},
	{"hostKeyLearned", HostKeyLearned{}, None{}, 0},
	{"hostKeys", HostKeys{}, None{}, 0},
	{"link", Link{}, None{}, 0},
	{"goAway", GoAway{}, None{}, 0},
	{"closed", Closed{}, None{}, 0},
	{"sftpProgress", SFTPProgress{}, None{}, 0},
}

// Connect names the one connection that a core makes.
type Connect struct {
	Relay       string        `js:"relay"` // ws: or wss: URL; empty: the call's port carries the bytes
	Ticket      string        `js:"ticket"`
	Host        string        `js:"host"`
	Port        int           `js:"port"`
	User        string        `js:"username"`
	Auth        []Auth        `js:"auth"` // tried in order
	HostKey     HostKeyPolicy `js:"hostKey"`
	Alias       string        `js:"hostKeyAlias,omitempty"` // the name under which the key is filed
	Algorithms  *Algorithms   `js:"algorithms,omitempty"`
	KeepAliveMs int           `js:"keepAliveMs"` // 0: the core's default; negative: off
	Jump        []Jump        `js:"jump"`        // hosts on the way, the nearest first
}

// Auth is a way to log in. Secrets are not in it: they are asked for when the
// server wants them, by the entry's index in Connect.Auth.
type Auth struct {
	Type        string `js:"type" values:"password,publickey,keyboard-interactive,agent"` // agent: keys that the page holds
	Key         []byte `js:"key,omitempty"`                                               // publickey: the text of the private key
	Certificate []byte `js:"certificate,omitempty"`                                       // publickey: that of its certificate
	Name        string `js:"name,omitempty"`                                              // publickey: what dialogs call the key
	Passphrase  bool   `js:"passphrase,omitempty"`                                        // publickey: there is one to ask for
	Changeable  bool   `js:"changeable,omitempty"`                                        // password: another one can be asked for
}

// HostKeyPolicy decides about the server's key. Pins, if any, have to agree with
// the files, and are enough for a host that those do not know: fingerprints as
// `ssh-keygen -l` prints them, "SHA256:…".
type HostKeyPolicy struct {
	Pins       []string `js:"pins"`
	KnownHosts string   `js:"knownHosts"`       // text of a known_hosts file
	System     []string `js:"system,omitempty"` // texts of files that lie below it and are not ours to change
	OnUnknown  string   `js:"onUnknown" values:"reject,warn,add,ask"`
}

// HostKey is a key that a server showed.
type HostKey struct {
	Hop         int        `js:"hop"` // see At
	Host        string     `js:"host"`
	Port        int        `js:"port"`
	Type        string     `js:"type"`        // algorithm, such as ssh-ed25519
	Fingerprint string     `js:"fingerprint"` // SHA256:…
	Key         []byte     `js:"key"`         // wire format, RFC 4253 section 6.6
	Line        string     `js:"line"`        // as it would stand in known_hosts
	SameKeyAs   []string   `js:"sameKeyAs"`   // other names under which this very key is known
	OtherKnown  []KnownKey `js:"otherKnown"`  // keys of other types that are known for this host
}

// KnownKey is a key that known_hosts holds.
type KnownKey struct {
	Type        string `js:"type"`
	Fingerprint string `js:"fingerprint"`
	Line        string `js:"line"`       // verbatim
	LineNumber  int    `js:"lineNumber"` // from 1
	System      bool   `js:"system,omitempty"`
}

// HostKeyAnswer is a person's decision about an unknown key.
type HostKeyAnswer struct {
	Decision string `js:"decision" values:"once,remember,reject"`
}

// HostKeyLearned carries the line that belongs into the known_hosts file now.
type HostKeyLearned struct {
	Hop  int    `js:"hop"`
	Line string `js:"line"`
}

// AskSecret asks for a password or a passphrase.
type AskSecret struct {
	Hop     int    `js:"hop"`     // who asks; see At
	Index   int    `js:"index"`   // into Connect.Auth, or that of the hop's Jump
	Attempt int    `js:"attempt"` // from 1
	User    string `js:"username"`
	Host    string `js:"host"`
	KeyName string `js:"keyName,omitempty"`
	Step    int    `js:"step"` // which factor this is, from 1; more than 1 after a partial success
}

// AskNewPassword asks for another password: the server takes the last one for
// expired, RFC 4252 section 8.
type AskNewPassword struct {
	Hop     int    `js:"hop"`
	Index   int    `js:"index"`
	Attempt int    `js:"attempt"` // from 1; more than 1 after one that the server did not take
	User    string `js:"username"`
	Host    string `js:"host"`
	Step    int    `js:"step"`
	Prompt  string `js:"prompt"` // the server's words, control characters included
}

// Secret answers AskSecret and AskNewPassword: UTF-8, wiped by the core when it was used.
type Secret struct {
	Secret []byte `js:"secret"`
}

// Challenge is one round of keyboard-interactive, RFC 4256 section 3.2. All
// text is the server's: control characters included.
type Challenge struct {
	Hop         int      `js:"hop"`
	Index       int      `js:"index"`
	User        string   `js:"username"`
	Host        string   `js:"host"`
	Name        string   `js:"name"`
	Instruction string   `js:"instruction"`
	Prompts     []Prompt `js:"prompts"`
	Round       int      `js:"round"`   // from 1, within the attempt
	Attempt     int      `js:"attempt"` // from 1; more than 1 after a wrong answer
	Step        int      `js:"step"`
}

// Prompt is a question of a Challenge; Echo tells whether the answer may be seen.
type Prompt struct {
	Text string `js:"text"`
	Echo bool   `js:"echo"`
}

// ChallengeAnswer holds one answer a prompt, in order.
type ChallengeAnswer struct {
	Answers []string `js:"answers"`
}

// Progress tells how far connecting has come.
type Progress struct {
	Step   string `js:"step" values:"relay,tcp,kex,hostkey,auth,ready,rekey"`
	Detail string `js:"detail"`         // for people: a version, an algorithm, a method
	Jump   string `js:"jump,omitempty"` // the jump host whose step it is
}

// Trace is a step of the connection's life for the log: no secret is in it,
// and nothing of what is sent and received.
type Trace struct {
	Step    string `js:"step"`
	Detail  string `js:"detail"`
	Warning bool   `js:"warning"`
	Jump    string `js:"jump,omitempty"`
}

// Banner is the server's text before login, RFC 4252 section 5.4.
type Banner struct {
	Message string `js:"message"`
}

// Closed tells that the connection has ended; Error is absent after disconnect.
type Closed struct {
	Error *Error `js:"error,omitempty"`
}

// Info describes a connection.
type Info struct {
	ServerVersion    string   `js:"serverVersion"`
	ClientVersion    string   `js:"clientVersion"`
	KeyExchange      string   `js:"keyExchange"`
	HostKeyType      string   `js:"hostKeyType"`
	Fingerprint      string   `js:"fingerprint"`
	CipherIn         string   `js:"cipherIn"` // server to client
	CipherOut        string   `js:"cipherOut"`
	MACIn            string   `js:"macIn"` // empty with an AEAD cipher
	MACOut           string   `js:"macOut"`
	PostQuantum      bool     `js:"postQuantum"`
	StrictKex        bool     `js:"strictKex"`
	HostKeyAlgorithm string   `js:"hostKeyAlgorithm"`
	Weak             []string `js:"weak"`      // which algorithms are not in the hardened lists
	SessionID        string   `js:"sessionId"` // hex
	BytesIn          int64    `js:"bytesIn"`   // of the encrypted stream
	BytesOut         int64    `js:"bytesOut"`
	RTTMs            float64  `js:"rttMs"` // of the last keepalive; 0: none yet
	SIMD             bool     `js:"simd"`  // whether ChaCha20 and Poly1305 run in SIMD
}

// Start opens a session channel. With neither Line nor Subsystem it is the
// login shell.
type Start struct {
	Hop       int               `js:"hop,omitempty"` // see At
	Line      string            `js:"line"`
	Subsystem string            `js:"subsystem"`
	PTY       *PTY              `js:"pty,omitempty"`
	Env       map[string]string `js:"env"`
	Agent     bool              `js:"agent,omitempty"` // the page's agent is lent to the server
}

// PTY asks for a pseudo-terminal, RFC 4254 section 6.2.
type PTY struct {
	Term  string         `js:"term"`
	Cols  int            `js:"cols"`
	Rows  int            `js:"rows"`
	Modes []TerminalMode `js:"modes,omitempty"`
}

// TerminalMode sets one mode of a pseudo-terminal, RFC 4254 section 8.
type TerminalMode struct {
	Opcode int `js:"opcode"` // 1 to 159
	Value  int `js:"value"`  // 32 bits, unsigned
}

// Session is the handle of a session channel within its core.
type Session struct {
	Session int `js:"session"`
}

// Exit is how a command ended: by status, by signal, or with neither, when
// the server never told.
type Exit struct {
	Status  *int   `js:"status,omitempty"`
	Signal  string `js:"signal,omitempty"` // without SIG
	Message string `js:"message,omitempty"`
}

// Resize tells the server the terminal's size, RFC 4254 section 6.7.
type Resize struct {
	Session int `js:"session"`
	Cols    int `js:"cols"`
	Rows    int `js:"rows"`
}

// Signal sends a signal, named without SIG, RFC 4254 section 6.9.
type Signal struct {
	Session int    `js:"session"`
	Name    string `js:"name"`
}

// Break sends a serial line's break, RFC 4335.
type Break struct {
	Session int `js:"session"`
	Ms      int `js:"ms"`
}

// Error is a failure, for programs (Code, Reason) and for people (Message,
// Hint). Neither holds a secret.
type Error struct {
	Code       string         `js:"code" values:"relay,dial,hostkey,auth,channel,sftp,timeout,closed,protocol,aborted,internal"`
	Reason     string         `js:"reason,omitempty"` // finer: the table in docs/errors.md
	Message    string         `js:"message"`          // what happened
	Hint       string         `js:"hint,omitempty"`   // what to do next
	Jump       string         `js:"jump,omitempty"`   // the jump host where it happened
	HostKey    *HostKeyFail   `js:"hostKey,omitempty"`
	Auth       *AuthFail      `js:"auth,omitempty"`
	SFTP       *SFTPFail      `js:"sftp,omitempty"`
	Algorithms *AlgorithmFail `js:"algorithms,omitempty"`
}

// HostKeyFail goes with code hostkey.
type HostKeyFail struct {
	Reason   string     `js:"reason" values:"unknown,changed,revoked,mismatch,disputed"` // mismatch: no pin fits; disputed: nor does it, but the key is known
	Offered  HostKey    `js:"offered"`
	Known    []KnownKey `js:"known"`
	Expected []string   `js:"expected"` // the pins, if it is about them
}

// AuthFail goes with code auth.
type AuthFail struct {
	Tried   []string `js:"tried"`
	Allowed []string `js:"allowed"` // by the server, at the end
}

// AlgorithmFail goes with protocol/no-common-algorithm.
type AlgorithmFail struct {
	What   string   `js:"what"` // such as "key exchange"
	Ours   []string `js:"ours"`
	Theirs []string `js:"theirs"`
	Legacy bool     `js:"legacy"` // the legacy profile would help
}
