package module

import (
	"bytes"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/mamen-ai/consentgate/internal/contentcoding"
	"github.com/mamen-ai/consentgate/internal/memo"
)

// heldBytes is how much of a page is held before its header goes out. Caddy's
// encode judges a response without Content-Length by the size of its first
// write, and a charset that only the page declares must be found in its first
// 1024 bytes (WHATWG HTML, "prescan a byte stream").
const heldBytes = 1024

// bodyWriter rewrites one page: origin's bytes → decoder, if they are encoded →
// rewriter → what is held → encoder, if the visitor takes a coding → the visitor.
type bodyWriter struct {
	x        *exchange
	sink     sink
	decoder  *decoder              // nil for an identity body
	encoder  contentcoding.Encoder // nil for an identity body
	rewriter memo.Page

	prefix  []byte        // first bytes of the page, for the charset
	held    []byte        // first bytes of the output, while the header may change
	began   bool          // the header won't change any more
	apart   bool          // what was written last is a piece
	raw     bool          // bytes aren't characters, so they pass as they are
	aborted bool          // the response was given up; nothing more may follow
	took    time.Duration // spent in the rewriter
}

var bodyWriters = sync.Pool{New: func() any {
	return &bodyWriter{
		prefix: make([]byte, 0, heldBytes),
		held:   make([]byte, 0, 4*heldBytes),
	}
}}

// newBodyWriter starts a page that comes in some content codings and goes in another, and
// of which is known whether it is whole or may be a fragment. See sink about length and
// begin.
func newBodyWriter(out http.ResponseWriter, x *exchange, from []string, length, coding string, begin func(), whole bool) *bodyWriter {
	b := bodyWriters.Get().(*bodyWriter)
	b.x = x
	b.sink.reset(out, length, begin)
	b.prefix, b.held = b.prefix[:0], b.held[:0]
	b.began, b.apart, b.raw, b.aborted, b.took = false, false, false, false, 0
	var to io.Writer = (*heldWriter)(b)
	if b.encoder = contentcoding.NewEncoder(coding, &b.sink); b.encoder != nil {
		to = insertedWriter{(*heldWriter)(b)}
	}
	b.rewriter.Reset(x.handler.memory, to, x.permit, x.base(), x, x.insertion(b.utf8))
	if whole {
		b.rewriter.Whole()
	}
	b.decoder = newDecoder(from, (*decodedWriter)(b))
	return b
}

// Write takes bytes as the origin sent them.
func (b *bodyWriter) Write(p []byte) (int, error) {
	if b.decoder != nil {
		return b.decoder.Write(p)
	}
	return (*decodedWriter)(b).Write(p)
}

// Flush sends what is ready. It leaves the header open while there is nothing
// to send after it, and while the page may still say in which charset it is.
func (b *bodyWriter) Flush() error {
	if err := b.rewriter.Flush(); err != nil {
		return err
	}
	if !b.began && b.awaitsCharset() {
		return nil
	}
	if err := b.release(); err != nil || !b.began {
		return err
	}
	if b.encoder != nil {
		if err := b.encoder.Flush(); err != nil {
			return err
		}
	}
	return b.sink.release()
}

// awaitsCharset reports whether the charset of the page isn't known and may yet come
// within the bytes in which browsers look for it.
func (b *bodyWriter) awaitsCharset() bool {
	if b.raw || len(b.prefix) == heldBytes || headerCharset(b.sink.out.Header().Get("Content-Type")) != "" {
		return false
	}
	_, known := declaredCharset(b.prefix)
	return !known
}

// release lets go of what is held.
func (b *bodyWriter) release() error {
	if len(b.held) == 0 {
		return nil
	}
	b.start()
	_, err := b.send(b.held)
	b.held = b.held[:0]
	return err
}

// start ends the time in which the header may change.
func (b *bodyWriter) start() {
	if !b.began {
		b.began = true
		declareCharset(b.sink.out.Header(), b.prefix, b.x.presumed)
		if growth, certain := b.rewriter.Growth(); certain && b.decoder == nil && b.encoder == nil {
			b.sink.declare(growth)
		}
		b.sink.start()
	}
}

func (b *bodyWriter) send(p []byte) (int, error) {
	if b.encoder != nil {
		return b.encoder.Write(p)
	}
	return b.sink.Write(p)
}

// Began implements body.
func (b *bodyWriter) Began() bool { return b.sink.began }

// Close writes what is left of a complete page.
func (b *bodyWriter) Close() error {
	if b.decoder != nil {
		if err := b.decoder.Close(); err != nil {
			return err
		}
	}
	if !b.raw {
		if err := b.rewriter.Close(); err != nil {
			return err
		}
		b.x.handler.app.metrics.observePage(b.took, b.rewriter.Rewriter())
	}
	if err := b.release(); err != nil {
		return err
	}
	if b.encoder != nil {
		if err := b.encoder.Close(); err != nil {
			return err
		}
	}
	b.x.record() // before whoever has the whole page can ask what is held
	return b.sink.close()
}

