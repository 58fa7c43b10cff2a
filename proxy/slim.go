package proxy

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"net/http"
)

// slimBuffer is for the headers of WebSocket frames and for what is as small.
// What is larger goes past it.
const slimBuffer = 512

// slim is the answer to a request that becomes a WebSocket. The buffers that come
// with a hijacked connection are 4 KiB each way, which an idle session would hold
// for nothing.
type slim struct{ http.ResponseWriter }

func (s slim) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(s.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	// What a client sends without waiting for the answer is there already, and has to
	// be so in the new buffer.
	early, _ := rw.Reader.Peek(rw.Reader.Buffered())
	in := bufio.NewReaderSize(io.MultiReader(bytes.NewReader(early), conn), max(slimBuffer, len(early)))
	in.Peek(len(early))
	return conn, bufio.NewReadWriter(in, bufio.NewWriterSize(conn, slimBuffer)), nil
}
