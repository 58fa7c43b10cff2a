package sshcore

import (
	"context"
	"encoding/binary"
	"io"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// Agent answers the method "publickey" with the keys of an agent, as it holds
// them when the server wants one.
func Agent(a agent.ExtendedAgent) Auth {
	return PublicKeysFunc(func(context.Context, Ask) ([]ssh.Signer, error) { return a.Signers() })
}

// LentAgent is what a server may do with an agent that is forwarded: see its
// keys, and have something signed. It cannot change what the agent holds.
// Every agent.ExtendedAgent is one.
type LentAgent interface {
	List() ([]*agent.Key, error)
	SignWithFlags(key ssh.PublicKey, data []byte, flags agent.SignatureFlags) (*ssh.Signature, error)
}

// agentChannel is the channel by which a server reaches a forwarded agent,
// PROTOCOL.agent.
const agentChannel = "auth-agent@openssh.com"

// Bounds of what a server may have of a forwarded agent: channels at once, and
// a message of OpenSSH's size on each.
const (
	maxAgentChannels = 8
	maxAgentMessage  = 256 << 10
)

// lend lets the server reach an agent from now on. Of several, the last one
// counts: the server's channels do not say which session they come from.
func (c *Client) lend(a LentAgent) { c.lent.Store(&a) }

// serveAgent answers one channel of a forwarded agent. Without one it is
// refused, as everything that we did not ask for.
func (c *Client) serveAgent(newCh ssh.NewChannel) {
	lent := c.lent.Load()
	if lent == nil {
		newCh.Reject(ssh.UnknownChannelType, "not asked for")
		return
	}
	if c.agentChannels.Add(1) > maxAgentChannels {
		c.agentChannels.Add(-1)
		newCh.Reject(ssh.ResourceShortage, "too many at once")
		return
	}
	go func() {
		defer c.agentChannels.Add(-1)
		ch, reqs, err := newCh.Accept()
		if err != nil {
			return
		}
		defer ch.Close()
		go ssh.DiscardRequests(reqs)
		go io.Copy(io.Discard, ch.Stderr())
		for answerAgent(*lent, ch) == nil {
		}
	}()
}

// Numbers of draft-ietf-sshm-ssh-agent, section 6.1.
const (
	agentFailure    = 5
	agentListKeys   = 11
	agentKeys       = 12
	agentSign       = 13
	agentSignatures = 14
)

// answerAgent answers one message. Whatever is no request to list or to sign
// fails, as the protocol has it for everything unknown.
func answerAgent(a LentAgent, rw io.ReadWriter) error {
	var head [4]byte
	if _, err := io.ReadFull(rw, head[:]); err != nil {
		return err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n == 0 || n > maxAgentMessage {
		return io.ErrUnexpectedEOF
	}
	message := make([]byte, n)
	if _, err := io.ReadFull(rw, message); err != nil {
		return err
	}
	answer := []byte{agentFailure}
	switch message[0] {
	case agentListKeys:
		answer = listKeys(a, answer)
	case agentSign:
		answer = signFor(a, message[1:], answer)
	}
	_, err := rw.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(answer))), answer...))
	return err
}

func listKeys(a LentAgent, failure []byte) []byte {
	keys, err := a.List()
	if err != nil {
		return failure
	}
	answer := binary.BigEndian.AppendUint32([]byte{agentKeys}, uint32(len(keys)))
	for _, k := range keys {
		answer = append(answer, ssh.Marshal(struct {
			Blob    []byte
			Comment string
		}{k.Blob, k.Comment})...)
	}
	return answer
}

func signFor(a LentAgent, request, failure []byte) []byte {
	var r struct {
		Key, Data []byte
		Flags     uint32
	}
	if ssh.Unmarshal(request, &r) != nil {
		return failure
	}
	key, err := ssh.ParsePublicKey(r.Key)
	if err != nil {
		return failure
	}
	signature, err := a.SignWithFlags(key, r.Data, agent.SignatureFlags(r.Flags))
	if err != nil {
		return failure
	}
	return append([]byte{agentSignatures}, ssh.Marshal(struct{ Signature []byte }{ssh.Marshal(signature)})...)
}
