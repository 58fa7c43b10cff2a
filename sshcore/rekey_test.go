package sshcore

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"io"
	"sync/atomic"
	"testing"

	"github.com/wasmiko/wasmiko/sshcore/internal/sshtest"
)

func TestRekeysEvery64KiBWithEachCipherLoseNothing(t *testing.T) {
	const size = rekeyBytes
	for _, cipher := range hardened("").Ciphers {
		t.Run(cipher, func(t *testing.T) {
			srv := sshtest.New(t)
			srv.Run = func(s *sshtest.Session) { io.Copy(s, s); s.CloseWrite(); s.Exit(0) }
			var rekeys atomic.Int64
			cfg := testConfig(srv.Dial)
			cfg.Algorithms.Ciphers = []string{cipher}
			cfg.testOnlyRekey = 64 << 10
			cfg.Trace = func(e Event) {
				if e.Step == StepRekey {
					rekeys.Add(1)
				}
			}
			c, err := Dial(t.Context(), "h:22", cfg)
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			s := start(t, c, Command{Line: "echo"})
			data := randomBytes(size)
			sent := make(chan error, 1)
			go func() {
				_, err := io.Copy(s.Stdin(), bytes.NewReader(data))
				sent <- errors.Join(err, s.Stdin().Close())
			}()
			sum := sha256.New()
			if n, err := io.Copy(sum, s.Stdout()); n != size || err != nil {
				t.Errorf("%d bytes came back, %v", n, err)
			}
			if err := <-sent; err != nil {
				t.Error(err)
			}
			if want := sha256.Sum256(data); !bytes.Equal(sum.Sum(nil), want[:]) {
				t.Error("other bytes came back")
			}
			// Packets in flight stretch the interval, so it is not one a threshold.
			if n := rekeys.Load(); n < size>>22 {
				t.Errorf("%d rekeys in %d bytes each way", n, size)
			}
			if i := c.Info(); i.CipherIn != cipher || i.CipherOut != cipher {
				t.Errorf("agreed on %s and %s", i.CipherIn, i.CipherOut)
			}
		})
	}
}
