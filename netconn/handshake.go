package netconn

import "encoding/binary"

// hello is the relay's first frame. The nonce is for the proof in RESUME.
type hello struct {
	nonce      [16]byte
	maxMessage uint32 // the largest message that the relay accepts
}

func (h hello) append(b []byte) []byte {
	b = append(b, typeHello, version)
	b = append(b, h.nonce[:]...)
	return binary.BigEndian.AppendUint32(b, h.maxMessage)
}

func parseHello(msg []byte) (h hello, err error) {
	r := reader{rest: msg}
	r.expect(typeHello)
	r.version()
	r.bytes(h.nonce[:])
	h.maxMessage = r.u32()
	if r.end() == nil && h.maxMessage <= dataHeader {
		r.err = protocolError("HELLO allows messages of %d bytes", h.maxMessage)
	}
	return h, r.err
}

// open asks the relay for a target.
type open struct {
	resumable bool
	window    uint32
	target    Target
}

func (o open) append(b []byte) []byte {
	var flags byte
	if o.resumable {
		flags = 1
	}
	b = append(b, typeOpen, version, flags)
	b = binary.BigEndian.AppendUint32(b, o.window)
	b = binary.BigEndian.AppendUint16(b, o.target.Port)
	b = append(append(b, byte(len(o.target.Host))), o.target.Host...)
	b = binary.BigEndian.AppendUint16(b, uint16(len(o.target.Ticket)))
	return append(b, o.target.Ticket...)
}

func parseOpen(msg []byte) (o open, err error) {
	r := reader{rest: msg}
	r.expect(typeOpen)
	r.version()
	o.resumable = r.u8()&1 != 0 // the other flags are for later
	o.window = r.u32()
	o.target.Port = r.u16()
	o.target.Host = r.text(int(r.u8()))
	o.target.Ticket = r.text(int(r.u16()))
	if r.end() == nil && o.window == 0 {
		r.err = protocolError("OPEN with an empty window")
	}
	return o, r.err
}

// opened tells that the relay has connected the target.
type opened struct {
	identity
	window uint32
	hold   uint32 // seconds that the relay keeps a session without transport
	route  string
}

func (o opened) append(b []byte) []byte {
	b = append(b, typeOpened)
	b = append(b, o.sid[:]...)
	b = append(b, o.secret[:]...)
	b = binary.BigEndian.AppendUint32(b, o.window)
	b = binary.BigEndian.AppendUint32(b, o.hold)
	return append(append(b, byte(len(o.route))), o.route...)
}

func parseOpened(msg []byte) (o opened, err error) {
	r := reader{rest: msg}
	r.expect(typeOpened)
	r.bytes(o.sid[:])
	r.bytes(o.secret[:])
	o.window = r.u32()
	o.hold = r.u32()
	o.route = r.text(int(r.u8()))
	if r.end() == nil && o.window == 0 {
		r.err = protocolError("OPENED with an empty window")
	}
	return o, r.err
}

// reader takes a handshake frame apart. The first failure sticks, and what is
// read after it is zero.
type reader struct {
	rest []byte
	err  error
}

func (r *reader) take(n int) []byte {
	if r.err == nil && len(r.rest) < n {
		r.err = protocolError("handshake frame too short")
	}
	if r.err != nil {
		return make([]byte, n)
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) u8() byte          { return r.take(1)[0] }
func (r *reader) u16() uint16       { return binary.BigEndian.Uint16(r.take(2)) }
func (r *reader) u32() uint32       { return binary.BigEndian.Uint32(r.take(4)) }
func (r *reader) u64() uint64       { return binary.BigEndian.Uint64(r.take(8)) }
func (r *reader) bytes(b []byte)    { copy(b, r.take(len(b))) }
func (r *reader) text(n int) string { return string(r.take(n)) }

func (r *reader) expect(kind byte) {
	if got := r.u8(); r.err == nil && got != kind {
		r.err = protocolError("unexpected frame 0x%02x", got)
	}
}

func (r *reader) version() {
	if got := r.u8(); r.err == nil && got != version {
		r.err = protocolError("version %d of %s is not spoken", got, Protocol)
	}
}

func (r *reader) end() error {
	if r.err == nil && len(r.rest) > 0 {
		r.err = protocolError("handshake frame too long")
	}
	return r.err
}
