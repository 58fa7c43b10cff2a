package proxy

import (
	"context"
	"net/http"
	"net/netip"
	"testing"

	"github.com/coder/websocket"

	"github.com/wasmiko/wasmiko/netconn"
	"github.com/wasmiko/wasmiko/proxy/signin"
)

// A ticket is used up when its session begins. What brings the session back is its
// secret, and who was signed in.
func TestASessionOfATicketComesBack(t *testing.T) {
	for _, tt := range []struct {
		name, opener, back string
		want               netconn.Code // 0: it goes on
	}{
		{"to a page of nobody's", "", "", 0},
		{"to the page of who has signed in since", "", "ann", 0},
		{"to the user who began it", "ann", "ann", 0},
		{"not to another user", "ann", "eve", netconn.CodeGone},
		{"not to nobody", "ann", "", netconn.CodeGone},
	} {
		t.Run(tt.name, func(t *testing.T) {
			target := netip.MustParseAddrPort(server(t, echo))
			p := newPortal(t)
			cfg := freely()
			cfg.Tickets = p.keys
			cfg.SignIn = &signin.Config{Header: "Remote-User", Proxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}}
			s := serve(t, cfg)
			open := func(ctx context.Context, user string) (*websocket.Conn, netconn.Socket) {
				header := http.Header{"Origin": {s.url}}
				if user != "" {
					header.Set("Remote-User", user)
				}
				ws, _, err := websocket.Dial(ctx, s.relay(), &websocket.DialOptions{HTTPHeader: header, Subprotocols: []string{netconn.Protocol}})
				if err != nil {
					t.Error(err)
					return nil, nil
				}
				return ws, netconn.NewWebSocket(ws)
			}
			ticket := p.sign(t, p.private, "ed", fresh(func(c *Ticket) { c.Host, c.Port = target.Addr().String(), target.Port() }))
			ws, sock := open(t.Context(), tt.opener)
			c, err := netconn.Client(t.Context(), sock, netconn.Target{Ticket: ticket}, netconn.Options{
				Redial: func(ctx context.Context, _ string) (netconn.Socket, error) {
					_, sock := open(ctx, tt.back)
					return sock, nil
				},
			})
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			echoed(t, c, "before")
			ws.CloseNow()
			if tt.want == 0 {
				echoed(t, c, "after")
				return
			}
			if _, err := c.Read(make([]byte, 1)); !isCode(err, tt.want) {
				t.Errorf("the session ends with %v", err)
			}
			s.log.eventually(t, "no such session")
		})
	}
}
