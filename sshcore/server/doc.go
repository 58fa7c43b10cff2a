// Package server is an SSH and SFTP server over any net.Listener or net.Conn.
//
// It keeps to net/http's manner: fill in a [Server], give it a listener, and
// write a [Handler] that gets one [Session] for each shell, command or
// subsystem that a client starts. The 20 lines of the package example are a
// whole server.
//
// # What it does, and what it refuses
//
// It offers no login method that was not asked for and does not start without
// a host key and at least one method. Only current algorithms are negotiated.
// It opens no file, starts no process and dials no address by itself: what a
// client may reach is what the handlers and [Server.Forward] give it.
// Agent forwarding, X11, remote forwarding (tcpip-forward) and compression are
// refused.
//
// # In the page
//
// [Server.ServeConn] needs no listener, so the same server also runs inside a
// browser on one end of an in-memory pipe.
package server
