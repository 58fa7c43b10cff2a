package proxy

import (
	"math"
	"time"

	"github.com/wasmiko/wasmiko/netconn"
)

// Limits bound what clients may use. A zero field has the default that its
// comment gives for a local and for an exposed proxy; a negative one means no
// limit.
type Limits struct {
	UpgradesPerMinute    int           // of one address: 30, 10
	UpgradeBurst         int           // of one address: 120, 20
	UpgradesPerUser      int           // in a minute: none, 30
	FailedDialsPerMinute int           // of one user, or address where there are none; then a minute's pause: none, 10
	SessionsPerIP        int           // open at once: 50, 40; eight times as many connections may be none: any, 320
	SessionsPerUser      int           // open at once: 50, 20
	Sessions             int           // open at once: 200, 5000
	OpenTimeout          time.Duration // from the upgrade to the OPEN frame: 5 s
	ResolveTimeout       time.Duration // 5 s
	DialTimeout          time.Duration // 10 s
	IdleTimeout          time.Duration // of a session without bytes: none, 8 h
	MaxDuration          time.Duration // of a session: none, 24 h
	RefusalStep          time.Duration // refusals are answered in steps of: none, 1 s
	Hold                 time.Duration // of a session whose client is away: 15 min; at most 8 h
	HeldPerIP            int           // of one user or address, held for more than a minute: none, 10
	Held                 int           // the same of everybody: none, 1000
	Buffers              int64         // bytes that sessions hold together on their way: 512 MiB
}

const unlimited = -1

var (
	localLimits = Limits{
		UpgradesPerMinute: 30, UpgradeBurst: 120, UpgradesPerUser: unlimited, FailedDialsPerMinute: unlimited,
		SessionsPerIP: 50, SessionsPerUser: 50, Sessions: 200,
		OpenTimeout: 5 * time.Second, ResolveTimeout: 5 * time.Second, DialTimeout: 10 * time.Second,
		IdleTimeout: unlimited, MaxDuration: unlimited, RefusalStep: unlimited,
		Hold: 15 * time.Minute, HeldPerIP: unlimited, Held: unlimited,
	}
	exposedLimits = Limits{
		UpgradesPerMinute: 10, UpgradeBurst: 20, UpgradesPerUser: 30, FailedDialsPerMinute: 10,
		SessionsPerIP: 40, SessionsPerUser: 20, Sessions: 5000,
		OpenTimeout: 5 * time.Second, ResolveTimeout: 5 * time.Second, DialTimeout: 10 * time.Second,
		IdleTimeout: 8 * time.Hour, MaxDuration: 24 * time.Hour, RefusalStep: time.Second,
		Hold: 15 * time.Minute, HeldPerIP: 10, Held: 1000,
	}
)

func (l Limits) withDefaults(local bool) Limits {
	d := exposedLimits
	if local {
		d = localLimits
	}
	orInt := func(v *int, d int) {
		if *v == 0 {
			*v = d
		}
	}
	orTime := func(v *time.Duration, d time.Duration) {
		if *v == 0 {
			*v = d
		}
	}
	orInt(&l.UpgradesPerMinute, d.UpgradesPerMinute)
	orInt(&l.UpgradeBurst, max(d.UpgradeBurst, 2*l.UpgradesPerMinute))
	orInt(&l.UpgradesPerUser, d.UpgradesPerUser)
	orInt(&l.FailedDialsPerMinute, d.FailedDialsPerMinute)
	orInt(&l.SessionsPerIP, d.SessionsPerIP)
	orInt(&l.SessionsPerUser, d.SessionsPerUser)
	orInt(&l.Sessions, d.Sessions)
	orTime(&l.OpenTimeout, d.OpenTimeout)
	orTime(&l.ResolveTimeout, d.ResolveTimeout)
	orTime(&l.DialTimeout, d.DialTimeout)
	orTime(&l.IdleTimeout, d.IdleTimeout)
	orTime(&l.MaxDuration, d.MaxDuration)
	orTime(&l.RefusalStep, d.RefusalStep)
	orTime(&l.Hold, d.Hold)
	orInt(&l.HeldPerIP, d.HeldPerIP)
	orInt(&l.Held, d.Held)
	return l
}

// memory makes what bounds the sessions' buffers.
func (l Limits) memory() *netconn.Memory {
	if l.Buffers < 0 {
		return &netconn.Memory{Max: math.MaxInt64}
	}
	return &netconn.Memory{Max: l.Buffers}
}

// held makes the place where sessions wait for their clients.
func (l Limits) held() *netconn.Sessions {
	if l.Hold < 0 {
		return nil
	}
	return &netconn.Sessions{Hold: l.Hold, PerOwner: max(l.HeldPerIP, 0), Total: max(l.Held, 0)}
}
