package contentcoding

import "sync"

// Piece is a part of many bodies that is compressed once for each coding, when it is
// first needed in it. It is safe for concurrent use.
type Piece struct {
	raw     []byte
	deflate func() []byte // whole blocks, none of them the last (RFC 1951)
	zstd    func() []byte // a whole frame (RFC 8878)
}

// NewPiece returns a piece of the given bytes, which must not change after.
func NewPiece(raw []byte) *Piece {
	return &Piece{
		raw:     raw,
		deflate: sync.OnceValue(func() []byte { return deflateBlocks(raw) }),
		zstd:    sync.OnceValue(func() []byte { return zstdFrame(raw) }),
	}
}

// Bytes returns the piece as it was given.
func (p *Piece) Bytes() []byte { return p.raw }
