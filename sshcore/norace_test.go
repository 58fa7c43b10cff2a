//go:build !race

package sshcore

const rekeyBytes = 256 << 20

// faultStep is from one byte that goes wrong to the next.
const faultStep = 1
