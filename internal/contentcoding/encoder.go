// Package contentcoding compresses bodies of which large pieces are always the same:
// those are compressed once, as well as can be, and put between what is compressed as
// it comes.
//
// It owns the formats. Which coding a client accepts, and what the header says, is
// the caller's.
package contentcoding

import "io"

// The codings, by the names of the HTTP Content Coding Registry (RFC 9110 §8.4.1).
const (
	Gzip = "gzip"
	Zstd = "zstd"
)

// Names returns the codings there are, the preferred first: zstd takes less time for
// the same size.
func Names() []string { return []string{Zstd, Gzip} }

// maxShort is up to how many bytes before a piece, as a document's first tags are, go
// uncompressed: a block of their own would cost more time than it saves bytes.
const maxShort = 255

// Encoder writes one body in a content coding. It isn't safe for concurrent use.
type Encoder interface {
	io.Writer
	// WritePiece writes a whole piece.
	WritePiece(piece *Piece) error
	// Flush passes on all that was written, so that a client can show it.
	Flush() error
	// Close ends the body. It doesn't close the underlying writer.
	Close() error
	// Recycle gives the encoder back, whether the body was ended or not. It must not
	// be used after.
	Recycle()
}

// NewEncoder returns an encoder into w; nil for a coding that isn't one of Names.
func NewEncoder(coding string, w io.Writer) Encoder {
	switch coding {
	case Gzip:
		return newGzipEncoder(w)
	case Zstd:
		return newZstdEncoder(w)
	}
	return nil
}
