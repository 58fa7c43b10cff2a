package sshcore

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkKnownHosts looks a name up in files of growing length: what a line
// costs must not grow with them, whatever kind of line it is.
func BenchmarkKnownHosts(b *testing.B) {
	key := keyFields(fixedKey(1))
	for _, kind := range []struct {
		name string
		line func(i int) string
	}{
		{"names", func(i int) string { return fmt.Sprintf("host%d.example,10.0.%d.%d", i, i/256%256, i%256) }},
		{"hashes", func(i int) string { return hashedName(fmt.Sprintf("host%d.example", i)) }},
		{"patterns", func(i int) string { return fmt.Sprintf("*a*a*a*a*a*a*%d*b", i) }},
	} {
		for _, lines := range []int{1_000, 10_000, 100_000} {
			b.Run(fmt.Sprintf("%s/%d", kind.name, lines), func(b *testing.B) {
				var text strings.Builder
				for i := range lines {
					fmt.Fprintf(&text, "%s %s\n", kind.line(i), key)
				}
				kh, err := ParseKnownHosts(strings.NewReader(text.String()))
				if err != nil {
					b.Fatal(err)
				}
				for b.Loop() {
					kh.Lookup(strings.Repeat("a", 60) + ".example:22")
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(lines), "ns/line")
			})
		}
	}
}
