package netconn

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestFramesAreLaidOutAsTheTableSays(t *testing.T) {
	seq := func(n int) (b []byte) {
		for i := range n {
			b = append(b, byte(i+1))
		}
		return b
	}
	var h hello
	h.maxMessage = 0x01020304
	copy(h.nonce[:], seq(16))
	var o opened
	copy(o.sid[:], seq(16))
	copy(o.secret[:], seq(32))
	o.window, o.hold, o.route = 0x05060708, 9, "eu-1"
	data := append(make([]byte, dataHeader), "xyz"...)
	putData(data, 0x0102030405060708)

	for _, c := range []struct {
		name      string
		got, want string
	}{
		{"HELLO has version, nonce and limit", string(h.append(nil)),
			"\x01\x01" + string(seq(16)) + "\x01\x02\x03\x04"},
		{"OPEN has flags, window, port, host and ticket",
			string(open{window: 1 << 20, target: Target{"h.example", 2222, "tick"}}.append(nil)),
			"\x02\x01\x00\x00\x10\x00\x00\x08\xae\x09h.example\x00\x04tick"},
		{"OPEN can ask for resuming", string(open{resumable: true, window: 1}.append(nil)),
			"\x02\x01\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00"},
		{"OPENED has sid, secret, window, hold and route", string(o.append(nil)),
			"\x03" + string(seq(16)) + string(seq(32)) + "\x05\x06\x07\x08\x00\x00\x00\x09\x04eu-1"},
		{"DATA has its offset in front", string(data), "\x10\x01\x02\x03\x04\x05\x06\x07\x08xyz"},
		{"ACK has rx and limit", string(appendAck(nil, 1, 2)), "\x11\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x02"},
		{"FIN has its offset", string(appendNumber(nil, typeFin, 7)), "\x12\x00\x00\x00\x00\x00\x00\x00\x07"},
		{"BLOCKED has its limit", string(appendNumber(nil, typeBlocked, 7)), "\x81\x00\x00\x00\x00\x00\x00\x00\x07"},
		{"GOAWAY has milliseconds", string(appendGoAway(nil, 1500)), "\x15\x00\x00\x05\xdc"},
		{"ERROR hides a code of our own side", string(appendError(nil, CodeLost, "")), "\x16\x03\xf3"},
		{"ERROR has code and text", string(appendError(nil, CodeRefused, "no")), "\x16\x0f\xcano"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.got != c.want {
				t.Errorf("got %x, want %x", c.got, c.want)
			}
		})
	}
}

func TestErrorTextIsCutBetweenCharacters(t *testing.T) {
	msg := appendError(nil, CodeInternal, strings.Repeat("ä", 101)+"\xff")
	f, err := decode(client, msg)
	if err != nil || f.text != strings.Repeat("ä", 100) {
		t.Errorf("got %q, %v", f.text, err)
	}
	msg = appendError(nil, CodeInternal, "x"+strings.Repeat("ä", 100))
	if f, err = decode(client, msg); err != nil || len(f.text) != 199 {
		t.Errorf("got %d bytes, %v", len(f.text), err)
	}
}

func TestDecodeRefuses(t *testing.T) {
	ack := appendAck(nil, 1, 2)
	for _, c := range []struct {
		name string
		side role
		msg  []byte
	}{
		{"an empty message", client, nil},
		{"DATA without a byte of payload", client, zeros(typeData, 8)},
		{"a short ACK", client, ack[:16]},
		{"a long ACK", client, append(ack, 0)},
		{"a short FIN", server, zeros(typeFin, 7)},
		{"a long PING", server, zeros(typePing, 9)},
		{"a short PONG", server, zeros(typePong, 0)},
		{"GOAWAY from a client", server, appendGoAway(nil, 1)},
		{"a short GOAWAY", client, zeros(typeGoAway, 3)},
		{"ERROR without a whole code", client, zeros(typeError, 1)},
		{"ERROR with a code of our own side", client, []byte{typeError, 0, byte(CodeLost)}},
		{"ERROR that says all is well", client, []byte{typeError, 0x03, 0xe8}},
		{"ERROR with too much text", client, zeros(typeError, 203)},
		{"ERROR with text that is not UTF-8", client, []byte("\x16\x11\x30\xff")},
		{"type zero", client, zeros(0, 8)},
		{"an unknown type below 0x80", client, zeros(0x7f, 8)},
		{"a second HELLO", client, hello{}.append(nil)},
		{"a second OPEN", server, open{}.append(nil)},
		{"RESUME", server, zeros(typeResume, 52)},
		{"RESUMED", client, zeros(typeResumed, 36)},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := decode(c.side, c.msg)
			wantCode(t, err, CodeProtocol)
		})
	}
	for _, kind := range []byte{0x80, 0xff} {
		if f, err := decode(client, []byte{kind, 1, 2, 3}); err != nil || f.kind != typeIgnored {
			t.Errorf("type 0x%02x: got %v, %v; want it ignored", kind, f, err)
		}
	}
}

