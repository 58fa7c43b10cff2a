//go:build js

package main

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strings"
	"syscall/js"
	"testing"
	"time"

	"github.com/pkg/sftp"

	"github.com/wasmiko/wasmiko/sshcore"
	"github.com/wasmiko/wasmiko/sshcore/server"
	"github.com/wasmiko/wasmiko/wasm/wire"
)

// filesPage is a page with an SFTP session to a server that keeps its files in
// memory.
type filesPage struct {
	*fakePage
	sftp int
}

func newFilesPage(t *testing.T) *filesPage {
	t.Helper()
	p := newFakePage(t)
	srv := newServer(t)
	handlers := sftp.InMemHandler()
	srv.Subsystems = map[string]server.Handler{"sftp": server.SFTP(func(server.Login) sftp.Handlers { return handlers })}
	if _, err := p.dial(t, srv, nil); err != nil {
		t.Fatal(err)
	}
	opened, err := askCore[wire.SFTP](p, "sftp", wire.None{})
	if err != nil {
		t.Fatal(err)
	}
	if opened.Home.Name != "/" {
		t.Errorf("home is %q", opened.Home)
	}
	return &filesPage{p, opened.SFTP}
}

// move makes a call with a port, and hands this end of it to both.
func move[R any](p *filesPage, method string, params any, stream func(*port)) (R, error) {
	channel := js.Global().Get("MessageChannel").New()
	near := newPort(channel.Get("port1"))
	done := make(chan struct{})
	go func() {
		stream(near)
		close(done)
	}()
	r, err := askCore[R](p.fakePage, method, params, channel.Get("port2"))
	<-done
	near.Close()
	settle()
	return r, err
}

func (p *filesPage) upload(w wire.SFTPWrite, contents []byte) (wire.SFTPMoved, error) {
	w.SFTP = p.sftp
	return move[wire.SFTPMoved](p, "sftpWrite", w, func(out *port) {
		out.Write(contents)
		out.CloseWrite()
	})
}

func (p *filesPage) download(r wire.SFTPRead) (contents []byte, moved wire.SFTPMoved, err error) {
	r.SFTP = p.sftp
	moved, err = move[wire.SFTPMoved](p, "sftpRead", r, func(in *port) {
		in.CloseWrite()
		contents, _ = io.ReadAll(in)
	})
	return contents, moved, err
}

// wantFailure checks an answer's code and reason.
func wantFailure(t *testing.T, err error, want string) *wire.Error {
	t.Helper()
	var e *pageError
	if !errors.As(err, &e) {
		t.Fatalf("returned %v", err)
	}
	if got := e.failure.Code + "/" + e.failure.Reason; got != want {
		t.Errorf("failed with %s: %s", got, e.failure.Message)
	}
	return &e.failure
}

func TestFilesGoThereAndBack(t *testing.T) {
	p := newFilesPage(t)
	want := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	size := int64(len(want))
	path := []byte("/a\xff\n")
	moved, err := p.upload(wire.SFTPWrite{Path: path, Size: &size, Overwrite: true}, want)
	if err != nil || moved.Bytes != size || moved.Size != size {
		t.Fatalf("moved %+v, %v", moved, err)
	}
	have, moved, err := p.download(wire.SFTPRead{Path: path})
	if err != nil || !bytes.Equal(have, want) || moved.Bytes != size {
		t.Errorf("brought %d bytes, %+v, %v", len(have), moved, err)
	}
	length := int64(4)
	have, moved, err = p.download(wire.SFTPRead{Path: path, Offset: 3, Length: &length})
	if err != nil || string(have) != "3456" || moved.Bytes != 4 || moved.Size != 7 {
		t.Errorf("a part is %q, %+v, %v", have, moved, err)
	}
	info, err := askCore[wire.FileInfo](p.fakePage, "sftpStat", wire.SFTPStat{SFTP: p.sftp, Path: path})
	if err != nil || info.Type != "file" || info.Size == nil || *info.Size != size {
		t.Errorf("stat says %+v, %v", info, err)
	}
}

