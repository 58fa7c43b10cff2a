package sshcore

import (
	"bytes"
	"testing"

	"github.com/wasmiko/wasmiko/sshcore/internal/sshtest"
)

// What is asked of one file leaves together: a server that answers only once all
// of it has come would wait for ever otherwise.
func TestASmallDownloadsRequestsLeaveTogether(t *testing.T) {
	const size = 4096
	var held []byte
	stats := 0
	withSFTP(t, func(r sshtest.SFTPRequest) []byte {
		switch r.Kind {
		case fxpStat:
			return r.Attrs(size, aFile)
		case fxpOpen:
			return r.Handle("h")
		case fxpRead:
			held = append(held, r.Data(content(0, size))...)
			return nil
		case fxpFstat:
			held = append(held, r.Attrs(size, aFile)...)
			if stats++; stats == 2 {
				return held
			}
			return nil
		}
		return r.Status(StatusOK, "")
	}, func(t *testing.T, s *SFTP) {
		var got bytes.Buffer
		n, err := s.Download(t.Context(), "/f", &got, Transfer{})
		if err != nil || n != size || !bytes.Equal(got.Bytes(), content(0, size)) {
			t.Errorf("%d bytes, %v", n, err)
		}
	})
}

func TestADownloadOfAFileThatIsReplacedBeforeItIsOpened(t *testing.T) {
	for _, tc := range []struct {
		name         string
		before, then uint64
	}{
		{"by a longer one", 100, 300_000},
		{"by a shorter one", 300_000, 100},
		{"by an empty one", 100, 0},
		{"that was empty", 0, 100},
	} {
		t.Run(tc.name, func(t *testing.T) {
			withSFTP(t, func(r sshtest.SFTPRequest) []byte {
				switch r.Kind {
				case fxpStat:
					return r.Attrs(tc.before, aFile)
				case fxpFstat:
					return r.Attrs(tc.then, aFile)
				case fxpOpen:
					return r.Handle("h")
				case fxpRead:
					offset, n := r.Read()
					if offset >= tc.then {
						return r.Status(StatusEOF, "")
					}
					return r.Data(content(offset, int(min(uint64(n), tc.then-offset))))
				}
				return r.Status(StatusOK, "")
			}, func(t *testing.T, s *SFTP) {
				var got bytes.Buffer
				n, err := s.Download(t.Context(), "/f", &got, Transfer{})
				if err != nil || uint64(n) != tc.then || !bytes.Equal(got.Bytes(), content(0, int(tc.then))) {
					t.Errorf("%d bytes, %v", n, err)
				}
			})
		})
	}
}