func TestHandshakeParsersRefuse(t *testing.T) {
	helloOf := func(msg []byte) error { _, err := parseHello(msg); return err }
	openOf := func(msg []byte) error { _, err := parseOpen(msg); return err }
	openedOf := func(msg []byte) error { _, err := parseOpened(msg); return err }
	goodHello := hello{maxMessage: maxMessage}.append(nil)
	goodOpen := open{window: 1, target: Target{"h", 22, "t"}}.append(nil)
	goodOpened := opened{window: 1, route: "r"}.append(nil)
	other := func(msg []byte) []byte { b := bytes.Clone(msg); b[1]++; return b }
	for _, c := range []struct {
		name  string
		parse func([]byte) error
		msg   []byte
	}{
		{"HELLO cut short", helloOf, goodHello[:21]},
		{"HELLO with a tail", helloOf, append(bytes.Clone(goodHello), 0)},
		{"HELLO of another version", helloOf, other(goodHello)},
		{"HELLO that leaves no room for a byte", helloOf, hello{maxMessage: dataHeader}.append(nil)},
		{"another frame for HELLO", helloOf, goodOpen},
		{"OPEN cut in the host", openOf, goodOpen[:10]},
		{"OPEN cut in the ticket", openOf, goodOpen[:len(goodOpen)-1]},
		{"OPEN with a tail", openOf, append(bytes.Clone(goodOpen), 0)},
		{"OPEN of another version", openOf, other(goodOpen)},
		{"OPEN that accepts no byte", openOf, open{}.append(nil)},
		{"RESUME for OPEN", openOf, zeros(typeResume, 52)},
		{"OPENED cut in the route", openedOf, goodOpened[:len(goodOpened)-1]},
		{"OPENED with a tail", openedOf, append(bytes.Clone(goodOpened), 0)},
		{"OPENED that accepts no byte", openedOf, opened{}.append(nil)},
	} {
		t.Run(c.name, func(t *testing.T) { wantCode(t, c.parse(c.msg), CodeProtocol) })
	}
}

func zeros(kind byte, n int) []byte { return append([]byte{kind}, make([]byte, n)...) }

func wantCode(t testing.TB, err error, code Code) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) || e.Code != code {
		t.Fatalf("got error %v, want one with code %d (%s)", err, uint16(code), code)
	}
	return e
}

// encode is decode's inverse, for the fuzz target.
func encode(f frame) []byte {
	switch f.kind {
	case typeData:
		b := append(make([]byte, dataHeader), f.payload...)
		putData(b, f.off)
		return b
	case typeAck:
		return appendAck(nil, f.off, f.limit)
	case typeGoAway:
		return appendGoAway(nil, f.after)
	case typeError:
		return appendError(nil, f.code, f.text)
	}
	return appendNumber(nil, f.kind, f.off)
}

func FuzzDecode(f *testing.F) {
	f.Add(false, appendAck(nil, 1, 2))
	f.Add(true, append(appendNumber(nil, typeData, 3), 'x'))
	f.Add(false, appendError(nil, CodeReset, "gone"))
	f.Add(false, appendGoAway(nil, 1))
	f.Fuzz(func(t *testing.T, relay bool, msg []byte) {
		got, err := decode(role(relay), msg)
		if err != nil {
			wantCode(t, err, CodeProtocol)
			return
		}
		if got.kind != typeIgnored && !bytes.Equal(encode(got), msg) {
			t.Errorf("%x decodes to %+v, which encodes to %x", msg, got, encode(got))
		}
	})
}

func FuzzHandshake(f *testing.F) {
	f.Add(hello{maxMessage: maxMessage}.append(nil))
	f.Add(open{window: 1, target: Target{"h", 22, "t"}}.append(nil))
	f.Add(opened{window: 1, route: "r"}.append(nil))
	f.Fuzz(func(t *testing.T, msg []byte) {
		if h, err := parseHello(msg); err == nil && !bytes.Equal(h.append(nil), msg) {
			t.Errorf("HELLO %x comes back as %x", msg, h.append(nil))
		}
		if o, err := parseOpen(msg); err == nil {
			msg := bytes.Clone(msg)
			msg[2] &= 1 // the flags that we do not know
			if !bytes.Equal(o.append(nil), msg) {
				t.Errorf("OPEN %x comes back as %x", msg, o.append(nil))
			}
		}
		if o, err := parseOpened(msg); err == nil && !bytes.Equal(o.append(nil), msg) {
			t.Errorf("OPENED %x comes back as %x", msg, o.append(nil))
		}
	})
}
