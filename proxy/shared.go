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

// redisWait bounds a question to Redis: a client waits for the answer.
const redisWait = 2 * time.Second

// shared is what gateways behind one name have to know of each other: which
// tickets were used, how often a client came, and who has signed out. It is kept in Redis. Sessions
// are not: they are sockets, and live where they are.
type shared struct {
	redis *redis.Client
	rate  *redis_rate.Limiter
	log   *slog.Logger
	notes *throttle.Throttle // of failures in the log
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
	return &shared{redis: client, rate: redis_rate.NewLimiter(client), log: log, notes: throttle.New(1, 1, 0)}, nil
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

// tellOut tells every gateway that the sign-in of this id has ended. Whoever starts
// later reads it too, for as long as the sign-in would be of use.
func (s *shared) tellOut(id string, life time.Duration) {
	ctx, cancel := context.WithTimeout(context.Background(), redisWait)
	defer cancel()
	oldest := time.Now().Add(-life).UnixMilli()
	err := s.redis.XAdd(ctx, &redis.XAddArgs{
		Stream: signOuts, MinID: strconv.FormatInt(oldest, 10), Approx: true, Values: []string{"id", id},
	}).Err()
	if err != nil {
		s.failed("a sign-out is known to one gateway alone", err)
	}
}

// hearOut calls out for each sign-in that has ended, at whichever gateway, from the
// first that is remembered on. It returns when ctx ends.
func (s *shared) hearOut(ctx context.Context, out func(id string)) {
	const atOnce, again = 1000, 5 * time.Second
	for last := "0"; ctx.Err() == nil; {
		streams, err := s.redis.XRead(ctx, &redis.XReadArgs{Streams: []string{signOuts, last}, Count: atOnce, Block: again}).Result()
		if err != nil && !errors.Is(err, redis.Nil) && ctx.Err() == nil {
			s.failed("sign-outs at other gateways are not heard", err)
			select {
			case <-time.After(time.Second):
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