// Recycle gives the buffers back. A page that wasn't closed stays cut where it
// is.
func (b *bodyWriter) Recycle() {
	b.aborted = true
	if b.decoder != nil {
		b.decoder.Abort()
		b.decoder = nil
	}
	if b.encoder != nil {
		b.encoder.Recycle()
		b.encoder = nil
	}
	b.x = nil
	b.sink.free()
	b.sink = sink{}
	b.rewriter.Release()
	bodyWriters.Put(b)
}

// decodedWriter takes the page's own bytes.
type decodedWriter bodyWriter

func (d *decodedWriter) Write(p []byte) (int, error) {
	b := (*bodyWriter)(d)
	if b.aborted {
		return 0, http.ErrAbortHandler
	}
	if room := heldBytes - len(b.prefix); room > 0 {
		if len(b.prefix) == 0 {
			b.raw = b.isWide(p)
		}
		b.prefix = append(b.prefix, p[:min(room, len(p))]...)
	}
	if b.raw {
		return (*heldWriter)(b).Write(p)
	}
	start := time.Now()
	n, err := b.rewriter.Write(p)
	b.took += time.Since(start)
	b.x.handler.app.metrics.rewriteBytes.Add(float64(n))
	return n, err
}

// utf8 reports whether what has been seen of the page says that it is in UTF-8.
func (b *bodyWriter) utf8() bool { return isUTF8(b.sink.out.Header().Get("Content-Type"), b.prefix) }

// isWide reports whether a page is in a charset in which bytes aren't characters, by its
// first bytes, and keeps it from every cache if it says so itself only.
func (b *bodyWriter) isWide(first []byte) bool {
	if utf16BOM(first) {
		return true
	}
	header, prefix := b.sink.out.Header(), first[:min(heldBytes, len(first))]
	if !bytes.Contains(prefix, []byte("2022")) || headerCharset(header.Get("Content-Type")) != "" {
		return false
	}
	if name, _ := declaredCharset(prefix); name != "iso-2022-jp" {
		return false
	}
	b.x.unreadHeader(header)
	return true
}

func utf16BOM(p []byte) bool {
	return len(p) >= 2 && (p[0] == 0xfe && p[1] == 0xff || p[0] == 0xff && p[1] == 0xfe)
}

// heldWriter takes what the rewriter has finished.
type heldWriter bodyWriter

func (h *heldWriter) Write(p []byte) (int, error) {
	b := (*bodyWriter)(h)
	if b.began {
		return b.send(p)
	}
	if len(b.held)+len(p) < heldBytes || len(b.prefix) < heldBytes {
		b.held = append(b.held, p...)
		return len(p), nil
	}
	if len(b.held) == 0 {
		b.start()
		return b.send(p)
	}
	// No more is copied than what the first write wants.
	n := max(0, heldBytes-len(b.held))
	b.held = append(b.held, p[:n]...)
	if err := b.release(); err != nil {
		return 0, err
	}
	if n < len(p) {
		if _, err := b.send(p[n:]); err != nil {
			return n, err
		}
	}
	return len(p), nil
}

// insertedWriter is a heldWriter that tells what is inserted, and what is the same in
// many pages, from the rest of the page.
type insertedWriter struct{ *heldWriter }

// Write implements io.Writer.
func (w insertedWriter) Write(p []byte) (int, error) {
	w.apart = false
	return w.heldWriter.Write(p)
}

// Insert implements htmlstream.Inserter.
func (w insertedWriter) Insert(text []byte) error {
	if piece := w.x.handler.pieces.of(text); piece != nil && (w.apart || len(text) >= minInterruption) {
		return w.writePiece(piece)
	}
	_, err := w.Write(text)
	return err
}

// WritePiece implements memo.PieceWriter. A piece that doesn't follow another is written
// as any text: to interrupt what is compressed would cost more than it saves.
func (w insertedWriter) WritePiece(piece *contentcoding.Piece) error {
	if !w.apart {
		_, err := w.Write(piece.Bytes())
		return err
	}
	return w.writePiece(piece)
}

// writePiece writes a piece apart from what is compressed as it comes, unless the header
// may still change.
func (w insertedWriter) writePiece(piece *contentcoding.Piece) error {
	b := (*bodyWriter)(w.heldWriter)
	if !b.began && len(b.prefix) == heldBytes {
		if err := b.release(); err != nil {
			return err
		}
	}
	if !b.began {
		_, err := w.Write(piece.Bytes())
		return err
	}
	b.apart = true
	return b.encoder.WritePiece(piece)
}
