package demo

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"strings"
)

func ls(_ context.Context, c *call) int {
	args, long := c.args, false
	if len(args) > 0 && args[0] == "-l" {
		args, long = args[1:], true
	}
	if len(args) > 1 {
		return c.complain(statusUsage, "ls: one path at a time")
	}
	p := "/"
	if len(args) == 1 {
		p = args[0]
	}
	infos, err := c.demo.files.list(p)
	if errors.Is(err, errNotDir) {
		var one info
		one, err = c.demo.files.stat(p, true)
		infos = []info{one}
	}
	if err != nil {
		return c.complain(statusFailed, "ls: %s: %v", clean(p, 80), reason(err))
	}
	var b strings.Builder
	for _, i := range infos {
		if long {
			fmt.Fprintf(&b, "%s %12d %s ", i.mode, i.bytes, i.modified.UTC().Format("2006-01-02 15:04"))
		}
		// Other guests named what lies in upload/.
		b.WriteString(clean(i.name, maxNameBytes))
		if i.IsDir() {
			b.WriteString("/")
		}
		b.WriteString("\n")
	}
	return c.print(b.String())
}

func cat(ctx context.Context, c *call) int {
	return c.eachInput(ctx, func(_ string, r io.Reader) error {
		return drain(ctx, c.stdout, r)
	})
}

func sha256sum(ctx context.Context, c *call) int {
	return c.eachInput(ctx, func(name string, r io.Reader) error {
		h := sha256.New()
		if err := drain(ctx, h, r); err != nil {
			return err
		}
		_, err := fmt.Fprintf(c.stdout, "%x  %s\n", h.Sum(nil), clean(name, 200))
		return err
	})
}

// eachInput calls f with each file that was named, or with standard input.
func (c *call) eachInput(ctx context.Context, f func(name string, r io.Reader) error) int {
	if len(c.args) == 0 {
		return c.input(ctx, "-", c.stdin, f)
	}
	status := statusOK
	for _, name := range c.args {
		if name == "-" {
			status = max(status, c.input(ctx, "-", c.stdin, f))
			continue
		}
		h, err := c.demo.files.openFile(name, opening{})
		if err != nil {
			status = max(status, c.complain(statusFailed, "%s: %v", clean(name, 80), reason(err)))
			continue
		}
		status = max(status, c.input(ctx, name, io.NewSectionReader(h, 0, math.MaxInt64), f))
		h.Close()
	}
	return status
}

func (c *call) input(ctx context.Context, name string, r io.Reader, f func(string, io.Reader) error) int {
	switch err := f(name, r); {
	case ctx.Err() != nil:
		return statusInterrupted
	case err != nil:
		return c.complain(statusFailed, "%s: %v", clean(name, 80), reason(err))
	}
	return statusOK
}

// reason is an error in the words that people know.
func reason(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "no such file or directory"
	case errors.Is(err, fs.ErrPermission):
		return "permission denied"
	}
	return err.Error()
}
