package wire

// Jump is a host on the way to the target: it has a login and a host key check
// of its own.
type Jump struct {
	Host       string        `js:"host"`
	Port       int           `js:"port"`
	User       string        `js:"username"`
	Auth       []Auth        `js:"auth"`
	HostKey    HostKeyPolicy `js:"hostKey"`
	Alias      string        `js:"hostKeyAlias,omitempty"`
	Algorithms *Algorithms   `js:"algorithms,omitempty"`
}

// At names one of the servers of a connection: 0 is the target, and from 1
// the entries of Connect.Jump.
type At struct {
	Hop int `js:"hop,omitempty"`
}

// Forward opens a connection from the server to Host and Port (direct-tcpip,
// RFC 4254 section 7.2), or to the socket at Path.
type Forward struct {
	Hop    int    `js:"hop,omitempty"`
	Host   string `js:"host"`
	Port   int    `js:"port"`
	Path   string `js:"path"`
	Origin string `js:"origin"` // host:port, for the server to know; empty: the page
}

// Listen has the server listen on Host and Port (tcpip-forward, RFC 4254
// section 7.1; an empty Host means all addresses, Port 0 any port), or on the
// socket at Path.
type Listen struct {
	Hop  int    `js:"hop,omitempty"`
	Host string `js:"host"`
	Port int    `js:"port"`
	Path string `js:"path"`
}

// Listening is the handle of a listener within its core, and the port that the
// server has chosen.
type Listening struct {
	Listener int `js:"listener"`
	Port     int `js:"port"`
}

// Listener is the handle of a listener.
type Listener struct {
	Listener int `js:"listener"`
}

// Accepted is a connection that came in: from where, as the server tells it.
type Accepted struct {
	Host string `js:"host"` // empty: of a socket
	Port int    `js:"port"`
}