func TestAListingIsHandedOutInPages(t *testing.T) {
	p := newFilesPage(t)
	for _, name := range []string{"/a", "/b\x01", "/c\xff"} {
		if _, err := p.upload(wire.SFTPWrite{Path: []byte(name), Overwrite: true}, nil); err != nil {
			t.Fatal(err)
		}
	}
	dir, err := askCore[wire.SFTPDir](p.fakePage, "sftpOpenDir", wire.SFTPPath{SFTP: p.sftp, Path: []byte("/")})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for {
		page, err := askCore[wire.SFTPPage](p.fakePage, "sftpNext", wire.SFTPNext{Dir: dir.Dir, Max: 2})
		if err != nil {
			t.Fatal(err)
		}
		if page.Lines == "" {
			break
		}
		lines := strings.Split(strings.TrimSuffix(page.Lines, "\n"), "\n")
		if len(lines) > 2 {
			t.Errorf("%d entries at a time", len(lines))
		}
		for _, line := range lines {
			fields := strings.Split(line, "\t")
			if len(fields) != 11 || fields[1] != "file" || fields[2] != "0" || fields[3] == "" {
				t.Errorf("a line is %q", line)
			}
			names = append(names, fields[0]+"|"+fields[10])
		}
	}
	slices.Sort(names)
	if want := []string{"a|", "b\\x01|6201", "c\\xff|63ff"}; !slices.Equal(names, want) {
		t.Errorf("names %q", names)
	}
	if _, err := askCore[wire.None](p.fakePage, "sftpCloseDir", dir); err != nil {
		t.Error(err)
	}
	_, err = askCore[wire.SFTPPage](p.fakePage, "sftpNext", wire.SFTPNext{Dir: dir.Dir, Max: 2})
	wantFailure(t, err, "closed/local")
}

func TestALineTellsOnlyWhatTheServerTold(t *testing.T) {
	for _, c := range []struct {
		name  string
		entry sshcore.Entry
		want  string
	}{
		{"nothing but a name", sshcore.Entry{Name: "a"}, "a\tunknown\t\t\t\t\t\t\t\t\t\n"},
		{"all there is", sshcore.Entry{
			Name: "b\t\xff", Size: 5, Mode: fs.ModeDir | fs.ModeSticky | 0o755, UID: 1, GID: 4294967295, Owner: "u\n", Group: "g",
			Atime: time.Unix(1, 0), Mtime: time.Unix(4294967295, 0),
			Told: sshcore.ToldSize | sshcore.ToldMode | sshcore.ToldOwner | sshcore.ToldTimes,
		}, `b\x09\xff` + "\tdirectory\t5\t1005\t1\t4294967295\t1000\t4294967295000\t" + `u\x0a` + "\tg\t6209ff\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := string(appendLine(nil, &c.entry)); got != c.want {
				t.Errorf("is %q", got)
			}
		})
	}
}

func TestAnUploadFailsWithNothingUnderItsName(t *testing.T) {
	ten := int64(10)
	for _, c := range []struct {
		name   string
		params wire.SFTPWrite
		stream func(*port)
		want   string
	}{
		{"when less comes than was said", wire.SFTPWrite{Size: &ten}, func(out *port) {
			out.Write([]byte("short"))
			out.CloseWrite()
		}, "sftp/changed"},
		{"when more comes than was said", wire.SFTPWrite{Size: &ten}, func(out *port) {
			out.Write(make([]byte, 11))
			out.CloseWrite()
		}, "sftp/changed"},
		{"when the page breaks it off", wire.SFTPWrite{}, func(out *port) {
			out.Write([]byte("some"))
			out.Reset(&wire.Error{Code: "aborted", Message: "broken off"})
		}, "aborted/cancelled"},
		{"when there is nothing to resume", wire.SFTPWrite{Offset: 5}, func(out *port) { out.CloseWrite() }, "sftp/size-mismatch"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newFilesPage(t)
			c.params.SFTP, c.params.Path, c.params.Atomic, c.params.Overwrite = p.sftp, []byte("/target"), true, true
			_, err := move[wire.SFTPMoved](p, "sftpWrite", c.params, c.stream)
			wantFailure(t, err, c.want)
			_, err = askCore[wire.FileInfo](p.fakePage, "sftpStat", wire.SFTPStat{SFTP: p.sftp, Path: []byte("/target")})
			wantFailure(t, err, "sftp/no-such-file")
		})
	}
}

