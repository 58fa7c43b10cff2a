package demo

import (
	"context"
	"fmt"
	"net"
)

// listen listens on a loopback address, at a free port if the named one is
// taken.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("demo: listen: %w", err)
	}
	// Judge the name before anything is bound, be it for a moment.
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, notLoopback(addr)
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", addr)
	if err != nil && port != "0" && ctx.Err() == nil {
		var free error
		if l, free = lc.Listen(ctx, "tcp", net.JoinHostPort(host, "0")); free == nil {
			err = nil
		}
	}
	if err != nil {
		return nil, fmt.Errorf("demo: listen: %w", err)
	}
	// "localhost" is whatever the resolver says.
	if err := onlyLoopback(l.Addr()); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

func onlyLoopback(a net.Addr) error {
	if tcp, ok := a.(*net.TCPAddr); !ok || !tcp.IP.IsLoopback() {
		return notLoopback(a.String())
	}
	return nil
}

func notLoopback(addr string) error {
	return fmt.Errorf("demo: %s is not a loopback address; the demo board, whose passwords everybody knows, serves this machine only", addr)
}
