package nistec

import (
	"crypto/internal/fips140/nistec/fiat"
	"sync"
)

// p256PrecomputedEmbed has the size of the table that Go ships: multiples of
// the generator that anyone can work out, but no compressor can.
var p256PrecomputedEmbed [43 * 32 * 64]byte

var p256TableOnce sync.Once

// p256FillTable works the table out: table i has 1 to 32 times 2⁶ⁱG. Nothing
// about it is secret.
func p256FillTable() {
	points := make([]P256Point, 43*32)
	base := NewP256Point().SetGenerator()
	for i := range 43 {
		table := points[32*i:][:32]
		table[0].Set(base)
		for j := 1; j < 32; j++ {
			table[j].Add(&table[j-1], base)
		}
		base.Double(&table[31])
	}
	zs := p256Inverses(points)
	for i := range points {
		to := &p256GeneratorTables[i/32][i%32]
		to.x.Mul(&points[i].x, &zs[i])
		to.y.Mul(&points[i].y, &zs[i])
	}
}

// p256Inverses gives 1/z of every point, none of which is at infinity, for the
// price of one inversion (Montgomery's trick).
func p256Inverses(points []P256Point) []fiat.P256Element {
	products := make([]fiat.P256Element, len(points))
	all := new(fiat.P256Element).One()
	for i := range points {
		products[i].Set(all)
		all.Mul(all, &points[i].z)
	}
	all.Invert(all)
	for i := len(points) - 1; i >= 0; i-- {
		products[i].Mul(&products[i], all)
		all.Mul(all, &points[i].z)
	}
	return products
}
