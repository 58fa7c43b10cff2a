package sshcore

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Scripts for the paths $1 and $2. Where a program would put something into a
// directory that has the name already, it is kept from it.
const (
	taken     = `if [ -e "$2" ] || [ -L "$2" ]; then echo File exists; exit 1; fi; `
	notInto   = `if [ -d "$2" ]; then echo File exists; exit 1; fi; `
	renameNew = taken + `if [ -d "$1" ] || [ -L "$1" ]; then exec mv "$1" "$2"; fi; ln "$1" "$2" 2>/dev/null && exec rm -f "$1"; ` + taken + `mv "$1" "$2"`
	// rename(2) leaves two names of one file as they are, where mv complains.
	oneFile    = `if [ "$1" -ef "$2" ] && ! [ -L "$1" ] && ! [ -L "$2" ]; then exit; fi; `
	renameOver = oneFile + `if [ -d "$2" ]; then rmdir "$2" || exit; fi; mv -f "$1" "$2"`
	realPath   = `cd "$1" 2>/dev/null && pwd -P && exit; readlink -f "$1"`
	removeOne  = `if [ -d "$1" ] && ! [ -L "$1" ]; then echo Is a directory; exit 1; fi; rm "$1" </dev/null`
)

// step answers a request that names paths.
func (f *shellFiles) step(q *shellRequest) shellAnswer {
	if q.kind == fxpExtended {
		return f.extendedStep(q)
	}
	name := q.string()
	path := shellPath(name)
	switch q.kind {
	case fxpStat:
		return f.stat(f.life, path, "-L ")
	case fxpLstat:
		return f.stat(f.life, path, "")
	case fxpRealpath:
		return f.name(f.run(f.life, realPath, path))
	case fxpReadlink:
		return f.name(f.run(f.life, `readlink "$1"`, path))
	case fxpMkdir:
		return f.do(`mkdir `+modeOption(q)+`"$1"`, path)
	case fxpRmdir:
		return f.do(`rmdir "$1"`, path)
	case fxpRemove:
		return f.do(removeOne, path)
	case fxpSetstat:
		return f.do(setAttrs(q), path)
	case fxpRename:
		return f.rename(renameNew, path, shellPath(q.string()))
	case fxpSymlink: // its first path is what the link says
		return f.do(taken+`ln -s -- "$1" "$2"`, name, shellPath(q.string()))
	case fxpOpendir:
		return f.open(q, path, f.list)
	case fxpOpen:
		return f.openFile(q, path)
	}
	return shellAnswer{err: &shellFailure{StatusUnsupported, "not by a shell"}}
}

func (f *shellFiles) extendedStep(q *shellRequest) shellAnswer {
	name, path := q.string(), shellPath(q.string())
	switch name {
	case extPosixRename:
		return f.rename(renameOver, path, shellPath(q.string()))
	case extHardlink:
		return f.do(notInto+`ln "$1" "$2"`, path, shellPath(q.string()))
	case extStatVFS:
		return f.space(path)
	}
	return shellAnswer{err: &shellFailure{StatusUnsupported, "not by a shell"}}
}

func (f *shellFiles) do(script string, args ...string) shellAnswer {
	_, err := f.run(f.life, script, args...)
	return shellAnswer{err: err}
}

// rename lets open files keep up with their names.
func (f *shellFiles) rename(script, from, to string) shellAnswer {
	a := f.do(script, from, to)
	if a.err == nil {
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, h := range f.handles {
			if h.path == from {
				h.path = to
			}
		}
	}
	return a
}

// name answers with a path that a program has printed, with a line feed behind it.
func (f *shellFiles) name(out []byte, err error) shellAnswer {
	if err != nil {
		return shellAnswer{err: err}
	}
	name := strings.TrimSuffix(string(out), "\n")
	return shellAnswer{kind: fxpName, body: append(putString(putString(putUint32(nil, 1), name), ""), 0, 0, 0, 0)}
}

