package sshcore

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// gated is a reader that hands out its first half, tells so, and waits.
func gated(data string) (r io.Reader, half <-chan struct{}, open func()) {
	at, opened := make(chan struct{}), make(chan struct{})
	pause := readerFunc(func([]byte) (int, error) {
		close(at)
		<-opened
		return 0, io.EOF
	})
	middle := len(data) / 2
	return io.MultiReader(strings.NewReader(data[:middle]), pause, strings.NewReader(data[middle:])), at, func() { close(opened) }
}

// Two uploads to one file at a time: each arrives whole or not at all, wherever
// the other one runs.
func TestTwoPutsToOneFile(t *testing.T) {
	srvS, srv := openSFTP(t)
	const first, second = "the first one, which takes its time", "the second one"
	for _, tc := range []struct {
		name  string
		other func(t *testing.T) *SFTP
		age   time.Duration // since the first one's part was written to
		err   error         // of the first
		last  string
	}{
		{"on one connection", func(*testing.T) *SFTP { return srvS }, 0, nil, first},
		{"on one connection, where the first has waited for an hour", func(*testing.T) *SFTP { return srvS }, time.Hour, nil, first},
		{"on two connections", func(t *testing.T) *SFTP { return sftpTo(t, srv) }, 0, nil, first},
		{"on two connections, where the first has waited for an hour", func(t *testing.T) *SFTP { return sftpTo(t, srv) }, time.Hour, ErrPartTaken, second},
	} {
		t.Run(tc.name, func(t *testing.T) {
			path := t.TempDir() + "/f"
			r, half, open := gated(strings.Repeat(first, largeWrite/4))
			result := make(chan error, 1)
			go func() {
				_, err := srvS.Put(t.Context(), path, r, Transfer{})
				result <- err
			}()
			<-half
			sent := int64(len(first)*largeWrite/4) / 2 / largeWrite * largeWrite
			awaitFile(t, srvS, path+".part", sent)
			if tc.age > 0 {
				then := time.Now().Add(-tc.age)
				if err := os.Chtimes(path+".part", then, then); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := tc.other(t).Put(t.Context(), path, strings.NewReader(second), Transfer{}); err != nil {
				t.Errorf("the second: %v", err)
			}
			if slurp(path) != second {
				t.Error("the second one is not there")
			}
			open()
			if err := <-result; !errors.Is(err, tc.err) {
				t.Errorf("the first: %v", err)
			}
			if want := strings.Repeat(first, largeWrite/4); tc.last == first && slurp(path) != want || tc.last == second && slurp(path) != second {
				t.Error("another one is there at the end, or half of one")
			}
		})
	}
}

func TestPartsThatAreLeft(t *testing.T) {
	s, _ := openSFTP(t)
	for _, tc := range []struct {
		name  string
		age   time.Duration
		again bool
		left  int
	}{
		{"a fresh one is another's", 0, false, 1},
		{"an old one goes", time.Hour, false, 0},
		{"a fresh one of this upload's own goes", 0, true, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			dir := t.TempDir()
			spill(t, dir+"/f.part", "left")
			then := time.Now().Add(-tc.age)
			os.Chtimes(dir+"/f.part", then, then)
			if _, err := s.Put(t.Context(), dir+"/f", strings.NewReader("new"), Transfer{Again: tc.again}); err != nil {
				t.Fatal(err)
			}
			if left, _ := filepath.Glob(dir + "/*.part"); len(left) != tc.left || slurp(dir+"/f") != "new" {
				t.Errorf("left: %v", left)
			}
		})
	}
	t.Run("one that another upload writes to is not gone on with", func(t *testing.T) {
		path := t.TempDir() + "/f"
		r, half, open := gated(strings.Repeat("x", 4*largeWrite))
		result := make(chan error, 1)
		go func() {
			_, err := s.Put(t.Context(), path, r, Transfer{})
			result <- err
		}()
		<-half
		if _, err := s.Put(t.Context(), path, strings.NewReader("y"), Transfer{Offset: 1}); !errors.Is(err, ErrPartBusy) {
			t.Errorf("got %v", err)
		}
		open()
		if err := <-result; err != nil || len(slurp(path)) != 4*largeWrite {
			t.Errorf("the other: %v", err)
		}
	})
	t.Run("one with a name of its own is found once it was given up", func(t *testing.T) {
		path := t.TempDir() + "/f"
		spill(t, path+".part", "another's, which is about to be done")
		broken := errors.New("the disk here broke")
		r := io.MultiReader(bytes.NewReader(make([]byte, largeWrite)), readerFunc(func([]byte) (int, error) {
			os.Remove(path + ".part")
			return 0, broken
		}))
		if _, err := s.Put(t.Context(), path, r, Transfer{}); !errors.Is(err, broken) {
			t.Errorf("got %v", err)
		}
		awaitFile(t, s, path+".part", largeWrite)
		n, err := s.Put(t.Context(), path, strings.NewReader("end"), Transfer{Offset: largeWrite})
		if err != nil || n != 3 || len(slurp(path)) != largeWrite+3 {
			t.Errorf("resumed: %d, %v", n, err)
		}
	})
}

// awaitFile waits until a file is there, and so long.
func awaitFile(t *testing.T, s *SFTP, path string, size int64) {
	t.Helper()
	if !eventually(t, func() bool { e, err := s.Lstat(t.Context(), path); return err == nil && e.Size == size }) {
		t.Fatal("it does not come")
	}
}
