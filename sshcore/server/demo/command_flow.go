package demo

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// chunk is how much the big talkers write at once: a packet's worth.
const chunk = 32 << 10

func count(ctx context.Context, c *call) int {
	last := 10
	if len(c.args) > 0 {
		var err error
		if last, err = strconv.Atoi(c.args[0]); err != nil || last < 1 {
			return c.complain(statusUsage, "count: N is a number from 1")
		}
	}
	for i := 1; i <= last; i++ {
		if c.print(strconv.Itoa(i)+"\n") != statusOK {
			return statusFailed
		}
		if i < last && !wait(ctx, 100*time.Millisecond) {
			return statusInterrupted
		}
	}
	return statusOK
}

func slow(ctx context.Context, c *call) int {
	words := or(strings.Join(c.args, " "), "drip, drip, drip, says the tap; and the sink says nothing at all")
	for _, r := range words {
		if c.print(string(r)) != statusOK {
			return statusFailed
		}
		if !wait(ctx, 50*time.Millisecond) {
			return statusInterrupted
		}
	}
	return c.print("\n")
}

func sleep(ctx context.Context, c *call) int {
	const longest = 24 * 60 * 60
	if len(c.args) != 1 {
		return c.complain(statusUsage, "sleep: for how many seconds?")
	}
	seconds, err := strconv.ParseFloat(c.args[0], 64)
	if err != nil || !(seconds >= 0 && seconds <= longest) {
		return c.complain(statusUsage, "sleep: seconds are a number up to %d", longest)
	}
	if !wait(ctx, time.Duration(seconds*float64(time.Second))) {
		return statusInterrupted
	}
	return statusOK
}

// wait waits and reports whether it was left in peace.
func wait(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// stress writes exactly as many lines, or bytes, as it was asked for. SSH's
// window is what slows it down: nothing is kept.
func stress(ctx context.Context, c *call) int {
	if len(c.args) != 1 {
		return c.complain(statusUsage, "stress: how much? A number of lines, or a size such as 100M")
	}
	lines, size, err := amount(c.args[0])
	if err != nil {
		return c.complain(statusUsage, "stress: %v", err)
	}
	n := int64(0)
	return c.pour(ctx, size, func(b []byte) []byte {
		if n++; n > lines {
			return b
		}
		return fmt.Appendf(b, "%9d the quick brown fox jumps over the lazy dog\n", n)
	})
}

func flood(ctx context.Context, c *call) int {
	n := 0
	return c.pour(ctx, unlimited, func(b []byte) []byte {
		n++
		return fmt.Appendf(b, "\x1b[38;5;%dm%9d  flood: Ctrl-C stops it\x1b[m\n", 16+n%216, n)
	})
}

func yes(ctx context.Context, c *call) int {
	line := or(strings.Join(c.args, " "), "y") + "\n"
	return c.pour(ctx, unlimited, func(b []byte) []byte { return append(b, line...) })
}

const unlimited = 1 << 62

// pour writes what next appends, up to size bytes or until next appends
// nothing.
func (c *call) pour(ctx context.Context, size int64, next func([]byte) []byte) int {
	var b []byte
	for done := false; size > 0 && !done; {
		b = b[:0]
		for len(b) < chunk && !done {
			before := len(b)
			b = next(b)
			done = len(b) == before
		}
		b = b[:min(int64(len(b)), size)]
		size -= int64(len(b))
		if ctx.Err() != nil {
			return statusInterrupted
		}
		if _, err := c.stdout.Write(b); err != nil {
			return statusFailed
		}
	}
	return statusOK
}

// amount reads "500" as lines and "500k", "100M" and "2G" as bytes.
func amount(s string) (lines, size int64, err error) {
	units := map[byte]int64{'k': 1 << 10, 'K': 1 << 10, 'M': 1 << 20, 'G': 1 << 30}
	digits := strings.TrimRight(s, "kKMG")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || n < 0 || n > 1<<31 || len(s)-len(digits) > 1 {
		return 0, 0, fmt.Errorf("%q is neither a number of lines nor a size", clean(s, 20))
	}
	if digits == s {
		return n, unlimited, nil
	}
	return unlimited, n * units[s[len(s)-1]], nil
}

// drain copies r to w until ctx ends.
func drain(ctx context.Context, w io.Writer, r io.Reader) error {
	buf := make([]byte, chunk)
	for {
		n, err := r.Read(buf)
		if n > 0 {
			if _, err := w.Write(buf[:n]); err != nil {
				return err
			}
		}
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		}
	}
}
