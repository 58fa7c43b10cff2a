package server

import (
	"regexp"

	"golang.org/x/crypto/ssh"
)

// request obeys one channel request (RFC 4254 section 6) and says whether it
// was granted. It returns a handler if the request starts one.
func (s *Session) request(r *ssh.Request) (start Handler, granted bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch r.Type {
	case "shell", "exec", "subsystem":
		return s.start(r)
	case "pty-req":
		return nil, s.setPTY(r.Payload)
	case "env":
		return nil, !s.started && s.env.add(r.Payload)
	case "window-change":
		return nil, s.resize(r.Payload)
	case "signal":
		return nil, s.signal(r.Payload)
	}
	return nil, false
}

// start obeys the first of shell, exec and subsystem; a channel has only one.
func (s *Session) start(r *ssh.Request) (Handler, bool) {
	if s.started {
		return nil, false
	}
	var what struct{ Text string }
	if r.Type != "shell" {
		if err := ssh.Unmarshal(r.Payload, &what); err != nil {
			return nil, false
		}
	}
	handler := s.conn.server.Handler
	switch r.Type {
	case "exec":
		s.command = what.Text
	case "subsystem":
		s.subsystem = what.Text
		handler = s.conn.server.Subsystems[what.Text]
	}
	s.started = handler != nil
	return handler, s.started
}

func (s *Session) setPTY(payload []byte) bool {
	p, err := parsePTY(payload)
	if err != nil || s.started || s.pty != nil {
		return false
	}
	s.pty = &p
	return true
}

func (s *Session) resize(payload []byte) bool {
	w, err := parseWindow(payload)
	if err != nil || s.pty == nil {
		return false
	}
	s.pty.Window = w
	// This is the only sender, so after the drain there is room.
	select {
	case <-s.resizes:
	default:
	}
	s.resizes <- w
	return true
}

func (s *Session) signal(payload []byte) bool {
	var sig struct{ Name string }
	if err := ssh.Unmarshal(payload, &sig); err != nil || !s.started {
		return false
	}
	select {
	case s.signals <- ssh.Signal(sig.Name):
		return true
	default:
		return false
	}
}

// environment is what a client may set before it starts something.
type environment struct {
	vars  map[string]string
	bytes int
}

const (
	maxEnvVars  = 64
	maxEnvBytes = 32 << 10
)

var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

func (e *environment) add(payload []byte) bool {
	var v struct{ Name, Value string }
	if err := ssh.Unmarshal(payload, &v); err != nil || !envName.MatchString(v.Name) {
		return false
	}
	size := len(v.Name) + len(v.Value)
	if len(e.vars) >= maxEnvVars || e.bytes+size > maxEnvBytes {
		return false
	}
	if e.vars == nil {
		e.vars = make(map[string]string)
	}
	e.vars[v.Name] = v.Value
	e.bytes += size
	return true
}
