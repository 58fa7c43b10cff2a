//go:build !race

package netconn

const schedules = 50_000
