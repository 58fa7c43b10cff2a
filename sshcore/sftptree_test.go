package sshcore

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"testing"
)

func TestATreeIsChangedWithoutLeavingIt(t *testing.T) {
	s, _ := openSFTP(t)
	dir := t.TempDir()
	outside := t.TempDir() + "/outside"
	spill(t, outside, "x")
	os.MkdirAll(dir+"/t/a/b", 0o755)
	for i := range 150 {
		spill(t, fmt.Sprintf("%s/t/a/%d", dir, i), "x")
	}
	spill(t, dir+"/t/a/b/deep", "x")
	os.Symlink(outside, dir+"/t/a/link")
	os.Symlink(dir, dir+"/t/a/up")
	count := 0
	if err := s.ChmodAll(t.Context(), dir+"/t", 0o600, 0o500, func(string) { count++ }); err != nil || count != 154 {
		t.Errorf("%d changed, %v", count, err)
	}
	for path, want := range map[string]fs.FileMode{
		dir + "/t": 0o500, dir + "/t/a/b": 0o500, dir + "/t/a/7": 0o600, dir + "/t/a/b/deep": 0o600, outside: 0o644, dir: 0o755,
	} {
		if i, err := os.Stat(path); err != nil || i.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, i.Mode(), err)
		}
	}
	os.Chmod(dir+"/t", 0o755)
	if err := s.ChownAll(t.Context(), dir+"/t", uint32(os.Getuid()), uint32(os.Getgid()), nil); err != nil {
		t.Error(err)
	}
	if err := s.ChmodAll(t.Context(), dir+"/absent", 0o600, 0o700, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

func TestAForbiddenEntryKeepsNobodyFromTheRest(t *testing.T) {
	dir := t.TempDir()
	spill(t, dir+"/a", "x")
	s, _ := openSFTPWith(t, "Subsystem sftp internal-sftp -R")
	if err := s.ChmodAll(t.Context(), dir, 0o600, 0o700, nil); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("got %v", err)
	}
}
