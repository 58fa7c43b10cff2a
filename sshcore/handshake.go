package sshcore

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"

	"golang.org/x/crypto/ssh"
)

// clientVersion is our version line, RFC 4253 section 4.2.
const clientVersion = "SSH-2.0-Wasmiko"

// Bounds of what a server may say before login. OpenSSH sends one banner.
const (
	maxBanners     = 16
	maxBannerBytes = 64 << 10
)

// handshake is a connection on its way from an open transport to a logged-in
// client. It lives in x/crypto's callbacks.
type handshake struct {
	addr string
	cfg  *Config
	tap  *tap

	// ctx is what callbacks get: it ends with the caller's ctx and with the
	// transport, so that nobody is asked for the password of a connection
	// that is gone.
	ctx    context.Context
	cancel context.CancelCauseFunc
	clock  *stopwatch
	login  *login

	banners, bannerBytes int

	mu      sync.Mutex
	hostKey ssh.PublicKey // the one that was accepted
	refusal error         // our own reason to give up
	live    bool          // login is over: what comes is a rekey
}

func newHandshake(ctx context.Context, conn net.Conn, addr string, cfg *Config) *handshake {
	h := &handshake{addr: addr, cfg: cfg, tap: newTap(conn)}
	h.ctx, h.cancel = context.WithCancelCause(ctx)
	h.login = newLogin(h)
	h.tap.onVersion = func(version string) { cfg.trace(StepKex, version) }
	h.tap.onEnd = func() {
		cause, _ := h.tap.why()
		if cause == nil {
			cause = net.ErrClosed
		}
		h.cancel(cause)
	}
	return h
}

// run performs the handshake. The caller's ctx and the time limit end it by
// closing the transport, which needs no deadlines of it.
func (h *handshake) run(ctx context.Context) (ssh.Conn, <-chan ssh.NewChannel, <-chan *ssh.Request, error) {
	h.clock = newStopwatch(h.cfg.handshakeTimeout(), func() { h.tap.abort(os.ErrDeadlineExceeded) })
	defer h.clock.stop()
	detach := context.AfterFunc(ctx, func() { h.tap.abort(context.Cause(ctx)) })
	conn, chans, reqs, err := ssh.NewClientConn(h.tap, h.addr, h.clientConfig())
	if !detach() {
		// ctx has ended, perhaps in the very moment of success.
		if err == nil {
			go ssh.DiscardRequests(reqs)
			go rejectChannels(chans)
			conn.Close()
		}
		return nil, nil, nil, h.refused(context.Cause(ctx))
	}
	if err != nil {
		return nil, nil, nil, h.explain(err)
	}
	h.mu.Lock()
	h.live = true
	h.mu.Unlock()
	return conn, chans, reqs, nil
}

func (h *handshake) clientConfig() *ssh.ClientConfig {
	a := h.cfg.Algorithms.orDefaults()
	rekey := h.cfg.testOnlyRekey
	if rekey == 0 {
		rekey = rekeyThreshold
	}
	return &ssh.ClientConfig{
		Config: ssh.Config{
			RekeyThreshold: rekey,
			KeyExchanges:   a.KeyExchanges,
			Ciphers:        a.Ciphers,
			MACs:           a.MACs,
		},
		User:              h.cfg.User,
		HostKeyCallback:   h.checkHostKey,
		HostKeyAlgorithms: preferring(a.HostKeys, knownAlgorithms(h.cfg.HostKeys, h.hostKeyName())),
		BannerCallback:    h.banner,
		ClientVersion:     clientVersion,
		AuthCallback:      h.login.next,
	}
}

func (h *handshake) hostKeyName() string {
	if h.cfg.HostKeyAlias != "" {
		return h.cfg.HostKeyAlias
	}
	return h.addr
}

