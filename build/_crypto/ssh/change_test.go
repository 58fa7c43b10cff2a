package ssh

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strconv"
	"testing"
)

// A script is a server that answers each message with the next of its packets.
type script struct {
	packetConn
	answers [][]byte
	sent    [][]byte
}

func (s *script) writePacket(p []byte) error {
	s.sent = append(s.sent, bytes.Clone(p))
	return nil
}

func (s *script) readPacket() ([]byte, error) {
	if len(s.answers) == 0 {
		return nil, io.EOF
	}
	p := s.answers[0]
	s.answers = s.answers[1:]
	return p, nil
}

func TestPasswordsAreChanged(t *testing.T) {
	yes := []byte{msgUserAuthSuccess}
	no := Marshal(&userAuthFailureMsg{Methods: []string{"password", "publickey"}})
	partly := Marshal(&userAuthFailureMsg{Methods: []string{"publickey"}, PartialSuccess: true})
	banner := Marshal(&userAuthBannerMsg{Message: "mind the gap"})
	want := func(prompt string) []byte { return Marshal(&userAuthPasswdChangeReqMsg{Prompt: prompt}) }
	changed := func(secret string) []byte {
		return Marshal(&passwordChangeMsg{"robey", serviceSSH, "password", true, "old", secret})
	}
	endless := slices.Repeat([][]byte{want("again")}, maxPasswordChanges+2)
	for _, c := range []struct {
		name    string
		answers [][]byte
		refuse  bool // nobody gives a new one
		result  authResult
		fails   bool
		prompts []string
		last    []byte // nil: the first message was the only one
	}{
		{name: "one that is right is sent once", answers: [][]byte{yes}, result: authSuccess},
		{name: "one that is wrong is not changed", answers: [][]byte{no}},
		{name: "an expired one is replaced", answers: [][]byte{want("expired"), yes}, result: authSuccess, prompts: []string{"expired"}, last: changed("new 1")},
		{name: "a new one that is not taken is asked for again", answers: [][]byte{want("expired"), want("too short"), yes}, result: authSuccess, prompts: []string{"expired", "too short"}, last: changed("new 2")},
		{name: "banners may come between", answers: [][]byte{banner, want("expired"), banner, yes}, result: authSuccess, prompts: []string{"expired"}, last: changed("new 1")},
		{name: "a server may want more than the password", answers: [][]byte{want("expired"), partly}, result: authPartialSuccess, prompts: []string{"expired"}, last: changed("new 1")},
		{name: "a server may change nothing", answers: [][]byte{want("expired"), no}, prompts: []string{"expired"}, last: changed("new 1")},
		{name: "nobody gives a new one", answers: [][]byte{want("expired"), yes}, refuse: true, fails: true, prompts: []string{"expired"}},
		{name: "a server that asks for ever is left", answers: endless, fails: true, prompts: slices.Repeat([]string{"again"}, maxPasswordChanges), last: changed("new 16")},
		{name: "a request that is cut short is an error", answers: [][]byte{{msgUserAuthPasswdChangeReq, 0, 0}}, fails: true},
	} {
		t.Run(c.name, func(t *testing.T) {
			conn := &script{answers: c.answers}
			var prompts []string
			auth := PasswordOrChange(
				func() (string, error) { return "old", nil },
				func(prompt string) (string, error) {
					prompts = append(prompts, prompt)
					if c.refuse {
						return "", errors.New("no")
					}
					return "new " + strconv.Itoa(len(prompts)), nil
				})
			result, _, err := auth.auth(nil, "robey", conn, nil, nil)
			if result != c.result || (err != nil) != c.fails {
				t.Errorf("result %v, error %v", result, err)
			}
			if !slices.Equal(prompts, c.prompts) {
				t.Errorf("asked %q, want %q", prompts, c.prompts)
			}
			if c.last == nil && len(conn.sent) != 1 {
				t.Errorf("%d messages were sent", len(conn.sent))
			}
			if c.last != nil && !bytes.Equal(conn.sent[len(conn.sent)-1], c.last) {
				t.Errorf("sent %q, want %q", conn.sent[len(conn.sent)-1], c.last)
			}
		})
	}
}
