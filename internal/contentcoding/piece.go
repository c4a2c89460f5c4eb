package contentcoding

import (
	"bytes"
	"sync"

	"github.com/klauspost/compress/flate"
)

// Piece is a part of many bodies that is compressed once for each coding, when it is
// first needed in it. It is safe for concurrent use.
type Piece struct {
	raw     []byte
	deflate func() []byte // whole blocks, none of them the last (RFC 1951)
	zstd    func() []byte // a whole frame (RFC 8878)
}

// NewPiece returns a piece of the given bytes, which must not change after. It is
// compressed as well as can be.
func NewPiece(raw []byte) *Piece {
	return &Piece{
		raw: raw,
		deflate: sync.OnceValue(func() []byte {
			w, _ := flate.NewWriter(nil, flate.BestCompression) // fails for unknown levels only
			return deflateBlocks(raw, w)
		}),
		zstd: sync.OnceValue(func() []byte { return zstdFrame(raw) }),
	}
}

// NewLightPiece is NewPiece for what there are many of: it is compressed as what comes
// is, with the memory that is there for it.
func NewLightPiece(raw []byte) *Piece {
	return &Piece{
		raw: raw,
		deflate: sync.OnceValue(func() []byte {
			e := gzipEncoders.Get().(*gzipEncoder)
			defer e.Recycle()
			return deflateBlocks(raw, e.deflate)
		}),
		zstd: sync.OnceValue(func() []byte {
			e := zstdEncoders.Get().(*zstdEncoder)
			defer e.Recycle()
			var out bytes.Buffer
			e.frame.Reset(&out)
			e.frame.Write(raw) // a buffer takes everything
			e.frame.Close()
			return out.Bytes()
		}),
	}
}

// Bytes returns the piece as it was given.
func (p *Piece) Bytes() []byte { return p.raw }
