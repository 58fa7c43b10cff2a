//go:build race

package netconn

// schedules is less under the race detector: what is simulated has one goroutine.
const schedules = 2000
