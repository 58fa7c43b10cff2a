package netconn

import (
	"net"
	"strconv"
)

// Addr is a target as the client named it.
type Addr struct {
	Host string
	Port uint16
}

// Network returns the name of the protocol.
func (Addr) Network() string { return Protocol }

// String returns host:port, and a name for this side's end.
func (a Addr) String() string {
	if a == (Addr{}) {
		return "relay"
	}
	return net.JoinHostPort(a.Host, strconv.Itoa(int(a.Port)))
}