// checkHostKey is called at the end of every key exchange, the later ones
// included. Only the first is a question; then the key may not change.
func (h *handshake) checkHostKey(_ string, remote net.Addr, key ssh.PublicKey) error {
	h.mu.Lock()
	accepted, live := h.hostKey, h.live
	h.mu.Unlock()
	if accepted != nil {
		if !bytes.Equal(accepted.Marshal(), key.Marshal()) {
			return &HostKeyError{Addr: h.hostKeyName(), Key: plainKey(key), Reason: HostKeyChanged}
		}
		if live {
			h.cfg.trace(StepRekey, "")
		}
		return nil
	}
	if _, k := h.tap.heard(); !k.strict() {
		h.cfg.warn(StepKex, "the server lacks strict key exchange (CVE-2023-48795)")
	}
	plain := plainKey(key)
	h.cfg.trace(StepHostKey, plain.Type()+" "+ssh.FingerprintSHA256(plain))
	h.clock.halt()
	err := h.cfg.HostKeys.CheckHostKey(h.ctx, HostKey{Addr: h.hostKeyName(), Remote: remote, Key: key})
	h.clock.resume()
	if err != nil {
		return h.refuse(err)
	}
	h.mu.Lock()
	h.hostKey = key
	h.mu.Unlock()
	return nil
}

func (h *handshake) banner(message string) error {
	h.banners++
	h.bannerBytes += len(message)
	if h.banners > maxBanners || h.bannerBytes > maxBannerBytes {
		return h.refuse(&ProtocolError{Addr: h.addr, Reason: ReasonLimit, What: "banners"})
	}
	if h.cfg.Banner != nil {
		h.cfg.Banner(message)
	}
	return nil
}

// refuse notes our own reason to end the handshake. x/crypto may swallow the
// error that a callback returns; this is where explain finds it.
func (h *handshake) refuse(err error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.refusal == nil {
		h.refusal = err
	}
	return err
}

func (h *handshake) refusedWith() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.refusal
}

// explain makes a typed error of a failed handshake.
func (h *handshake) explain(err error) error {
	if refusal := h.refusedWith(); refusal != nil {
		return h.refused(refusal)
	}
	cause, _ := h.tap.why()
	if errors.Is(cause, os.ErrDeadlineExceeded) {
		version, _ := h.tap.heard()
		return &ProtocolError{Addr: h.addr, Reason: ReasonTimeout, What: version}
	}
	var hello *ProtocolError
	if errors.As(cause, &hello) {
		hello.Addr = h.addr
		return hello
	}
	var negotiation *ssh.AlgorithmNegotiationError
	if errors.As(err, &negotiation) {
		return &ProtocolError{Addr: h.addr, Reason: ReasonNoAlgorithm, What: negotiation.What,
			Ours: negotiation.SupportedAlgorithms, Theirs: negotiation.RequestedAlgorithms}
	}
	if closed := disconnectOf(err); closed != nil {
		return h.login.hungUp(closed)
	}
	if errors.Is(err, errExhausted) {
		return h.login.failure(h.login.reason())
	}
	if cause != nil {
		return h.login.hungUp(closedBy(cause))
	}
	return &ProtocolError{Addr: h.addr, Reason: ReasonIntegrity, Err: err}
}

// refused dresses our own reason: what comes out of a login callback becomes
// an AuthError that wraps it.
func (h *handshake) refused(reason error) error {
	var auth callbackError
	if errors.As(reason, &auth) {
		return h.login.failure(auth.error)
	}
	return reason
}

// closedMeanwhile tells whether the connection has ended while a callback ran.
func (h *handshake) closedMeanwhile() error {
	cause, ended := h.tap.why()
	if !ended {
		return nil
	}
	if cause == nil {
		cause = io.EOF // x/crypto found the end itself, and keeps to itself why
	}
	return closedBy(cause)
}

func rejectChannels(chans <-chan ssh.NewChannel) {
	for ch := range chans {
		ch.Reject(ssh.UnknownChannelType, "not asked for")
	}
}
