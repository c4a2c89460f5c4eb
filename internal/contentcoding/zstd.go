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
	open    bool // the frame has something
	written bool // some frame was written
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
	*e = zstdEncoder{w: w, frame: e.frame}
	return e
}

func (e *zstdEncoder) Write(p []byte) (int, error) {
	e.open = e.open || len(p) > 0
	return e.frame.Write(p)
}

func (e *zstdEncoder) WritePiece(piece *Piece) error {
	if e.open {
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
	if !e.open {
		return nil
	}
	return e.frame.Flush()
}

func (e *zstdEncoder) Close() error {
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
