package netconn

import (
	"encoding/binary"
	"unicode/utf8"
)

// Protocol is the WebSocket subprotocol that both sides name.
const Protocol = "relay.v1"

const version = 1

// Frame types. One binary message holds one frame; its first byte is the type;
// numbers are big-endian. Types from 0x80 upward are for later: ignored.
const (
	typeHello   = 0x01 // S>C ver u8, nonce[16], maxmsg u32
	typeOpen    = 0x02 // C>S ver u8, flags u8, wnd u32, port u16, hostlen u8, host, ticketlen u16, ticket
	typeOpened  = 0x03 // S>C sid[16], secret[32], wnd u32, hold_s u32, routelen u8, route
	typeResume  = 0x04 // C>S sid[16], epoch u32, rx u64, limit u64, mac[16]
	typeResumed = 0x05 // S>C epoch u32, rx u64, limit u64, mac[16]
	typeData    = 0x10 // off u64, payload
	typeAck     = 0x11 // rx u64, limit u64
	typeFin     = 0x12 // off u64
	typePing    = 0x13 // opaque u64
	typePong    = 0x14 // opaque u64
	typeGoAway  = 0x15 // S>C after_ms u32
	typeError   = 0x16 // code u16, utf-8 text
	typeIgnored = 0x80
	typeBlocked = 0x81 // limit u64: there is more to send than that
)

const (
	dataHeader   = 9   // bytes of a DATA frame before its payload
	maxErrorText = 200 // bytes of text in an ERROR frame
	// frameSlack is what a message limit leaves for headers above the payload.
	frameSlack = 64
)

// role is the side that a Conn is on; some frames go one way only.
type role bool

const (
	client role = false
	server role = true // the relay
)

// frame is a decoded frame of an open connection. Which fields count depends on
// the type, as the table above says.
type frame struct {
	kind    byte
	off     uint64 // DATA, FIN, BLOCKED: offset; ACK: rx; PING, PONG: opaque
	limit   uint64 // ACK
	payload []byte // DATA: aliases the message
	message []byte // DATA
	code    Code   // ERROR
	text    string // ERROR
	after   uint32 // GOAWAY, in milliseconds
}

// decode reads a message that arrived at side r after the handshake. Types to
// be ignored come back as typeIgnored.
func decode(r role, msg []byte) (frame, error) {
	if len(msg) == 0 {
		return frame{}, protocolError("empty message")
	}
	f := frame{kind: msg[0]}
	body := msg[1:]
	switch f.kind {
	case typeData:
		if len(body) < 9 {
			return frame{}, badLength(msg)
		}
		f.off, f.payload, f.message = binary.BigEndian.Uint64(body), body[8:], msg
	case typeAck:
		if len(body) != 16 {
			return frame{}, badLength(msg)
		}
		f.off, f.limit = binary.BigEndian.Uint64(body), binary.BigEndian.Uint64(body[8:])
	case typeFin, typePing, typePong, typeBlocked:
		if len(body) != 8 {
			return frame{}, badLength(msg)
		}
		f.off = binary.BigEndian.Uint64(body)
	case typeGoAway:
		if r == server {
			return frame{}, misplaced(msg)
		}
		if len(body) != 4 {
			return frame{}, badLength(msg)
		}
		f.after = binary.BigEndian.Uint32(body)
	case typeError:
		return decodeError(msg)
	default:
		if f.kind < typeIgnored {
			return frame{}, misplaced(msg)
		}
		f.kind = typeIgnored
	}
	return f, nil
}

func decodeError(msg []byte) (frame, error) {
	if len(msg) < 3 || len(msg) > 3+maxErrorText {
		return frame{}, badLength(msg)
	}
	f := frame{kind: typeError, code: Code(binary.BigEndian.Uint16(msg[1:])), text: string(msg[3:])}
	// Codes below 1000 are this side's own, and CodeNormal is no error.
	if f.code <= CodeNormal {
		return frame{}, protocolError("ERROR with code %d", uint16(f.code))
	}
	if !utf8.ValidString(f.text) {
		return frame{}, protocolError("ERROR text is not UTF-8")
	}
	return f, nil
}

func badLength(msg []byte) error {
	return protocolError("frame 0x%02x with %d bytes", msg[0], len(msg))
}

// misplaced covers types that are unknown, and known ones that have no place in
// this direction or after the handshake, RESUME among them.
func misplaced(msg []byte) error {
	return protocolError("unexpected frame 0x%02x", msg[0])
}

// putData writes the header of a DATA frame into the first bytes of b, whose
// payload is in place behind it.
func putData(b []byte, off uint64) {
	b[0] = typeData
	binary.BigEndian.PutUint64(b[1:], off)
}

func appendAck(b []byte, rx, limit uint64) []byte {
	b = append(b, typeAck)
	b = binary.BigEndian.AppendUint64(b, rx)
	return binary.BigEndian.AppendUint64(b, limit)
}

// appendNumber encodes FIN, PING and PONG.
func appendNumber(b []byte, kind byte, n uint64) []byte {
	return binary.BigEndian.AppendUint64(append(b, kind), n)
}

func appendGoAway(b []byte, afterMillis uint32) []byte {
	return binary.BigEndian.AppendUint32(append(b, typeGoAway), afterMillis)
}

// appendError encodes an ERROR. This side's own codes mean nothing elsewhere.
func appendError(b []byte, code Code, text string) []byte {
	if code <= CodeNormal {
		code = CodeInternal
	}
	b = binary.BigEndian.AppendUint16(append(b, typeError), uint16(code))
	return append(b, clip(text, maxErrorText)...)
}
