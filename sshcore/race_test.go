//go:build race

package sshcore

// rekeyBytes is less under the race detector, which makes ciphers slow.
const rekeyBytes = 8 << 20
