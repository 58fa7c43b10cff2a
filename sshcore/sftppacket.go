package sshcore

import "encoding/binary"

// Packet types of SFTP version 3, draft-ietf-secsh-filexfer-02 section 3.
const (
	fxpInit          = 1
	fxpVersion       = 2
	fxpOpen          = 3
	fxpClose         = 4
	fxpRead          = 5
	fxpWrite         = 6
	fxpLstat         = 7
	fxpFstat         = 8
	fxpSetstat       = 9
	fxpFsetstat      = 10
	fxpOpendir       = 11
	fxpReaddir       = 12
	fxpRemove        = 13
	fxpMkdir         = 14
	fxpRmdir         = 15
	fxpRealpath      = 16
	fxpStat          = 17
	fxpRename        = 18
	fxpReadlink      = 19
	fxpSymlink       = 20
	fxpStatus        = 101
	fxpHandle        = 102
	fxpData          = 103
	fxpName          = 104
	fxpAttrs         = 105
	fxpExtended      = 200
	fxpExtendedReply = 201
)

// Flags of fxpOpen, section 6.3.
const (
	fxfRead   = 0x01
	fxfWrite  = 0x02
	fxfCreate = 0x08
	fxfTrunc  = 0x10
	fxfExcl   = 0x20
)

// packetHead is the space for length, type and id before a packet's fields.
const packetHead = 9

// maxPacket is the longest packet that is taken from a server: what OpenSSH's
// own programs take (SFTP_MAX_MSG_LENGTH), and enough for a READ of 255 KiB.
const maxPacket = 256 << 10

// newPacket begins a request. Its length and id are filled in when it is sent.
func newPacket(kind byte) []byte {
	p := make([]byte, packetHead, 128)
	p[4] = kind
	return p
}

// extended begins a request of an extension, section 8.
func extended(name string) []byte { return putString(newPacket(fxpExtended), name) }

// withStrings is a request that has nothing but strings.
func withStrings(kind byte, fields ...string) []byte {
	p := newPacket(kind)
	for _, s := range fields {
		p = putString(p, s)
	}
	return p
}

func putUint32(p []byte, v uint32) []byte { return binary.BigEndian.AppendUint32(p, v) }
func putUint64(p []byte, v uint64) []byte { return binary.BigEndian.AppendUint64(p, v) }
func putString(p []byte, s string) []byte { return append(putUint32(p, uint32(len(s))), s...) }

// seal fills in length and id.
func seal(p []byte, id uint32) {
	binary.BigEndian.PutUint32(p, uint32(len(p)-4))
	binary.BigEndian.PutUint32(p[5:], id)
}

// fields takes a packet's fields one by one. After a field that is not there,
// all that follow are zero and bad is set, so that it is asked for only once.
type fields struct {
	rest []byte
	bad  bool
}

func (f *fields) take(n uint64) []byte {
	if f.bad || n > uint64(len(f.rest)) {
		f.bad, f.rest = true, nil
		return nil
	}
	p := f.rest[:n]
	f.rest = f.rest[n:]
	return p
}

func (f *fields) uint32() uint32 {
	if p := f.take(4); p != nil {
		return binary.BigEndian.Uint32(p)
	}
	return 0
}

func (f *fields) uint64() uint64 {
	if p := f.take(8); p != nil {
		return binary.BigEndian.Uint64(p)
	}
	return 0
}

func (f *fields) string() string { return string(f.take(uint64(f.uint32()))) }
