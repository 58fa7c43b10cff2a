//go:build !race

package sshcore

const rekeyBytes = 256 << 20
