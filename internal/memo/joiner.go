package memo

import (
	"io"

	"github.com/mamen-ai/consentgate/internal/contentcoding"
	"github.com/mamen-ai/consentgate/internal/htmlstream"
)

// maxJoined is the most, in bytes, that is put together for one write. A page whose
// visitor reads slowly holds that much.
const maxJoined = 40 << 10

// PieceWriter is an Inserter that also takes what is the same in many pages as pieces, to
// be compressed once.
type PieceWriter interface {
	htmlstream.Inserter
	WritePiece(piece *contentcoding.Piece) error
}

// joiner puts small writes together. It implements htmlstream.Inserter.
type joiner struct {
	w        io.Writer
	inserter htmlstream.Inserter // w, where it is one
	pieces   PieceWriter         // w, where it is one
	buffer   []byte
	written  int  // bytes, until it is muted
	muted    bool // nothing is written any more
}

func (j *joiner) reset(w io.Writer) {
	if j.buffer == nil {
		j.buffer = make([]byte, 0, maxJoined) // it never grows
	}
	j.w, j.buffer = w, j.buffer[:0]
	j.inserter, _ = w.(htmlstream.Inserter)
	j.pieces, _ = w.(PieceWriter)
	j.written, j.muted = 0, false
}

// mute has everything that comes from here on forgotten.
func (j *joiner) mute() { j.muted = true }

// Write implements io.Writer.
func (j *joiner) Write(p []byte) (int, error) {
	if j.muted {
		return len(p), nil
	}
	j.written += len(p)
	if len(j.buffer)+len(p) > maxJoined {
		if err := j.flush(); err != nil {
			return 0, err
		}
	}
	if len(p) >= maxJoined {
		return j.w.Write(p)
	}
	j.buffer = append(j.buffer, p...)
	return len(p), nil
}

// Insert implements htmlstream.Inserter.
func (j *joiner) Insert(text []byte) error {
	if len(text) == 0 || j.muted {
		return nil
	}
	if j.inserter == nil {
		_, err := j.Write(text)
		return err
	}
	if err := j.flush(); err != nil {
		return err
	}
	j.written += len(text)
	return j.inserter.Insert(text)
}

// WritePiece writes a piece, if w takes pieces.
func (j *joiner) WritePiece(piece *contentcoding.Piece) error {
	if j.muted {
		return nil
	}
	if err := j.flush(); err != nil {
		return err
	}
	j.written += len(piece.Bytes())
	return j.pieces.WritePiece(piece)
}

// WriteString implements io.StringWriter.
func (j *joiner) WriteString(s string) (int, error) {
	if j.muted {
		return len(s), nil
	}
	j.written += len(s)
	if len(j.buffer)+len(s) > maxJoined {
		if err := j.flush(); err != nil {
			return 0, err
		}
	}
	j.buffer = append(j.buffer, s...)
	return len(s), nil
}

func (j *joiner) flush() error {
	if len(j.buffer) == 0 {
		return nil
	}
	_, err := j.w.Write(j.buffer)
	j.buffer = j.buffer[:0]
	return err
}
