package proxy

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/netip"
	"time"
)

// record is what is written of a session, once, at its end. It has no place
// for a ticket, a query string or a byte of what was relayed.
type record struct {
	id       string
	start    time.Time
	visit    visit
	subject  string // of the ticket
	host     string // as asked for
	port     uint16
	rule     string
	addr     netip.AddrPort
	up, down int64
	resumed  int // how often the client came back
	outcome  string
	reason   string
}

func newRecord(v visit) *record {
	return &record{id: rand.Text(), start: time.Now(), visit: v, outcome: outcomeEnded}
}

// known reports whether it is known who the client is: who may be told what is
// there, because somebody answers for it.
func (r *record) known() bool { return r.visit.user.Present() || r.subject != "" }

// How a client's visit ended.
const (
	outcomeRefused = "refused"
	outcomeResumed = "resumed" // it went on with a session that has a record of its own
	outcomeEnded   = "ended"
)

// maxLogged bounds what a client can put into the log at a time.
const maxLogged = 255

func clip(s string) string { return s[:min(len(s), maxLogged)] }

func (r *record) write(ctx context.Context, log *slog.Logger) {
	attrs := []slog.Attr{
		slog.String("session", r.id),
		slog.String("client", r.visit.ip.String()),
		slog.String("origin", r.visit.origin),
		slog.String("user", r.visit.user.Name),
		slog.String("way", r.visit.user.Way),
		slog.String("subject", clip(r.subject)),
		slog.String("target", clip(r.host)),
		slog.Int("port", int(r.port)),
		slog.String("reason", r.reason),
		slog.Duration("duration", time.Since(r.start)),
	}
	if r.addr.IsValid() {
		attrs = append(attrs,
			slog.String("rule", r.rule),
			slog.String("ip", r.addr.Addr().Unmap().String()),
			slog.Int64("up", r.up),
			slog.Int64("down", r.down),
			slog.Int("resumed", r.resumed))
	}
	log.LogAttrs(ctx, slog.LevelInfo, "session "+r.outcome, attrs...)
}