func TestAnUploadGoesOnOnlyWithItsOwnPart(t *testing.T) {
	p := newFilesPage(t)
	contents := bytes.Repeat([]byte("0123456789"), 20_000)
	size := int64(len(contents))
	w := wire.SFTPWrite{Path: []byte("/x"), Atomic: true, Overwrite: true, Size: &size}
	// Broken off at the half.
	broken := w
	broken.SFTP = p.sftp
	_, err := move[wire.SFTPMoved](p, "sftpWrite", broken, func(out *port) {
		out.Write(contents[:size/2])
		out.CloseWrite()
	})
	wantFailure(t, err, "sftp/changed")
	part, err := askCore[wire.FileInfo](p.fakePage, "sftpPart", wire.SFTPPath{SFTP: p.sftp, Path: w.Path})
	if err != nil || part.Size == nil || *part.Size == 0 {
		t.Fatalf("the part is %+v, %v", part, err)
	}
	w.Offset, w.Skip = *part.Size, *part.Size
	_, err = p.upload(w, bytes.Repeat([]byte("9876543210"), 20_000))
	wantFailure(t, err, "sftp/part-differs")
	moved, err := p.upload(w, contents)
	if err != nil || moved.Bytes != size-w.Offset || moved.Size != size {
		t.Errorf("moved %+v, %v", moved, err)
	}
	if have, _, _ := p.download(wire.SFTPRead{Path: []byte("/x")}); !bytes.Equal(have, contents) {
		t.Errorf("it holds %d bytes, and not what was uploaded", len(have))
	}
}

func TestAFileIsReplacedOnlyIfThatIsWanted(t *testing.T) {
	p := newFilesPage(t)
	path := []byte("/there")
	if _, err := p.upload(wire.SFTPWrite{Path: path}, []byte("old")); err != nil {
		t.Fatal(err)
	}
	_, err := p.upload(wire.SFTPWrite{Path: path}, []byte("new"))
	if e := wantFailure(t, err, "sftp/exists"); e.SFTP == nil || e.SFTP.Path != "/there" {
		t.Errorf("the details are %+v", e.SFTP)
	}
	if have, _, _ := p.download(wire.SFTPRead{Path: path}); string(have) != "old" {
		t.Errorf("it holds %q", have)
	}
}

func TestClosingASessionFailsWhatRunsOverIt(t *testing.T) {
	p := newFilesPage(t)
	closed := make(chan error, 1)
	w := wire.SFTPWrite{SFTP: p.sftp, Path: []byte("/x"), Overwrite: true}
	_, err := move[wire.SFTPMoved](p, "sftpWrite", w, func(out *port) {
		out.Write(make([]byte, 100_000))
		_, err := askCore[wire.None](p.fakePage, "sftpClose", wire.SFTPSession{SFTP: p.sftp})
		closed <- err
		out.Write(make([]byte, 4<<20))
		out.CloseWrite()
	})
	wantFailure(t, err, "closed/local")
	if err := <-closed; err != nil {
		t.Error(err)
	}
	_, err = askCore[wire.FileInfo](p.fakePage, "sftpStat", wire.SFTPStat{SFTP: p.sftp, Path: []byte("/x")})
	wantFailure(t, err, "closed/local")
}

func TestAServerWithoutSFTP(t *testing.T) {
	p := newFakePage(t)
	if _, err := p.dial(t, newServer(t), nil); err != nil {
		t.Fatal(err)
	}
	_, err := askCore[wire.SFTP](p, "sftp", wire.None{})
	wantFailure(t, err, "sftp/no-sftp")
}

func TestNamesAreEscapedWhereTheyAreNoText(t *testing.T) {
	for _, c := range []struct{ name, raw, want string }{
		{"plain text stays", "a b", "a b"},
		{"letters of any alphabet stay", "ünï 🎉", "ünï 🎉"},
		{"a replacement character that was sent stays", "\ufffd", "\ufffd"},
		{"a backslash stays", `a\x41`, `a\x41`},
		{"a control character is escaped", "a\x1b[2J\n", `a\x1b[2J\x0a`},
		{"a control character of two bytes is escaped", "\u0085", `\xc2\x85`},
		{"a byte that is no UTF-8 is escaped", "a\xffb", `a\xffb`},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := nameOf(c.raw)
			if n.Name != c.want {
				t.Errorf("shown as %q", n.Name)
			}
			if (n.Raw == nil) != (c.raw == c.want) || n.Raw != nil && string(n.Raw) != c.raw {
				t.Errorf("kept as %q", n.Raw)
			}
		})
	}
}
