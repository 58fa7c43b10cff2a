package ssh

import (
	"errors"
	"io"
)

// msgUserAuthPasswdChangeReq is SSH_MSG_USERAUTH_PASSWD_CHANGEREQ, RFC 4252
// section 8. In other methods the number means other things.
const msgUserAuthPasswdChangeReq = 60

type userAuthPasswdChangeReqMsg struct {
	Prompt   string `sshtype:"60"`
	Language string
}

type passwordChangeMsg struct {
	User    string `sshtype:"50"`
	Service string
	Method  string
	Reply   bool
	Old     string
	New     string
}

// maxPasswordChanges bounds how often a server may refuse a new password.
const maxPasswordChanges = 16

// PasswordOrChange is PasswordCallback for passwords that may have expired: if
// the server wants a new one first, change is asked for that, with the server's
// words, and again for as long as the server does not take it.
func PasswordOrChange(prompt func() (secret string, err error), change func(prompt string) (secret string, err error)) AuthMethod {
	return &changeablePassword{prompt, change}
}

type changeablePassword struct {
	prompt func() (string, error)
	change func(string) (string, error)
}

func (*changeablePassword) method() string { return "password" }

func (a *changeablePassword) auth(session []byte, user string, c packetConn, rand io.Reader, extensions map[string][]byte) (authResult, []string, error) {
	var old string
	replies := &passwordReplies{packetConn: c}
	ok, methods, err := passwordCallback(func() (secret string, err error) {
		old, err = a.prompt()
		return old, err
	}).auth(session, user, replies, rand, extensions)
	for i := 0; replies.request != nil; i++ {
		if i == maxPasswordChanges {
			return authFailure, nil, errors.New("ssh: the server takes no new password")
		}
		secret, failed := a.change(replies.request.Prompt)
		if failed != nil {
			return authFailure, nil, failed
		}
		replies.request = nil
		msg := passwordChangeMsg{User: user, Service: serviceSSH, Method: a.method(), Reply: true, Old: old, New: secret}
		if err := c.writePacket(Marshal(&msg)); err != nil {
			return authFailure, nil, err
		}
		ok, methods, err = handleAuthResponse(replies)
	}
	return ok, methods, err
}

// passwordReplies keeps a request to change the password, which
// handleAuthResponse takes for an error, and answers banners, which that
// expects of the transport itself.
type passwordReplies struct {
	packetConn
	request *userAuthPasswdChangeReqMsg
}

func (r *passwordReplies) readPacket() ([]byte, error) {
	for {
		packet, err := r.packetConn.readPacket()
		if err != nil {
			return nil, err
		}
		switch packet[0] {
		case msgUserAuthBanner:
			if err := handleBannerResponse(r.packetConn, packet); err != nil {
				return nil, err
			}
			continue
		case msgUserAuthPasswdChangeReq:
			var msg userAuthPasswdChangeReqMsg
			if err := Unmarshal(packet, &msg); err != nil {
				return nil, err
			}
			r.request = &msg
		}
		return packet, nil
	}
}
