package proxy

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"

	"github.com/wasmiko/wasmiko/netconn"
)

// maxAddresses bounds how many addresses of a name are considered.
const maxAddresses = 8

// refusal is why a target was not connected: a code and a text for the client,
// and the cause for the log.
type refusal struct {
	code  netconn.Code
	text  string
	cause error
}

func (r *refusal) Error() string { return fmt.Sprintf("%s: %v", r.text, r.cause) }
func (r *refusal) Unwrap() error { return r.cause }

// route is a target that was reached.
type route struct {
	conn *net.TCPConn
	rule string // the one that allowed it
	addr netip.AddrPort
	head []byte // what the server has said already

	limit time.Duration // of the session, from its ticket; zero: none
}

// connect checks, looks up and dials what a client asked for. The name is
// looked up once; what is dialled are the addresses that were checked.
func (p *Proxy) connect(ctx context.Context, t target) (rt *route, err error) {
	if err := p.policy.Load().consider(t); err != nil {
		return nil, refused(t, err)
	}
	addrs, err := p.resolve(ctx, t)
	if err != nil {
		return nil, refused(t, err)
	}
	rule, addrs, err := p.permitted(t, addrs)
	if err != nil {
		return nil, refused(t, err)
	}
	conn, err := p.dialAny(ctx, t, addrs)
	if err != nil {
		return nil, refused(t, err)
	}
	defer func() {
		if rt == nil { // after a panic too
			conn.Close()
		}
	}()
	testOnlyStep("greet")
	var head []byte
	if !p.cfg.Local && !p.cfg.AnyProtocol {
		if head, err = readGreeting(ctx, conn, greetingWait); err != nil {
			return nil, refused(t, err)
		}
	}
	remote, _ := netip.ParseAddrPort(conn.RemoteAddr().String())
	return &route{conn: conn, rule: rule, addr: remote, head: head}, nil
}

// resolve returns the addresses of t's name.
func (p *Proxy) resolve(ctx context.Context, t target) ([]netip.Addr, error) {
	if t.addr.IsValid() {
		return []netip.Addr{t.addr}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, p.cfg.Limits.ResolveTimeout)
	defer cancel()
	addrs, err := p.cfg.Resolver.LookupNetIP(ctx, "ip", t.name)
	if err != nil {
		return nil, err
	}
	if len(addrs) == 0 {
		return nil, &net.DNSError{Err: "no addresses", Name: t.name, IsNotFound: true}
	}
	return addrs[:min(len(addrs), maxAddresses)], nil
}

// permitted keeps the addresses that policy allows, and fails if there are
// none. The rule is that of the first.
func (p *Proxy) permitted(t target, addrs []netip.Addr) (rule string, ok []netip.Addr, err error) {
	var denied error
	for _, a := range addrs {
		r, err := p.policy.Load().permit(t, a)
		if err != nil {
			denied = err
			continue
		}
		if rule == "" {
			rule = r
		}
		ok = append(ok, a.Unmap().WithZone(""))
	}
	if len(ok) == 0 {
		return "", nil, denied
	}
	return rule, ok, nil
}

// dialAny tries the addresses in turn, each with its share of the time that is
// left, and returns the most telling error.
func (p *Proxy) dialAny(ctx context.Context, t target, addrs []netip.Addr) (*net.TCPConn, error) {
	ctx, cancel := context.WithTimeout(ctx, p.cfg.Limits.DialTimeout)
	defer cancel()
	var worst error
	for i, a := range addrs {
		conn, err := p.dialOne(ctx, t, a, len(addrs)-i)
		if err == nil {
			return conn, nil
		}
		if worst == nil || classify(err).rank > classify(worst).rank {
			worst = err
		}
	}
	return nil, worst
}

func (p *Proxy) dialOne(ctx context.Context, t target, a netip.Addr, left int) (*net.TCPConn, error) {
	if deadline, ok := ctx.Deadline(); ok {
		share := max(time.Until(deadline)/time.Duration(left), 2*time.Second)
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, share)
		defer cancel()
	}
	d := net.Dialer{
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 15 * time.Second, Interval: 15 * time.Second, Count: 4},
		ControlContext: func(_ context.Context, _, address string, _ syscall.RawConn) error {
			if err := p.recheck(t, address); err != nil || p.testOnlyConnect == nil {
				return err
			}
			return p.testOnlyConnect(address)
		},
	}
	conn, err := d.DialContext(ctx, "tcp", netip.AddrPortFrom(a, t.port).String())
	if err != nil {
		return nil, err
	}
	tcp := conn.(*net.TCPConn)
	tcp.SetNoDelay(true) // the default; a keystroke must not wait for the next
	return tcp, nil
}

// recheck asks policy about the address that a socket is about to connect to,
// so that nothing between the first check and the system call can change it.
func (p *Proxy) recheck(t target, address string) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	if ap.Port() != t.port {
		return &denial{"the port changed between check and connection"}
	}
	_, err = p.policy.Load().permit(t, ap.Addr())
	return err
}

// class is a kind of failure. Of several, the one with the highest rank tells
// most: a host that refuses is there.
type class struct {
	code netconn.Code
	rank int
	text string // with the target in place of %s
}

func classify(err error) class {
	var dns *net.DNSError
	var denied *denial
	var timeout interface{ Timeout() bool }
	switch {
	case errors.As(err, &denied):
		return class{netconn.CodeNotAllowed, 0, ""}
	case errors.Is(err, errNotSSH):
		return class{netconn.CodeDialFailed, 6, "%s does not speak SSH"}
	case errors.As(err, &dns) && dns.IsTimeout:
		return class{netconn.CodeTimedOut, 1, "the name server did not answer about %s"}
	case errors.As(err, &dns) && dns.IsNotFound:
		return class{netconn.CodeNoSuchHost, 1, "no such host: %s"}
	case errors.As(err, &dns):
		return class{netconn.CodeNoSuchHost, 1, "%s could not be looked up"}
	case errors.Is(err, syscall.ECONNREFUSED):
		return class{netconn.CodeRefused, 5, "%s refused the connection"}
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH), errors.Is(err, syscall.EADDRNOTAVAIL):
		return class{netconn.CodeNoRoute, 3, "%s cannot be reached from the relay"}
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		return class{netconn.CodeTimedOut, 4, "%s did not answer in time"}
	}
	return class{netconn.CodeDialFailed, 2, "%s could not be connected"}
}

// refused words err for the person who asked for t.
func refused(t target, err error) *refusal {
	c := classify(err)
	r := &refusal{code: c.code, cause: err}
	var denied *denial
	if errors.As(err, &denied) {
		r.text = denied.text
		return r
	}
	r.text = fmt.Sprintf(c.text, t)
	return r
}

// disguise makes "not allowed" and "no such host" look alike, so that an
// exposed relay does not tell strangers which names exist behind it. The log
// has the difference.
func (r *refusal) disguise() {
	switch r.code {
	case netconn.CodeNotAllowed, netconn.CodeNoSuchHost:
		r.code, r.text = netconn.CodeNotAllowed, "this relay does not connect to that target"
	}
}

// untilStep waits until the time since start is a whole number of steps, so
// that how long a refusal took tells little about its cause.
func untilStep(ctx context.Context, start time.Time, step time.Duration) {
	if step <= 0 {
		return
	}
	late := time.Since(start) % step
	select {
	case <-time.After(step - late):
	case <-ctx.Done():
	}
}
