package sshcore

import (
	"context"
	"encoding/hex"
	"errors"
	"net"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"
)

// Client is a logged-in connection. It is safe for concurrent use.
//
// Calls that wait for the server are bounded by their ctx. If one is given up,
// its request stays with the server: a goroutine takes the late answer and
// closes what it opened, and lives no longer than the connection.
type Client struct {
	conn  ssh.Conn
	tap   *tap
	cfg   *Config
	info  Info
	filed string       // the name of its host key
	rtt   atomic.Int64 // nanoseconds

	under     *Client // the hop below, which ends with this one; or nil
	listeners listeners
	parts     parts // that uploads write to

	lent          atomic.Pointer[LentAgent] // what the server may reach; nil: none
	agentChannels atomic.Int32              // how many it has open

	done chan struct{} // closed when err is set
	err  error
}

// Info describes a connection.
type Info struct {
	ServerVersion, ClientVersion string
	KeyExchange                  string
	HostKeyType                  string   // the key's type; of a certificate, that of the key within
	Fingerprint                  string   // "SHA256:…"
	CipherIn, CipherOut          string   // in is server to client
	MACIn, MACOut                string   // empty with an AEAD cipher
	HostKeyAlgorithm             string   // how the host key signed
	Weak                         []string // which of these are not in the hardened lists
	PostQuantum                  bool     // recorded traffic stays secret from quantum computers
	StrictKex                    bool     // safe from the Terrapin attack
	SessionID                    string   // hexadecimal
	BytesIn, BytesOut            int64    // of the transport
	RTT                          time.Duration
}

// Dial connects to addr, "host:port", with cfg.Dial and logs in.
func Dial(ctx context.Context, addr string, cfg *Config) (*Client, error) {
	return dialOver(ctx, nil, addr, cfg)
}

func dialOver(ctx context.Context, under *Client, addr string, cfg *Config) (*Client, error) {
	dial := cfg.Dial
	if dial == nil {
		dial = defaultDial()
	}
	conn, err := dial(ctx, "tcp", addr)
	if err != nil {
		return nil, &DialError{Addr: addr, Err: err}
	}
	return newClient(ctx, under, conn, addr, cfg)
}

// NewClient logs in over conn, which it owns from then on: it closes it on
// failure, too. addr is the server's "host:port", for the host key policy.
// conn needs no deadlines; its Close must end a waiting Read and Write.
//
// Errors are a *ProtocolError, *HostKeyError, *AuthError, *ClosedError, what a
// policy returned, or the cause of ctx's end.
func NewClient(ctx context.Context, conn net.Conn, addr string, cfg *Config) (*Client, error) {
	return newClient(ctx, nil, conn, addr, cfg)
}

func newClient(ctx context.Context, under *Client, conn net.Conn, addr string, cfg *Config) (*Client, error) {
	if cfg.HostKeys == nil {
		conn.Close()
		return nil, errNoPolicy
	}
	if err := cfg.Algorithms.check(); err != nil {
		conn.Close()
		return nil, err
	}
	h := newHandshake(ctx, conn, addr, cfg)
	sshConn, chans, reqs, err := h.run(ctx)
	if err != nil {
		conn.Close()
		h.cancel(err)
		return nil, err
	}
	c := &Client{conn: sshConn, tap: h.tap, cfg: cfg, info: h.info(sshConn), filed: h.hostKeyName(), under: under, done: make(chan struct{})}
	go c.serveRequests(reqs, knownTo(h))
	go c.serveChannels(chans)
	go c.watch()
	if every := cfg.keepAlive(); every > 0 {
		go c.keepAlive(every)
	}
	cfg.trace(StepReady, c.info.KeyExchange+", "+c.info.CipherIn)
	return c, nil
}

func (h *handshake) info(conn ssh.Conn) Info {
	_, k := h.tap.heard()
	a := conn.(ssh.AlgorithmsConnMetadata).Algorithms()
	plain := plainKey(h.hostKey)
	return Info{
		ServerVersion: string(conn.ServerVersion()),
		ClientVersion: string(conn.ClientVersion()),
		KeyExchange:   a.KeyExchange,
		HostKeyType:   plain.Type(),
		Fingerprint:   ssh.FingerprintSHA256(plain),
		CipherIn:      a.Read.Cipher, CipherOut: a.Write.Cipher,
		MACIn: a.Read.MAC, MACOut: a.Write.MAC,
		HostKeyAlgorithm: a.HostKey,
		Weak:             weak(a.KeyExchange, a.HostKey, a.Read.Cipher, a.Write.Cipher, a.Read.MAC, a.Write.MAC),
		PostQuantum:      a.KeyExchange == ssh.KeyExchangeMLKEM768X25519,
		StrictKex:        k.strict(),
		SessionID:        hex.EncodeToString(conn.SessionID()),
	}
}

// Info describes the connection as it is now.
func (c *Client) Info() Info {
	info := c.info
	info.BytesIn, info.BytesOut = c.tap.in.Load(), c.tap.out.Load()
	info.RTT = time.Duration(c.rtt.Load())
	return info
}

// Conn returns the protocol library's view, for what is not wrapped here. Its
// Close skips the hops below; use Client.Close.
func (c *Client) Conn() ssh.Conn { return c.conn }

// Via returns the client of the hop below, which this one runs through, or nil.
// It may be used as any client; closing it ends this one.
func (c *Client) Via() *Client { return c.under }

// Close ends the connection, and then the hops below it. It waits a moment for
// the server to end its side.
func (c *Client) Close() error {
	local := &ClosedError{Reason: ClosedLocal}
	if away, _ := c.cfg.away(); away {
		c.tap.abort(local) // nobody would hear
	} else {
		c.tap.leave(local)
	}
	<-c.done
	return nil
}

// Wait waits for the end of the connection: nil after Close, otherwise a
// *ClosedError or a *ProtocolError.
func (c *Client) Wait() error {
	<-c.done
	var closed *ClosedError
	if errors.As(c.err, &closed) && closed.Reason == ClosedLocal {
		return nil
	}
	return c.err
}

// watch learns why the connection ended, and tells.
func (c *Client) watch() {
	err := c.ended()
	c.tap.Close()
	c.err = c.explain(err)
	c.cfg.trace(StepClosed, c.err.Error())
	if c.under != nil {
		c.under.Close()
	}
	close(c.done)
}

// ended waits for x/crypto to end the connection. It closes the transport
// first, and may then wait for ever: if a packet broke the protocol and more
// had come, its reader wants to hand those to nobody.
func (c *Client) ended() error {
	said := make(chan error, 1)
	go func() { said <- c.conn.Wait() }()
	select {
	case err := <-said:
		return err
	case <-c.tap.gone:
	}
	select {
	case err := <-said:
		return err
	case <-time.After(lastWords):
		return errors.New("a packet that breaks the protocol")
	}
}

func (c *Client) explain(err error) error {
	if closed := disconnectOf(err); closed != nil {
		return closed
	}
	if cause, _ := c.tap.why(); cause != nil {
		return closedBy(cause)
	}
	return &ProtocolError{Addr: c.conn.RemoteAddr().String(), Reason: ReasonIntegrity, Err: err}
}

// closedError is the error of an operation that found the connection gone.
func (c *Client) closedError() error {
	<-c.done
	return c.err
}
