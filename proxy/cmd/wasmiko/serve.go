package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/wasmiko/wasmiko/proxy"
	"github.com/wasmiko/wasmiko/proxy/signin"
	"github.com/wasmiko/wasmiko/web"
)

type serveCommand struct{ options }

// Run serves until a signal.
func (c *serveCommand) Run(s streams) error {
	pl, err := c.plan()
	if err != nil {
		return err
	}
	return c.serve(s, pl, nil)
}

// serve opens the listeners and serves the page and the relay until a signal.
func (o *options) serve(s streams, pl *plan, demo *proxy.Demo) error {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	hangup := make(chan os.Signal, 1) // one that comes before its turn must not kill
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	log, lines := openLog(o.LogFormat, s.err)
	defer lines.flush()

	pair, err := o.readCertificate()
	if err != nil {
		return err
	}
	var cert certificate
	cert.now.Store(pair)
	health, err := o.healthListener(ctx)
	if err != nil {
		return err
	}
	ls, moved, err := pl.listeners(ctx)
	if err != nil {
		return err
	}
	own := addrPorts(ls)
	if health != nil {
		own = append(own, addrPorts([]net.Listener{health})...)
	}
	p, err := o.newProxy(pl, own, demo, log, lines.lost.Load)
	if err != nil {
		return mistakes{err.Error()}
	}
	if moved {
		log.Info("the usual port is taken, so another one is used", "usual", defaultListen, "port", portOf(ls[0]))
	}
	if health != nil {
		go serveHealth(health, p, log)
	}
	srv := p.Server()
	srv.TLSConfig = cert.config()
	if len(o.ACME) > 0 {
		srv.TLSConfig = o.acmeConfig(log)
	}
	withTLS := srv.TLSConfig != nil
	failed := make(chan error, len(ls))
	for _, l := range ls {
		go func() { failed <- serveOn(srv, l, withTLS) }()
	}
	url := pl.url(o.Host, ls[0], o.BasePath)
	printURL := func() {
		if o.LinkToken {
			fmt.Fprintf(s.out, "wasmiko: open %s%s#link=%s\n", url, strings.TrimPrefix(signin.Path, "/"), p.Gate().Link())
			return
		}
		fmt.Fprintf(s.out, "wasmiko: open %s\n", url)
	}
	printURL()
	notify("READY=1")

	g := &gateway{args: s.args, plan: pl, proxy: p, demo: demo, cert: &cert, log: log}
	for ctx.Err() == nil {
		select {
		case err := <-failed:
			return err
		case <-hangup:
			notify("RELOADING=1")
			g.reload()
			notify("READY=1")
			if o.LinkToken {
				printURL()
			}
		case <-ctx.Done():
		}
	}
	stop() // the next signal kills
	return shutdown(srv, p, pl.drain, log)
}

// serveOn does not look at srv.TLSConfig: Serve itself sets it.
func serveOn(srv *http.Server, l net.Listener, tls bool) error {
	if tls {
		return srv.ServeTLS(l, "", "")
	}
	return srv.Serve(l)
}

// shutdown stops listening and lets the sessions end.
func shutdown(srv *http.Server, p *proxy.Proxy, drain time.Duration, log *slog.Logger) error {
	notify("STOPPING=1")
	if n := p.Sessions(); n > 0 {
		log.Info("stopping when the sessions have ended; a second signal ends them now", "sessions", n, "longest", drain)
	}
	ctx, cancel := context.WithTimeout(context.Background(), drain)
	defer cancel()
	// The listeners stay: a client that loses its network now comes back here.
	if err := p.Drain(ctx); err != nil {
		log.Info("sessions were ended because their time was over")
	}
	// Shutdown does not know sessions, but waits for files on their way.
	closing, cancelClosing := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancelClosing()
	srv.Shutdown(closing)
	return nil
}

func (o *options) newProxy(pl *plan, own []netip.AddrPort, demo *proxy.Demo, log *slog.Logger, lost func() uint64) (*proxy.Proxy, error) {
	page, err := fs.Sub(web.Dist, "dist")
	if err != nil {
		return nil, err
	}
	tickets, err := readTicketKeys(o.TicketKey)
	if err != nil {
		return nil, err
	}
	people, err := o.signIn()
	if err != nil {
		return nil, err
	}
	return proxy.New(proxy.Config{
		Tickets:        tickets,
		SignIn:         people,
		Plain:          o.Plain,
		Replica:        o.Replica,
		Redis:          o.Redis,
		Local:          pl.local,
		TLS:            pl.tls,
		Hosts:          pl.hosts,
		BasePath:       o.BasePath,
		Origins:        o.Origin,
		Embedders:      o.Embed,
		Allow:          o.targets(pl, demo),
		Listeners:      own,
		TrustedProxies: pl.trusted,
		AnyProtocol:    o.AnyProtocol,
		Page:           page,
		Demo:           demo,
		Version:        versionText(),
		Limits:         o.limits(),
		Log:            log,
		LostLines:      lost,
	})
}

// healthPlan says where the second listener is to be; nil: nowhere.
func (o *options) healthPlan() (*plan, error) {
	if o.HealthListen == "" {
		return nil, nil
	}
	var at plan
	if err := at.setListen("--health-listen", o.HealthListen); err != nil {
		return nil, mistakes{err.Error()}
	}
	if !at.loopback {
		return nil, mistakes{fmt.Sprintf("--health-listen %s: only a loopback address is allowed, such as 127.0.0.1:8081", o.HealthListen)}
	}
	return &at, nil
}

// healthListener opens the second listener, for an orchestrator on this machine.
func (o *options) healthListener(ctx context.Context) (net.Listener, error) {
	at, err := o.healthPlan()
	if at == nil {
		return nil, err
	}
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", net.JoinHostPort(at.host, at.port))
	if err != nil {
		return nil, mistakes{strings.Replace(listenProblem(o.HealthListen, err), "--listen", "--health-listen", 1)}
	}
	return l, nil
}

// serveHealth answers /livez while the program runs, /readyz while it takes new
// sessions, and /metrics.
func serveHealth(l net.Listener, p *proxy.Proxy, log *slog.Logger) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "ok\n") })
	mux.HandleFunc("GET /readyz", p.ServeReady)
	mux.Handle("GET /metrics", p.Metrics())
	srv := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, MaxHeaderBytes: 16 << 10}
	if err := srv.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		log.Error("health listener failed", "error", err)
	}
}
