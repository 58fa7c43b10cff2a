package netconn

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
)

// identity is what a session is resumed by. OPENED tells it to the client, once;
// later only the proof of the secret travels.
type identity struct {
	sid    [16]byte
	secret [32]byte
}

// resume asks to go on with a session, and resumed says yes. Both tell how far
// the sender has received, and prove that it knows the secret.
type resume struct {
	sid       [16]byte
	epoch     uint32
	rx, limit uint64
	mac       [16]byte
}

type resumed struct {
	epoch     uint32
	rx, limit uint64
	mac       [16]byte
}

// proof covers the nonce of the transport's HELLO, so that a recorded RESUME is
// of no use, and the side, so that none can be answered with itself.
func (id *identity) proof(side role, nonce [16]byte, epoch uint32, rx, limit uint64) (mac [16]byte) {
	text := "relay.v1 C"
	if side == server {
		text = "relay.v1 S"
	}
	b := append([]byte(text), nonce[:]...)
	b = append(b, id.sid[:]...)
	b = binary.BigEndian.AppendUint32(b, epoch)
	b = binary.BigEndian.AppendUint64(b, rx)
	b = binary.BigEndian.AppendUint64(b, limit)
	h := hmac.New(sha256.New, id.secret[:])
	h.Write(b)
	copy(mac[:], h.Sum(nil))
	return mac
}

// genuine reports whether a proof is right.
func (id *identity) genuine(mac [16]byte, side role, nonce [16]byte, epoch uint32, rx, limit uint64) bool {
	want := id.proof(side, nonce, epoch, rx, limit)
	return hmac.Equal(mac[:], want[:])
}

func (r resume) append(b []byte) []byte {
	b = append(append(b, typeResume), r.sid[:]...)
	return appendPoint(b, r.epoch, r.rx, r.limit, r.mac)
}

func (r resumed) append(b []byte) []byte {
	return appendPoint(append(b, typeResumed), r.epoch, r.rx, r.limit, r.mac)
}

func appendPoint(b []byte, epoch uint32, rx, limit uint64, mac [16]byte) []byte {
	b = binary.BigEndian.AppendUint32(b, epoch)
	b = binary.BigEndian.AppendUint64(b, rx)
	b = binary.BigEndian.AppendUint64(b, limit)
	return append(b, mac[:]...)
}

func parseResume(msg []byte) (f resume, err error) {
	r := reader{rest: msg}
	r.expect(typeResume)
	r.bytes(f.sid[:])
	f.epoch, f.rx, f.limit = r.u32(), r.u64(), r.u64()
	r.bytes(f.mac[:])
	return f, r.end()
}

func parseResumed(msg []byte) (f resumed, err error) {
	r := reader{rest: msg}
	r.expect(typeResumed)
	f.epoch, f.rx, f.limit = r.u32(), r.u64(), r.u64()
	r.bytes(f.mac[:])
	return f, r.end()
}
