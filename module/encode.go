package module

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp/encode"
	"github.com/mamen-ai/consentgate/internal/contentcoding"
)

// noEncoding is the value of Handler.Encode that leaves pages as they are.
const noEncoding = "off"

// provisionEncode checks the codings of pages.
func (h *Handler) provisionEncode() error {
	if len(h.Encode) == 0 {
		h.Encode = contentcoding.Names()
	}
	if slices.Equal(h.Encode, []string{noEncoding}) {
		return nil
	}
	for i, name := range h.Encode {
		if err := oneOf("encode", name, append(contentcoding.Names(), noEncoding)...); err != nil {
			return err
		}
		if name == noEncoding || slices.Contains(h.Encode[:i], name) {
			return fmt.Errorf("encode %s: name each coding once, or %s alone", strings.Join(h.Encode, " "), noEncoding)
		}
	}
	return nil
}

// encodePage returns the content coding in which the visitor gets a page, "" for
// none, and tells it in the header. An answer without body has none, and a 304 varies
// all the same. The origin was asked for none, and what the edge
// inserts would be compressed for every visitor anew by a handler in front.
func (x *exchange) encodePage(header http.Header, status int) string {
	codings := x.handler.Encode
	if codings[0] == noEncoding || keepsCoding(header) || keepsCoding(x.request.Header) {
		return ""
	}
	vary(header, "Accept-Encoding")
	for _, accepted := range encode.AcceptedEncodings(x.request, codings) {
		if slices.Contains(codings, accepted) && status != http.StatusNotModified && status != http.StatusNoContent {
			header["Content-Encoding"] = []string{accepted}
			return accepted
		}
		if accepted == "identity" {
			break
		}
	}
	return ""
}

// keepsCoding reports whether a coding is forbidden (RFC 9111 §5.2.1.6, §5.2.2.6).
func keepsCoding(header http.Header) bool {
	return slices.ContainsFunc(header["Cache-Control"], func(v string) bool { return strings.Contains(strings.ToLower(v), "no-transform") })
}

// pieces are what is inserted into many pages, compressed once. They are known by
// where they lie, since they never change.
type pieces struct {
	known sync.Map // *byte → *contentcoding.Piece
	count atomic.Int32
}

// maxPieces bounds them: those of all languages, choices and reasons to ask again.
const maxPieces = 1024

const (
	// minPiece is from how many bytes on a piece behind another one spares time.
	minPiece = 256
	// minInterruption is from how many on a piece is worth an interruption of what is
	// compressed as it comes.
	minInterruption = 2 << 10
)

// add makes a text a piece, which must not change after.
func (p *pieces) add(text []byte) {
	if len(text) < minPiece || p.of(text) != nil || p.count.Load() >= maxPieces {
		return
	}
	if _, known := p.known.LoadOrStore(&text[0], contentcoding.NewPiece(text)); !known {
		p.count.Add(1)
	}
}

// of returns the piece that a text is, nil when it is none.
func (p *pieces) of(text []byte) *contentcoding.Piece {
	if len(text) < minPiece {
		return nil
	}
	piece, ok := p.known.Load(&text[0])
	if !ok {
		return nil
	}
	return piece.(*contentcoding.Piece)
}
