package proxy

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/wasmiko/wasmiko/netconn"
	"github.com/wasmiko/wasmiko/proxy/signin"
)

// guarded is a relay that lets in whom its link lets in.
func guarded(t *testing.T, change func(*Config)) *served {
	t.Helper()
	cfg := anywhere()
	cfg.Page = testPage()
	cfg.SignIn = &signin.Config{Link: true}
	if change != nil {
		change(&cfg)
	}
	return serve(t, cfg)
}

// cookie signs in by a new link and returns the Cookie header.
func (s *served) cookie(t *testing.T) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), "POST", s.url+"/sign-in/link", strings.NewReader(`{"token":"`+s.Gate().Link()+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", s.url)
	r.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusNoContent {
		t.Fatalf("status %d", res.StatusCode)
	}
	value, _, _ := strings.Cut(res.Header.Get("Set-Cookie"), ";")
	return value
}

// dialAs asks for addr as our page with this cookie does.
func (s *served) dialAs(t *testing.T, cookie, addr string) (*netconn.Conn, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), testWait)
	defer cancel()
	header := http.Header{"Origin": {s.url}}
	if cookie != "" {
		header.Set("Cookie", cookie)
	}
	c, err := netconn.Dial(ctx, s.relay(), targetOf(t, addr), netconn.Options{Header: header})
	if err == nil {
		t.Cleanup(func() { c.Close() })
		c.SetDeadline(time.Now().Add(testWait))
	}
	return c, err
}

// signOut ends the sign-in of this cookie.
func (s *served) signOut(t *testing.T, cookie string) {
	t.Helper()
	r, _ := http.NewRequestWithContext(t.Context(), "POST", s.url+signin.Out, strings.NewReader("{}"))
	r.Header = http.Header{"Origin": {s.url}, "Cookie": {cookie}, "Content-Type": {"application/json"}}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
}

func echoes(c *netconn.Conn) error {
	if _, err := io.WriteString(c, "still"); err != nil {
		return err
	}
	_, err := io.ReadFull(c, make([]byte, 5))
	return err
}

func TestTheRelayServesWhoHasSignedIn(t *testing.T) {
	s := guarded(t, nil)
	addr := server(t, echo)
	for name, cookie := range map[string]string{"no cookie": "", "a forged one": "wasmiko-1=x.y"} {
		if _, err := s.dialAs(t, cookie, addr); !isCode(err, netconn.CodeSignIn) {
			t.Errorf("%s: %v", name, err)
		}
	}
	mine := s.cookie(t)
	c, err := s.dialAs(t, mine, addr)
	if err != nil || echoes(c) != nil {
		t.Fatalf("signed in: %v", err)
	}
	// Another program has no page and no cookie that counts.
	ctx, cancel := context.WithTimeout(t.Context(), testWait)
	defer cancel()
	_, err = netconn.Dial(ctx, s.relay(), targetOf(t, addr), netconn.Options{Header: http.Header{"Cookie": {mine}}})
	if !isCode(err, netconn.CodeSignIn) {
		t.Errorf("a cookie without an origin: %v", err)
	}
	c.Close()
	s.log.eventually(t, "user=link way=link")
	if strings.Contains(s.log.String(), strings.SplitN(mine, "=", 2)[1]) {
		t.Error("the cookie is in the log")
	}
}

func TestSigningOutEndsWhatWasBegun(t *testing.T) {
	s := guarded(t, nil)
	addr := server(t, echo)
	mine, other := s.cookie(t), s.cookie(t)
	c, err := s.dialAs(t, mine, addr)
	if err != nil {
		t.Fatal(err)
	}
	d, err := s.dialAs(t, other, addr)
	if err != nil {
		t.Fatal(err)
	}
	s.signOut(t, mine)
	if _, err := c.Read(make([]byte, 1)); !isCode(err, netconn.CodeSignIn) {
		t.Errorf("the session ends with %v", err)
	}
	if err := echoes(d); err != nil {
		t.Errorf("a session of another sign-in: %v", err)
	}
	if _, err := s.dialAs(t, mine, addr); !isCode(err, netconn.CodeSignIn) {
		t.Errorf("a new session: %v", err)
	}
}

