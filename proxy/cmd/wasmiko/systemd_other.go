//go:build !unix

package main

import "net"

func handedOver() ([]net.Listener, error) { return nil, nil }

func notify(string) {}
