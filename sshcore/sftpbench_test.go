package sshcore

import (
	"io"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
)

const benchSize = 256 << 20

// BenchmarkSFTP moves 256 MiB to and from a real sshd, beside OpenSSH's own
// client, with the same cipher.
func BenchmarkSFTP(b *testing.B) {
	s, srv := openSFTP(b)
	dir := b.TempDir()
	if err := os.WriteFile(dir+"/f", randomBytes(benchSize), 0o600); err != nil {
		b.Fatal(err)
	}
	host, port, _ := net.SplitHostPort(srv.Addr)
	native := func(batch string) func(*testing.B) {
		return func(b *testing.B) {
			b.SetBytes(benchSize)
			for b.Loop() {
				cmd := exec.CommandContext(b.Context(), "sftp", "-q", "-b", "-", "-P", port, "-i", srv.KeyFile,
					"-c", s.client.Info().CipherIn, "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null",
					"-o", "IdentitiesOnly=yes", srv.User+"@"+host)
				cmd.Stdin = strings.NewReader(batch + "\n")
				if out, err := cmd.CombinedOutput(); err != nil {
					b.Fatalf("%v: %s", err, out)
				}
			}
		}
	}
	b.Run("down", func(b *testing.B) {
		b.SetBytes(benchSize)
		for b.Loop() {
			out, err := os.Create(dir + "/down")
			if err != nil {
				b.Fatal(err)
			}
			if n, err := s.Download(b.Context(), dir+"/f", out, Transfer{}); n != benchSize || err != nil {
				b.Fatal(n, err)
			}
			out.Close()
		}
	})
	b.Run("down/native", native("get "+dir+"/f "+dir+"/down"))
	b.Run("up", func(b *testing.B) {
		b.SetBytes(benchSize)
		for b.Loop() {
			in, err := os.Open(dir + "/f")
			if err != nil {
				b.Fatal(err)
			}
			if n, err := s.Upload(b.Context(), dir+"/up", io.Reader(in), Transfer{}); n != benchSize || err != nil {
				b.Fatal(n, err)
			}
			in.Close()
		}
	})
	b.Run("up/native", native("put "+dir+"/f "+dir+"/up"))
}