// A sign-in whose time is over begins nothing, and ends nothing.
func TestAnExpiredSignInEndsNoSession(t *testing.T) {
	s := guarded(t, func(c *Config) {
		c.SignIn.Life, c.Limits = time.Second, Limits{SessionsPerIP: unlimited, SessionsPerUser: unlimited, Sessions: unlimited, UpgradesPerMinute: unlimited}
	})
	addr := server(t, echo)
	mine := s.cookie(t)
	c, err := s.dialAs(t, mine, addr)
	if err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(testWait); ; {
		var again *netconn.Conn
		if again, err = s.dialAs(t, mine, addr); err != nil || time.Now().After(deadline) {
			break
		}
		again.Close()
	}
	if !isCode(err, netconn.CodeSignIn) {
		t.Errorf("a new session: %v", err)
	}
	if err := echoes(c); err != nil {
		t.Errorf("the one that runs: %v", err)
	}
}

func TestOneUsersSessionsAreCounted(t *testing.T) {
	s := guarded(t, func(c *Config) { c.Limits.SessionsPerUser = 1 })
	addr := server(t, echo)
	mine := s.cookie(t)
	if _, err := s.dialAs(t, mine, addr); err != nil {
		t.Fatal(err)
	}
	if _, err := s.dialAs(t, mine, addr); !isCode(err, netconn.CodeLimit) || !strings.Contains(err.Error(), "you have too many") {
		t.Errorf("the second: %v", err)
	}
}

func TestThePageLeadsToTheSignIn(t *testing.T) {
	s := guarded(t, nil)
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	mine := s.cookie(t)
	tests := []struct {
		name, path, cookie string
		status             int
		to                 string
	}{
		{"nobody", "/", "", 303, "./sign-in"},
		{"nobody, by a link", "/?host=db1&user=ann", "", 303, "./sign-in?next=%2F%3Fhost%3Ddb1%26user%3Dann"},
		{"nobody, by the file's name", "/index.html", "", 303, "./sign-in"},
		{"the user", "/", mine, 200, ""},
		{"what every page is made of", "/lib/wasmiko.js", "", 200, ""},
		{"another way to sign in", "/sign-in/password", "", 404, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, _ := http.NewRequestWithContext(t.Context(), "GET", s.url+tt.path, nil)
			if tt.cookie != "" {
				r.Header.Set("Cookie", tt.cookie)
			}
			res, err := client.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != tt.status || res.Header.Get("Location") != tt.to {
				t.Errorf("%d to %q", res.StatusCode, res.Header.Get("Location"))
			}
		})
	}
}

func TestConfigTellsWhoIsThere(t *testing.T) {
	s := guarded(t, nil)
	mine := s.cookie(t)
	for cookie, want := range map[string]signInJSON{"": {}, mine: {User: "link", CanLeave: true}} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", s.url+"/config.json", nil)
		r.Header.Set("Cookie", cookie)
		s.ServeHTTP(w, r)
		var got configJSON
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || got.SignIn == nil {
			t.Fatalf("%v: %s", err, w.Body)
		}
		if got.SignIn.User != want.User || got.SignIn.CanLeave != want.CanLeave || len(got.SignIn.Ways) != 1 || got.SignIn.Ways[0] != "link" {
			t.Errorf("%+v", got.SignIn)
		}
	}
}

// Beside people who sign in, portals may send others with tickets.
func TestATicketStandsForASignIn(t *testing.T) {
	p := newPortal(t)
	s := guarded(t, func(c *Config) { c.Tickets = p.keys })
	addr := server(t, echo)
	to := targetOf(t, addr)
	ticket := p.sign(t, p.private, "", fresh(func(c *Ticket) { c.Host, c.Port = to.Host, to.Port }))
	ctx, cancel := context.WithTimeout(t.Context(), testWait)
	defer cancel()
	c, err := netconn.Dial(ctx, s.relay(), netconn.Target{Host: "ignored", Port: 1, Ticket: ticket}, netconn.Options{})
	if err != nil || echoes(c) != nil {
		t.Fatalf("with a ticket: %v", err)
	}
	c.Close()
	if _, err := s.dialAs(t, "", addr); !isCode(err, netconn.CodeSignIn) {
		t.Errorf("with neither: %v", err)
	}
	if _, err := s.dialAs(t, s.cookie(t), addr); err != nil {
		t.Errorf("signed in: %v", err)
	}
}
