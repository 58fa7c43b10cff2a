// Package proxy serves Wasmiko's page and relays its bytes: an http.Handler
// that turns a WebSocket into a TCP connection to an SSH server.
//
// # What it sees
//
// The SSH connection runs between the page and the server. The proxy carries
// its ciphertext and knows no keys, no passwords and no user names: only who
// connected, to which host and port, when, and how many bytes went each way.
// The package does not import any SSH code, and a test holds that.
//
// # What it guards
//
// A relay that dials what strangers ask for is a way into the network that it
// stands in. So three questions are asked of every connection:
//
//   - Is the request ours? The Host header must be on a list, so that a foreign
//     name that was rebound to this address is refused (421), and the Origin
//     must be on a list, exactly, with its port, so that no other page can use
//     the visitor's browser as its door (403).
//   - Is the target allowed? Allow patterns are matched against the name, the
//     port and every address that the name resolves to. Some addresses are
//     never dialled: link-local ones, clouds' metadata services, multicast,
//     the proxy itself. The address that was checked is the address that is
//     dialled, and it is checked once more as the socket is about to connect.
//   - Is it too much? See [Limits].
//
// Browsers do not show a script the HTTP status of a refused upgrade. What
// concerns the target is therefore answered after the upgrade, in relay.v1
// ERROR frames that netconn makes typed errors of.
//
// # A client that is lost
//
// A session outlives its WebSocket for Limits.Hold: its TCP connection stays, and
// a client that proves to be the same goes on (see package netconn). The proxy
// keeps what the client has not acknowledged, at most the client's window, and it
// is ciphertext. A stolen proof of a session gives its thief no more than that.
//
// # Requests without an Origin
//
// Browsers always send one with a WebSocket. A request with neither Origin nor
// Sec-Fetch headers comes from another program. Where only programs of this
// machine can connect (Config.Local) it is allowed, because such a program can
// reach the same hosts without help. Elsewhere it is refused, unless portals give
// tickets: such a program has to bring one, and its cookies do not count.
//
// # Who has signed in
//
// With Config.SignIn the relay serves people (see package signin). Browsers do not
// show a script why an upgrade was refused: who has not signed in is told so after
// it. A session belongs to its user, and only the same user resumes it; a sign-in
// whose time is over is good enough for that.
//
// # Use
//
// The zero Config is refused, since an exposed relay without a list of targets
// would be open to anyone:
//
//	p, err := proxy.New(proxy.Config{
//		Hosts: []string{"relay.example.org"},
//		Allow: []string{"*.lab.example.org", "10.20.0.0/16:22,2222"},
//		TLS:   true,
//	})
//	if err != nil {
//		return err
//	}
//	return p.Server().ListenAndServeTLS("cert.pem", "key.pem")
package proxy
