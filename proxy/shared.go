package proxy

import (
	"context"
	"errors"
	"log/slog"
	"strconv"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"

	"github.com/wasmiko/wasmiko/netconn"
	"github.com/wasmiko/wasmiko/proxy/internal/throttle"
)

const (
	redisWait  = 2 * time.Second // for an answer of Redis: a client waits for it too
	redisAgain = time.Second     // before what failed is tried again
	mostLate   = 10_000          // sign-outs that wait for Redis
)

// shared is what gateways behind one name have to know of each other: which tickets
// were used, how often a client came, and who has signed out. It is kept in Redis.
// Sessions are not: they are sockets, and live where they are.
type shared struct {
	redis *redis.Client
	rate  *redis_rate.Limiter
	log   *slog.Logger
	notes *throttle.Throttle // of failures in the log
	late  chan signOut       // what Redis did not take
}

// newShared takes a redis: or rediss: URL; it connects when it is first asked.
// With an empty URL it returns nil, which shares nothing.
func newShared(url string, log *slog.Logger) (*shared, error) {
	if url == "" {
		return nil, nil
	}
	o, err := redis.ParseURL(url)
	if err != nil {
		// The URL may hold a password: say nothing of it.
		return nil, errors.New("the address of Redis cannot be read: write redis://HOST:PORT/DB or rediss://, with USER:PASSWORD@ before the host if it wants them")
	}
	o.DialTimeout, o.ReadTimeout, o.WriteTimeout = redisWait, redisWait, redisWait
	o.MaxRetries = 1
	o.DisableIdentity = true // older servers than the client do not know the command
	client := redis.NewClient(o)
	return &shared{
		redis: client, rate: redis_rate.NewLimiter(client), log: log,
		notes: throttle.New(1, 1, 0), late: make(chan signOut, mostLate),
	}, nil
}

func (s *shared) failed(what string, err error) {
	if s.notes.Allow("") {
		s.log.Error("Redis does not answer", "so", what, "error", err)
	}
}

// use marks a ticket as used, for every gateway. Whether it was used before is
// what a ticket's safety hangs on: if nobody knows, it is not taken.
func (s *shared) use(id string, until time.Time) error {
	ctx, cancel := context.WithTimeout(context.Background(), redisWait)
	defer cancel()
	life := max(time.Until(until), time.Second)
	err := s.redis.SetArgs(ctx, "wasmiko:ticket:"+id, 1, redis.SetArgs{Mode: "NX", TTL: life}).Err()
	switch {
	case errors.Is(err, redis.Nil):
		return badTicket(netconn.CodeTicketUsed, "was used before")
	case err != nil:
		s.failed("no ticket is taken", err)
		return badTicket(netconn.CodeNotFound, "cannot be checked at the moment; ask the portal for a new one in a minute")
	}
	return nil
}

// counter counts events of that kind. If nobody knows, each gateway's own limit has
// to do.
func (s *shared) counter(kind string) throttle.Counter {
	return func(key string, perMinute, burst, n int) bool {
		ctx, cancel := context.WithTimeout(context.Background(), redisWait)
		defer cancel()
		limit := redis_rate.Limit{Rate: perMinute, Burst: burst, Period: time.Minute}
		result, err := s.rate.AllowN(ctx, "wasmiko:"+kind+":"+key, limit, n)
		if err != nil {
			s.failed("each gateway counts its clients alone", err)
			return true
		}
		if n == 0 {
			return result.Remaining > 0
		}
		return result.Allowed > 0
	}
}

// signOuts is a stream of the sign-ins that have ended.
const signOuts = "wasmiko:sign-outs"

// signOut is a sign-in that has ended, and for how long that matters.
type signOut struct {
	id    string
	life  time.Duration
	until time.Time
}

// tellOut tells every gateway that the sign-in of this id has ended. Whoever starts
// later reads it too, for as long as the sign-in would be of use. What Redis does not
// take is told by tellLate.
func (s *shared) tellOut(id string, life time.Duration) {
	out := signOut{id, life, time.Now().Add(life)}
	err := s.add(context.Background(), out)
	if err == nil {
		return
	}
	s.failed("a sign-out is known to one gateway alone until it does", err)
	select {
	case s.late <- out:
	default:
		s.log.Error("a sign-out is known to one gateway alone: too many wait for Redis", "most", mostLate)
	}
}

// tellLate tells the sign-outs that Redis did not take, when it does again. It
// returns when ctx ends.
func (s *shared) tellLate(ctx context.Context) {
	for {
		var out signOut
		select {
		case out = <-s.late:
		case <-ctx.Done():
			return
		}
		for time.Now().Before(out.until) && s.add(ctx, out) != nil {
			select {
			case <-time.After(redisAgain):
			case <-ctx.Done():
				return
			}
		}
	}
}

func (s *shared) add(ctx context.Context, out signOut) error {
	ctx, cancel := context.WithTimeout(ctx, redisWait)
	defer cancel()
	oldest := time.Now().Add(-out.life).UnixMilli()
	return s.redis.XAdd(ctx, &redis.XAddArgs{
		Stream: signOuts, MinID: strconv.FormatInt(oldest, 10), Approx: true, Values: []string{"id", out.id},
	}).Err()
}

// hearOut calls out for each sign-in that has ended, at whichever gateway, from the
// first that is remembered on. It returns when ctx ends.
func (s *shared) hearOut(ctx context.Context, out func(id string)) {
	const atOnce, block = 1000, 5 * time.Second
	for last := "0"; ctx.Err() == nil; {
		streams, err := s.redis.XRead(ctx, &redis.XReadArgs{Streams: []string{signOuts, last}, Count: atOnce, Block: block}).Result()
		if err != nil && !errors.Is(err, redis.Nil) && ctx.Err() == nil {
			s.failed("sign-outs at other gateways are not heard", err)
			select {
			case <-time.After(redisAgain):
			case <-ctx.Done():
			}
		}
		for _, stream := range streams {
			for _, m := range stream.Messages {
				last = m.ID
				if id, ok := m.Values["id"].(string); ok {
					out(id)
				}
			}
		}
	}
}
