package contentcoding

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
)

// gzipLevel is what Caddy's own encoder takes.
const gzipLevel = 5

// gzipEncoder writes one gzip member (RFC 1952). What is compressed as it comes and
// the pieces are blocks of one deflate stream: many clients read but the first of
// several members.
type gzipEncoder struct {
	w       io.Writer
	deflate *flate.Writer
	begun   bool   // the member's header was written
	short   []byte // what came since the last piece or Flush, while it is short
	pending bool   // deflate holds something
	sum     uint32 // of what was written, before compression
	size    uint32 // modulo 2^32, as the trailer wants it
}

var gzipEncoders = sync.Pool{New: func() any {
	deflate, _ := flate.NewWriter(io.Discard, gzipLevel) // fails for unknown levels only
	return &gzipEncoder{deflate: deflate}
}}

func newGzipEncoder(w io.Writer) *gzipEncoder {
	e := gzipEncoders.Get().(*gzipEncoder)
	e.deflate.Reset(w)
	*e = gzipEncoder{w: w, deflate: e.deflate, short: e.short[:0]}
	return e
}

// begin writes the member's header: deflate, no name, no time, unknown system.
func (e *gzipEncoder) begin() error {
	if e.begun {
		return nil
	}
	e.begun = true
	_, err := e.w.Write([]byte{0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff})
	return err
}

func (e *gzipEncoder) count(p []byte) {
	e.sum = crc32.Update(e.sum, crc32.IEEETable, p)
	e.size += uint32(len(p))
}

func (e *gzipEncoder) Write(p []byte) (int, error) {
	if err := e.begin(); err != nil {
		return 0, err
	}
	e.count(p)
	if !e.pending && len(e.short)+len(p) <= maxShort {
		e.short = append(e.short, p...)
		return len(p), nil
	}
	if err := e.compressShort(); err != nil {
		return 0, err
	}
	e.pending = e.pending || len(p) > 0
	return e.deflate.Write(p)
}

// compressShort gives what is short to the compressor.
func (e *gzipEncoder) compressShort() error {
	if len(e.short) == 0 {
		return nil
	}
	e.pending = true
	_, err := e.deflate.Write(e.short)
	e.short = e.short[:0]
	return err
}

// storeShort writes what is short as a block without compression that isn't the last
// (RFC 1951 §3.2.4). Blocks before it end at a byte.
func (e *gzipEncoder) storeShort() error {
	size := uint16(len(e.short))
	block := binary.LittleEndian.AppendUint16([]byte{0}, size)
	block = append(binary.LittleEndian.AppendUint16(block, ^size), e.short...)
	e.short = e.short[:0]
	_, err := e.w.Write(block)
	return err
}

func (e *gzipEncoder) WritePiece(piece *Piece) error {
	if err := e.begin(); err != nil {
		return err
	}
	if len(e.short) > 0 {
		if err := e.storeShort(); err != nil {
			return err
		}
	} else if err := e.Flush(); err != nil {
		return err
	}
	e.count(piece.raw)
	if _, err := e.w.Write(piece.deflate()); err != nil {
		return err
	}
	// What follows must not point back over what the compressor hasn't seen.
	e.deflate.Reset(e.w)
	return nil
}

func (e *gzipEncoder) Flush() error {
	if err := e.compressShort(); err != nil || !e.pending {
		return err
	}
	e.pending = false
	return e.deflate.Flush()
}

func (e *gzipEncoder) Close() error {
	if err := e.begin(); err != nil {
		return err
	}
	if err := e.compressShort(); err != nil {
		return err
	}
	if err := e.deflate.Close(); err != nil {
		return err
	}
	trailer := binary.LittleEndian.AppendUint32(make([]byte, 0, 8), e.sum)
	_, err := e.w.Write(binary.LittleEndian.AppendUint32(trailer, e.size))
	return err
}

func (e *gzipEncoder) Recycle() {
	e.w = nil
	e.deflate.Reset(io.Discard)
	gzipEncoders.Put(e)
}

// deflateBlocks compresses a piece into blocks that end at a byte and aren't the last.
func deflateBlocks(raw []byte, w *flate.Writer) []byte {
	var out bytes.Buffer
	w.Reset(&out)
	w.Write(raw) // a buffer takes everything
	w.Flush()
	return out.Bytes()
}
