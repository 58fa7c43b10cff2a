// Package web holds the built page: what `go run ./build` leaves in web/dist.
//
// A checkout that was never built embeds an empty folder; package proxy then
// answers with a page that says how to build.
package web

import "embed"

// Dist is the folder dist, as built. Beside a file name there may stand
// name.br and name.gz, the same bytes compressed.
//
//go:embed all:dist
var Dist embed.FS
