package sshcore

import (
	"context"

	"golang.org/x/crypto/ssh"
)

// serveChannels decides about the channels that the server opens: those that
// belong to a Listener, or to an agent that was lent, are wanted.
func (c *Client) serveChannels(chans <-chan ssh.NewChannel) {
	for ch := range chans {
		switch ch.ChannelType() {
		case agentChannel:
			c.serveAgent(ch)
		case "forwarded-tcpip", "forwarded-streamlocal@openssh.com":
			c.listeners.deliver(ch)
		default:
			ch.Reject(ssh.UnknownChannelType, "not asked for")
		}
	}
}

// serveRequests answers the server's global requests, of which one is of use.
func (c *Client) serveRequests(reqs <-chan *ssh.Request, known []KnownKey) {
	told := false
	for req := range reqs {
		if req.Type == "hostkeys-00@openssh.com" && c.cfg.OnHostKeys != nil && !told {
			told = true
			go c.updateHostKeys(req.Payload, known)
		}
		if req.WantReply {
			req.Reply(false, nil)
		}
	}
}

// answer is what the server says to a request.
type answer struct {
	ok      bool
	payload []byte
	err     error
}

// ask makes a global request, RFC 4254 section 4. If ctx ends first, late is
// given the answer when it comes.
func (c *Client) ask(ctx context.Context, name string, payload []byte, late func(answer)) answer {
	come := make(chan answer, 1)
	go func() {
		ok, payload, err := c.conn.SendRequest(name, true, payload)
		come <- answer{ok, payload, err}
	}()
	select {
	case a := <-come:
		if a.err != nil {
			a.err = c.closedError()
		}
		return a
	case <-ctx.Done():
		go func() { late(<-come) }()
		return answer{err: context.Cause(ctx)}
	}
}
