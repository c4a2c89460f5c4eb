package contentcoding

import (
	"io"
	"sync"

	"github.com/klauspost/compress/zstd"
)

// zstdWindow is what Caddy's own encoder takes: decoders need no more memory for it
// than for a tab's other small things (RFC 9659 allows 8 MB).
const zstdWindow = 128 << 10

// zstdEncoder writes frames one after the other, which together are one body
// (RFC 8878 §3): each piece is a frame.
type zstdEncoder struct {
	w       io.Writer
	frame   *zstd.Encoder
	short   []byte // what came since the last piece or Flush, while it is short
	open    bool   // the frame has something
	written bool   // some frame was written
}

var zstdEncoders = sync.Pool{New: func() any {
	return &zstdEncoder{frame: newZstdFrames(zstd.SpeedDefault)}
}}

func newZstdFrames(level zstd.EncoderLevel) *zstd.Encoder {
	e, _ := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(zstdWindow),
		zstd.WithEncoderLevel(level), zstd.WithZeroFrames(true)) // fails for unknown options only
	return e
}

func newZstdEncoder(w io.Writer) *zstdEncoder {
	e := zstdEncoders.Get().(*zstdEncoder)
	e.frame.Reset(w)
	*e = zstdEncoder{w: w, frame: e.frame, short: e.short[:0]}
	return e
}

func (e *zstdEncoder) Write(p []byte) (int, error) {
	if !e.open && len(e.short)+len(p) <= maxShort {
		e.short = append(e.short, p...)
		return len(p), nil
	}
	if err := e.compressShort(); err != nil {
		return 0, err
	}
	e.open = e.open || len(p) > 0
	return e.frame.Write(p)
}

// compressShort gives what is short to the compressor.
func (e *zstdEncoder) compressShort() error {
	if len(e.short) == 0 {
		return nil
	}
	e.open = true
	_, err := e.frame.Write(e.short)
	e.short = e.short[:0]
	return err
}

// storeShort writes what is short as a frame of one raw block: magic number, a single
// segment with its size in one byte, the block's header (RFC 8878 §3.1.1).
func (e *zstdEncoder) storeShort() error {
	size := byte(len(e.short))
	frame := append([]byte{0x28, 0xb5, 0x2f, 0xfd, 0x20, size, size<<3 | 1, size >> 5, 0}, e.short...)
	e.short = e.short[:0]
	_, err := e.w.Write(frame)
	return err
}

func (e *zstdEncoder) WritePiece(piece *Piece) error {
	switch {
	case len(e.short) > 0:
		if err := e.storeShort(); err != nil {
			return err
		}
	case e.open:
		if err := e.frame.Close(); err != nil {
			return err
		}
		e.frame.Reset(e.w)
		e.open = false
	}
	e.written = true
	_, err := e.w.Write(piece.zstd())
	return err
}

func (e *zstdEncoder) Flush() error {
	if err := e.compressShort(); err != nil || !e.open {
		return err
	}
	return e.frame.Flush()
}

func (e *zstdEncoder) Close() error {
	if err := e.compressShort(); err != nil {
		return err
	}
	if e.written && !e.open {
		return nil
	}
	return e.frame.Close()
}

func (e *zstdEncoder) Recycle() {
	e.w = nil
	e.frame.Reset(nil)
	zstdEncoders.Put(e)
}

// zstdFrame compresses a piece into a frame of its own.
func zstdFrame(raw []byte) []byte {
	return newZstdFrames(zstd.SpeedBestCompression).EncodeAll(raw, nil)
}
