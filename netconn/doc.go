// Package netconn makes a net.Conn of a WebSocket to a relay, which connects it
// to a target over TCP. Both ends of the WebSocket are here: Dial for the client,
// natively and in a browser, and Accept for the relay.
//
// # Messages
//
// The WebSocket speaks the subprotocol relay.v1: each binary message is one
// frame. The relay greets with HELLO; the client asks for a target with OPEN; the
// relay answers OPENED or ERROR. Then both send DATA, whose 64-bit offset makes a
// gap or an overlap an error and never corruption; ACK, which tells how far bytes
// have arrived and up to which offset more are welcome; FIN, the end of one
// direction; PING and PONG; ERROR, the end of everything. GOAWAY is the relay's
// warning that it will stop. BLOCKED says that there is more to send than ACKs have
// allowed. A frame that breaks the rules ends the connection with CodeProtocol; frame
// types from 0x80 upward, of which BLOCKED is one, are ignored by whoever does not
// know them.
//
// A client's DATA frame carries at most 64 KiB, which is what HELLO announces: a
// message is sent whole or not, so that on a slow line a large one is long in the
// way of a key, and a relay needs its size in memory for each connection that
// sends. The relay's carries at most 256 KiB, and no more than the client's
// window: a browser pays for each message rather than for its bytes, and what
// comes at once is also decrypted and passed on at once. On a line that has shown
// to carry 20 MiB a second it is 1 MiB, and on one of less than 1 MiB a second 64
// KiB, so that a message is never long under way. A relay that is slowly fed sends
// what it has. The client accepts any message that fits its window.
//
// The windows are 4 MiB towards the client and 1 MiB towards the relay. The latter
// grows to 4 MiB while the line is long and the target takes what comes (credit.go).
//
// # How a Conn differs from a TCP connection
//
//   - Write returns when the bytes are queued. At most 256 KiB wait for the
//     socket (in a browser about 1 MiB more inside it), and none beyond the
//     credit that the other side gave: a reader that does not read stops the
//     writer after its window.
//   - Deadlines bound the waiting of Read and Write and nothing else. They may be
//     set while a call waits, are independent of each other, and can be renewed:
//     after a timeout the connection goes on where it was. (A WebSocket library's
//     own net.Conn usually dies of its first timeout.)
//   - CloseWrite sends FIN; the other direction stays open for as long as it is
//     wanted, as with TCP.
//   - Close makes all calls return net.ErrClosed, then sends what was queued and
//     FIN within one second. It returns an error if bytes could not be sent. It does
//     not wait for the WebSocket's closing handshake, which ends by itself.
//     A second Close returns nil.
//   - Read returns io.EOF only after the other side's FIN at the right offset. A
//     WebSocket that closes before, with whatever code (1000 and 1001 included),
//     is an *Error: CodeLost, or the code that was sent. So a cut connection never
//     looks like the end of a file. Bytes that had arrived are given first.
//   - After FIN both ways the WebSocket is closed with code 1000.
//   - A TCP reset by the target is CodeReset, once the bytes before it were read.
//   - Nothing heard for 45 seconds, or a message not sent in 30, counts as a lost
//     WebSocket (CodeSilent). The relay sends a PING every 20 seconds.
//   - RemoteAddr is the target as it was named, not an IP address.
//   - If the relay's process ends, so does the connection.
//
// # Resuming
//
// A Conn that Dial made outlives its WebSocket, if the relay keeps sessions: both
// sides hold what the other has not acknowledged, the client dials again, proves
// in RESUME that it knows the secret of OPENED, and both tell how far they have
// received. Nothing is lost and nothing comes twice. Meanwhile Read and Write
// wait, as on a slow line, and the relay keeps the TCP connection for its hold.
// Away tells that it is so, Options.OnLink how it goes, Wake that now is a good
// moment.
//
// In offsets FIN counts as one byte behind the last, so that its arrival is
// acknowledged too. A transport is an epoch; a newer one takes the place of the
// old at once (CodeSuperseded), and what that still brings is ignored. A session
// that the relay does not know, or not any more, and a wrong proof are answered
// alike, with CodeNotFound: an error at both ends (CodeGone at the client's), and
// never io.EOF. A breach of the protocol ends the session too.
//
// A client finds a dead path within ten seconds of a key: bytes that are not
// acknowledged for five are followed by a PING, which has five more. Without a
// key it is the 45 seconds of silence. After Wake the PING goes at once and has
// half a second, or twice what the last RESUME took, and an attempt that is being
// made has a second.
//
// A browser that closes a page ends its WebSocket with 1001, and the keys of the
// session are gone with the page: the relay does not wait for it.
//
// # Failing
//
// Errors that come from the relay or the path to it are *Error; a caller branches
// on its Code. A browser does not tell why a WebSocket could not be opened, so
// that a refused upgrade, a wrong certificate and a dead network are all
// CodeUnreachable. A relay that wants to say more accepts and then sends ERROR.
package netconn
