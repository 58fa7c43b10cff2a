package proxy

import (
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics are the proxy's figures. None has a label for a host, a user or an
// address: there would be too many, and they are nobody's business.
type metrics struct {
	registry *prometheus.Registry
	sessions *prometheus.CounterVec
	bytes    *prometheus.CounterVec
	resumed  prometheus.Counter
	panics   prometheus.Counter
	dials    prometheus.Histogram
	lengths  prometheus.Histogram
}

func newMetrics(p *Proxy) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		sessions: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "wasmiko_sessions_total", Help: "Clients that asked for a target, by how it ended: refused or ended.",
		}, []string{"outcome"}),
		bytes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "wasmiko_bytes_total", Help: "Bytes relayed by sessions that have ended, up to the targets or down from them.",
		}, []string{"direction"}),
		resumed: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "wasmiko_resumed_total", Help: "Times that a client came back to its session.",
		}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "wasmiko_panics_total", Help: "Faults of the relay itself, each of which ended one session or request. The log has the places.",
		}),
		dials: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "wasmiko_dial_seconds", Help: "Time to look up and connect a target, failures included.",
			Buckets: []float64{.001, .01, .05, .1, .5, 1, 5, 10},
		}),
		lengths: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "wasmiko_session_seconds", Help: "How long sessions lasted that had a target.",
			Buckets: []float64{1, 10, 60, 600, 3600, 4 * 3600, 24 * 3600},
		}),
	}
	// A counter that is there from the start has a first step that can be seen.
	for _, outcome := range []string{outcomeEnded, outcomeRefused, outcomeResumed} {
		m.sessions.WithLabelValues(outcome)
	}
	for _, direction := range []string{"up", "down"} {
		m.bytes.WithLabelValues(direction)
	}
	m.registry.MustRegister(m.sessions, m.bytes, m.resumed, m.panics, m.dials, m.lengths,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "wasmiko_sessions_active", Help: "Sessions now, with those whose client is away.",
		}, func() float64 { return float64(p.Sessions()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "wasmiko_sessions_away", Help: "Sessions that wait for their client.",
		}, func() float64 { return float64(p.away()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "wasmiko_buffer_bytes", Help: "Bytes held that clients have not acknowledged or targets not taken.",
		}, func() float64 { return float64(p.memory.Used()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "wasmiko_buffer_limit_bytes", Help: "How many of them may be held.",
		}, func() float64 { return float64(p.memory.Limit()) }),
		prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "wasmiko_log_lines_lost_total", Help: "Lines of the log that nobody took in time.",
		}, func() float64 { return float64(p.cfg.LostLines()) }),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "wasmiko_build_info", Help: "Always 1; the label is the version.",
			ConstLabels: prometheus.Labels{"version": p.cfg.Version},
		}, func() float64 { return 1 }),
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// away counts the sessions that wait for their client.
func (p *Proxy) away() int {
	if p.held == nil {
		return 0
	}
	return p.held.Away()
}

// count takes the record of a session that has ended.
func (m *metrics) count(r *record) {
	m.sessions.WithLabelValues(r.outcome).Inc()
	if r.outcome == outcomeResumed {
		m.resumed.Inc()
	}
	if !r.addr.IsValid() {
		return
	}
	m.bytes.WithLabelValues("up").Add(float64(r.up))
	m.bytes.WithLabelValues("down").Add(float64(r.down))
	m.lengths.Observe(time.Since(r.start).Seconds())
}

// Metrics serves the proxy's figures in Prometheus' format. They are for a
// listener that the world does not reach.
func (p *Proxy) Metrics() http.Handler {
	return promhttp.HandlerFor(p.metrics.registry, promhttp.HandlerOpts{})
}
