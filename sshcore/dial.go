//go:build !js

package sshcore

import "net"

// defaultDial stands in for a Config.Dial that is nil.
func defaultDial() DialFunc { return new(net.Dialer).DialContext }
