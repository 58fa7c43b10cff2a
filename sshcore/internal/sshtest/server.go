package sshtest

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"

	"golang.org/x/crypto/ssh"
)

// Server is an SSH server in memory, of x/crypto and nothing of ours.
type Server struct {
	Config *ssh.ServerConfig
	// Run handles a session, once its command is known; nil closes it.
	Run func(*Session)
	// Direct handles a direct-tcpip channel; nil refuses it.
	Direct func(addr string, ch ssh.Channel)
	// OnConn is called with each connection after login.
	OnConn func(*ssh.ServerConn)
	// OnOpen is called with each channel before anything else is done with it.
	OnOpen func(ssh.NewChannel)
	// Global answers global requests; nil refuses them.
	Global func(*ssh.Request)
	// Refuse names a session request that is refused.
	Refuse string
	// Mute leaves global requests without an answer.
	Mute bool
	// BeforeAccept is called before a session is accepted, and OnAccept
	// after, instead of anything else.
	BeforeAccept func()
	OnAccept     func(ssh.Channel)

	mu    sync.Mutex
	conns []net.Conn
	wg    sync.WaitGroup
}

// Session is a session channel on the server's side. It is also the channel.
type Session struct {
	ssh.Channel
	Kind     string // "shell", "exec" or "subsystem"
	Line     string // of exec and subsystem
	Env      map[string]string
	PTY      []byte              // payload of pty-req
	Requests <-chan *ssh.Request // what came after the command
}

// New returns a server with a fresh Ed25519 key that lets everybody in.
func New(t testing.TB) *Server {
	s := &Server{Config: &ssh.ServerConfig{NoClientAuth: true, MaxAuthTries: 6}}
	s.Config.AddHostKey(Key(t, ssh.KeyAlgoED25519))
	t.Cleanup(s.Close)
	return s
}

// Hangup ends all connections without a word.
func (s *Server) Hangup() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.conns {
		c.Close()
	}
}

// Close hangs up and waits for the handlers.
func (s *Server) Close() {
	s.Hangup()
	s.wg.Wait()
}

// Dial connects to the server. It fits sshcore's Config.Dial.
func (s *Server) Dial(context.Context, string, string) (net.Conn, error) {
	client, server := Pipe()
	s.Serve(server)
	return client, nil
}

// Serve serves one connection in the background.
func (s *Server) Serve(conn net.Conn) {
	s.mu.Lock()
	s.conns = append(s.conns, conn)
	s.mu.Unlock()
	s.wg.Go(func() {
		defer conn.Close()
		sc, chans, reqs, err := ssh.NewServerConn(conn, s.Config)
		if err != nil {
			return
		}
		if s.OnConn != nil {
			s.wg.Go(func() { s.OnConn(sc) })
		}
		s.wg.Go(func() { s.answer(reqs) })
		for ch := range chans {
			s.wg.Go(func() { s.channel(ch) })
		}
	})
}

func (s *Server) answer(reqs <-chan *ssh.Request) {
	for req := range reqs {
		switch {
		case s.Mute:
		case s.Global != nil:
			s.Global(req)
		default:
			req.Reply(false, nil)
		}
	}
}

func (s *Server) channel(ch ssh.NewChannel) {
	if s.OnOpen != nil {
		s.OnOpen(ch)
	}
	switch {
	case ch.ChannelType() == "session" && s.Run != nil:
		s.session(ch)
	case ch.ChannelType() == "direct-tcpip" && s.Direct != nil:
		s.direct(ch)
	default:
		ch.Reject(ssh.Prohibited, "not here")
	}
}

func (s *Server) session(newCh ssh.NewChannel) {
	if s.BeforeAccept != nil {
		s.BeforeAccept()
	}
	ch, reqs, err := newCh.Accept()
	if err != nil {
		return
	}
	if s.OnAccept != nil {
		s.wg.Go(func() { ssh.DiscardRequests(reqs) })
		s.OnAccept(ch)
		return
	}
	sess := &Session{Channel: ch, Env: map[string]string{}, Requests: reqs}
	for req := range reqs {
		if req.Type == s.Refuse {
			req.Reply(false, nil)
			continue
		}
		switch req.Type {
		case "env":
			var p struct{ Name, Value string }
			ssh.Unmarshal(req.Payload, &p)
			sess.Env[p.Name] = p.Value
		case "pty-req":
			sess.PTY = req.Payload
		case "shell", "exec", "subsystem":
			sess.Kind = req.Type
			if len(req.Payload) > 4 {
				sess.Line = string(req.Payload[4:])
			}
			req.Reply(true, nil)
			s.Run(sess)
			ch.Close()
			ssh.DiscardRequests(reqs)
			return
		}
		req.Reply(true, nil)
	}
}

func (s *Server) direct(newCh ssh.NewChannel) {
	var p struct {
		Host       string
		Port       uint32
		Origin     string
		OriginPort uint32
	}
	ssh.Unmarshal(newCh.ExtraData(), &p)
	ch, reqs, err := newCh.Accept()
	if err != nil {
		return
	}
	s.wg.Go(func() { ssh.DiscardRequests(reqs) })
	s.Direct(p.Host, ch)
}

// Exit sends exit-status.
func (s *Session) Exit(status uint32) {
	s.SendRequest("exit-status", false, binary.BigEndian.AppendUint32(nil, status))
}

// ExitSignal sends exit-signal.
func (s *Session) ExitSignal(name, msg string) {
	s.SendRequest("exit-signal", false, ssh.Marshal(struct {
		Signal    string
		Core      bool
		Msg, Lang string
	}{name, false, msg, ""}))
}

// Join couples two streams, such as a channel and a connection to another
// server, until either ends.
func Join(a, b io.ReadWriteCloser) {
	done := make(chan struct{}, 2)
	pump := func(dst, src io.ReadWriteCloser) {
		io.Copy(dst, src)
		dst.Close()
		done <- struct{}{}
	}
	go pump(a, b)
	go pump(b, a)
	<-done
	<-done
}