// statFormat has type and mode, size, owner, group, and the times.
func (f *shellFiles) statFormat() string {
	if f.bsd {
		return `stat -f "%Xp %z %u %g %a %m`
	}
	return `stat -c "%f %s %u %g %X %Y`
}

func (f *shellFiles) stat(ctx context.Context, path, option string) shellAnswer {
	command, format, _ := strings.Cut(f.statFormat(), " ")
	out, err := f.run(ctx, command+" "+option+format+`" "$1"`, path)
	if err != nil {
		return shellAnswer{err: err}
	}
	attrs, ok := appendAttrs(nil, string(bytes.TrimSpace(out)))
	if !ok {
		return shellAnswer{err: &shellFailure{StatusFailure, "stat prints something else"}}
	}
	return shellAnswer{kind: fxpAttrs, body: attrs}
}

// appendAttrs appends the attributes of section 5, from what stat printed.
func appendAttrs(p []byte, line string) ([]byte, bool) {
	parts := strings.Fields(line)
	if len(parts) != 6 {
		return nil, false
	}
	var v [6]uint64
	for i, part := range parts {
		base := 10
		if i == 0 {
			base = 16
		}
		var err error
		if v[i], err = strconv.ParseUint(strings.TrimPrefix(part, "-"), base, 64); err != nil {
			return nil, false
		}
	}
	p = putUint64(putUint32(p, attrSize|attrOwner|attrMode|attrTimes), v[1])
	for _, n := range []uint64{v[2], v[3], v[0], v[4], v[5]} {
		p = putUint32(p, uint32(n))
	}
	return p, true
}

// modeOption is what mkdir takes for the mode in a request's attributes.
func modeOption(q *shellRequest) string {
	if flags := q.uint32(); flags&attrMode != 0 {
		return fmt.Sprintf("-m %04o ", q.uint32()&0o7777)
	}
	return ""
}

// setAttrs is a script that gives $1 the attributes in a request.
func setAttrs(q *shellRequest) string {
	flags, script := q.uint32(), "true"
	if flags&attrSize != 0 {
		script += fmt.Sprintf(` && dd if=/dev/null of="$1" bs=1 count=0 seek=%d`, q.uint64())
	}
	if flags&attrOwner != 0 {
		script += fmt.Sprintf(` && chown %d:%d "$1"`, q.uint32(), q.uint32())
	}
	if flags&attrMode != 0 {
		script += fmt.Sprintf(` && chmod %04o "$1"`, q.uint32()&0o7777)
	}
	if flags&attrTimes != 0 {
		for _, which := range []string{"-a", "-m"} {
			at := time.Unix(int64(q.uint32()), 0).UTC().Format("200601021504.05")
			script += fmt.Sprintf(` && TZ=UTC0 touch %s -t %s "$1"`, which, at)
		}
	}
	return script
}

// space answers as PROTOCOL of OpenSSH, section 4.4, from what df -P prints.
func (f *shellFiles) space(path string) shellAnswer {
	out, err := f.run(f.life, `df -Pk "$1"`, path)
	if err != nil {
		return shellAnswer{err: err}
	}
	parts := strings.Fields(string(out))
	for i := 3; i < len(parts); i++ {
		if !strings.HasSuffix(parts[i], "%") {
			continue
		}
		total, err1 := strconv.ParseUint(parts[i-3], 10, 64)
		available, err2 := strconv.ParseUint(parts[i-1], 10, 64)
		if err1 == nil && err2 == nil {
			var body []byte
			for _, n := range []uint64{1024, 1024, total, available, available, 0, 0, 0, 0, 0, maxName} {
				body = putUint64(body, n)
			}
			return shellAnswer{kind: fxpExtendedReply, body: body}
		}
	}
	return shellAnswer{err: &shellFailure{StatusFailure, "df prints something else"}}
}
