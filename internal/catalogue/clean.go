package catalogue

import (
	"hash/maphash"
	"sync/atomic"
)

// cleanTexts remembers inline scripts in which no marker occurs: a site's pages carry
// the same ones again and again, and hashing a text is many times faster than
// searching it. A text is known by 64 bits of a hash whose seed nobody outside of the
// process can know, so that a text with a marker is taken for a clean one about once
// in 10^19 times. It is safe for concurrent use.
type cleanTexts struct {
	seed maphash.Seed
	// hashes hold a text each, in the one place it may lie in; 0 holds none.
	hashes [8 << 10]atomic.Uint64
}

func newCleanTexts() *cleanTexts { return &cleanTexts{seed: maphash.MakeSeed()} }

// place returns the text's hash and the place where it is if it is known.
func (c *cleanTexts) place(text []byte) (hash uint64, at *atomic.Uint64) {
	hash = maphash.Bytes(c.seed, text)
	return hash, &c.hashes[hash%uint64(len(c.hashes))]
}
