// Package sshcore is an SSH-2 client with contexts, typed errors and host key
// policies, built on golang.org/x/crypto/ssh.
//
// # Connecting
//
// [Dial] opens a transport with [Config.Dial] and logs in; [NewClient] does
// the same over any net.Conn: a WebSocket, a pipe, another client's
// [Client.DialContext]. The package knows no transport of its own besides
// net.Dialer. A ctx bounds the call that it is given to: after Dial has
// returned, cancelling its ctx does nothing, and [Client.Close] ends the
// connection.
//
// The handshake has its own deadline, [Config.HandshakeTimeout]. It stands
// still while a callback runs, since behind a callback may sit a person who
// compares a fingerprint or looks for a phone.
//
// # Trust
//
// There is no default host key policy and no way to ignore host keys:
// [Config.HostKeys] has to be set. [KnownHosts] is itself the strict policy;
// [AcceptNew], [AskNew] and [WarnNew] decide about unknown hosts on top of it.
// A changed key is never a question, always a [*HostKeyError].
//
// # Secrets
//
// Passwords and passphrases are callbacks, called only when the server wants
// the secret. The bytes that a callback returns are wiped after use; the copy
// that the protocol library makes of a password is not, for it is a string.
//
// # Keys
//
// [PrivateKey] logs in with the text of a key in any format that people have,
// [CertifiedKey] with an OpenSSH certificate besides, [Agent] with what an
// agent holds, and [PublicKeysFunc] with any ssh.Signer. [Command.Agent] lends
// an agent to the server, to list its keys and to sign, and for nothing else.
//
// # Left out
//
// GSSAPI, X11, compression, SSH-1, DSA, Blowfish and RC4.
package sshcore
