package sshcore

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/wasmiko/wasmiko/sshcore/internal/sshtest"
)

func TestSmoke(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := sshtest.New(t)
		srv.Run = func(s *sshtest.Session) {
			s.Write([]byte("you said " + s.Line))
			s.Exit(0)
		}
		kh := new(KnownHosts)
		cfg := &Config{User: "u", Dial: srv.Dial, HostKeys: AcceptNew(kh), Trace: func(e Event) { t.Log(e) }}
		c, err := Dial(context.Background(), "host:22", cfg)
		if err != nil {
			t.Fatal(err)
		}
		out, err := c.Output(context.Background(), "hi")
		t.Logf("%q %v %+v", out, err, c.Info())
		c.Close()
	})
}
