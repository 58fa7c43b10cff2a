//go:build race

package sshcore

// rekeyBytes is less under the race detector, which makes ciphers slow.
const rekeyBytes = 8 << 20

// faultStep is wide under it, for the same reason.
const faultStep = 29
