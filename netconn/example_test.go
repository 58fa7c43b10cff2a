//go:build !js

package netconn_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/coder/websocket"

	"github.com/wasmiko/wasmiko/netconn"
)

// A relay that knows one target, which shouts.
func relay(w http.ResponseWriter, r *http.Request) {
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: []string{netconn.Protocol}})
	if err != nil {
		return
	}
	ask, err := netconn.Accept(r.Context(), netconn.NewWebSocket(ws), netconn.AcceptOptions{})
	if err != nil {
		return
	}
	if ask.Host != "shout.example" {
		ask.Refuse(netconn.CodeNoSuchHost, ask.Host)
		return
	}
	conn, err := ask.Open("")
	if err != nil {
		return
	}
	defer conn.Close()
	said, _ := io.ReadAll(conn)
	fmt.Fprintf(conn, "%s!", said)
}

func Example() {
	srv := httptest.NewServer(http.HandlerFunc(relay))
	defer srv.Close()
	ctx := context.Background()

	_, err := netconn.Dial(ctx, srv.URL, netconn.Target{Host: "nowhere.example", Port: 22}, netconn.Options{})
	if e := (*netconn.Error)(nil); errors.As(err, &e) {
		fmt.Println(e.Code)
	}

	conn, err := netconn.Dial(ctx, srv.URL, netconn.Target{Host: "shout.example", Port: 22}, netconn.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	io.WriteString(conn, "hello")
	conn.CloseWrite()
	answer, err := io.ReadAll(conn)
	fmt.Println(string(answer), err)

	// Output:
	// no such host
	// hello! <nil>
}
