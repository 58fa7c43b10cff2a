// Package demo is a bulletin board that pretends to be a host, after the
// demo_server of Paramiko: port 2200, login robey, password foo.
//
// It is there to be tried, tested against and read. It gives no access to the
// machine that it runs on: every command is a Go function of this package,
// every file lives in memory, the only address that can be forwarded to is
// echo:80, an HTTP echo inside the process, and it serves loopback listeners
// only. A test holds the package to the few imports that this needs.
//
// The logins are
//
//	robey  password foo, typed or asked for by keyboard-interactive
//	otp    password foo, then a code that the prompt itself tells
//	key    any Ed25519, ECDSA or RSA key
//	two    a key or password foo first, then a code: two factors
package demo
