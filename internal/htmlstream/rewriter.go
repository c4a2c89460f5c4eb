// Package htmlstream scans HTML as a browser does and inserts bytes into it on
// the way through: io.Writer in, io.Writer out, in constant memory and without
// a tree. It follows the tokenization stage of the WHATWG HTML standard
// (§13.2.5) with the parts of tree construction that change tokens: raw text,
// script data, foreign content, noscript, template, head and body.
//
// It owns the token boundaries, the places for what belongs into head and body,
// and the promise that edits only insert: deleting the inserted bytes from the
// output gives back the input. It knows no service, no consent and no URL; what
// is inserted is its Handler's word.
//
// Bytes are compared as ASCII, which is exact in UTF-8 and in every legacy
// encoding of the web but ISO-2022-JP and UTF-16; callers keep those away, and
// true XML too: all that comes here is read as text/html. A document that starts
// with the byte order mark of UTF-16 passes untouched.
package htmlstream

import (
	"errors"
	"io"
)

const (
	// maxTag is the longest start tag, in bytes, that is held for editing.
	maxTag = 64 << 10
	// maxAttributes is the most attributes of one tag that are noted.
	maxAttributes = 1024
	// maxScript is the longest inline script, in bytes, that is held.
	maxScript = 32 << 10
	// maxPiece bounds what is scanned, and so what is put together, at once.
	maxPiece = 32 << 10
	// maxCopied is the longest text for head or body, in bytes, that is put together
	// with what stands around it.
	maxCopied = 4 << 10
)

var errClosed = errors.New("htmlstream: the document is closed; Reset the rewriter before the next one")

// Handler decides what is inserted. It is called synchronously from Write and
// Close and must not keep what it's given.
type Handler interface {
	// Head returns what to insert as the first thing in the document's head:
	// after <head> or, without that tag, before the first start tag other than
	// html, or the first text, or the end. It is called at most once, and never
	// for a fragment: input in which another tag or text comes before any
	// doctype, html, head or body tag, unless Whole was called.
	Head() []byte
	// Body returns what to insert as the first thing in the body: after <body>
	// or, without that tag, where a browser opens the body (WHATWG HTML
	// §13.2.6.4.4 to 6). It is called at most once, after Head, never for
	// fragments and framesets. lang is the raw value of <html lang>, nil when
	// absent or longer than 35 bytes.
	Body(lang []byte) []byte
	// StartTag is called for every start tag of an element that can load or run
	// something, and for every other that has a style attribute. It edits through t.
	// Of more than 1024 attributes t has the first 1024; of a tag longer than 64 KB,
	// those behind which another one begins within its first 64 KB.
	StartTag(t *Tag)
	// Script is called with the text of an inline script for which StartTag
	// called t.HoldText: with all of it or, if it is longer than 32 KB, with
	// exactly its first 32 KB. It may edit the start tag through t.
	Script(t *Tag, text []byte)
	// Style is called with the text of a style element for which StartTag called
	// t.HoldText, as it comes. It edits through t and returns how many bytes of it
	// are done with: the others come again, with what follows them, unless last
	// says that nothing does. What is longer than 32 KB isn't kept back.
	Style(t *Text, last bool) (n int)
}

// Inserter is a writer that wants what goes into head and body by itself: exactly the
// slices that Handler.Head and Handler.Body returned, in place among what is written.
type Inserter interface {
	io.Writer
	Insert(text []byte) error
}

// Rewriter copies one HTML document and inserts what its Handler says. The
// output doesn't depend on how the input is cut into writes. It keeps back at
// most an unfinished start tag (64 KB) and the script that follows it, or what of
// a style its Handler isn't done with (32 KB).
// It isn't safe for concurrent use.
type Rewriter struct {
	w        io.Writer
	inserter Inserter // w, where it is one
	h        Handler
	err      error
	closed   bool

	in    []byte // the piece being scanned
	sent  int    // in[:sent] is in out or carry
	out   []byte // output that differs from in, not written yet
	carry []byte // what is held from earlier pieces
	start int    // where the token began, in in; negative: in carry
	held  bool   // the token isn't to be written before it ends

	state       state
	matched     int    // how much of keyword has been read
	keyword     string // see declaration.go
	quote       byte   // around the attribute value
	name        name
	element     *element
	endTag      bool
	selfClosing bool
	record      bool // attributes are noted in tag
	tag         Tag

	rawText  terminator
	script   scriptData
	textAt   int  // where the held script's text begins, from start; 0: none is held
	styling  bool // what is held is text of a style element
	text     Text
	spaces   namespaces
	noscript noscript
	place    placement

	oversize        int
	oversizeScripts int

	recording bool
	recorded  []Edit
	consumed  int // bytes before in since recording began
}

// NewRewriter returns a Rewriter from which w, which may be an Inserter, receives the
// rewritten document.
func NewRewriter(w io.Writer, h Handler) *Rewriter {
	r := &Rewriter{}
	r.Reset(w, h)
	return r
}

// Reset makes the Rewriter ready for a new document. It keeps its buffers, so
// that a pooled Rewriter doesn't allocate.
func (r *Rewriter) Reset(w io.Writer, h Handler) {
	inserter, _ := w.(Inserter)
	*r = Rewriter{
		w: w, inserter: inserter, h: h,
		out: r.out[:0], carry: r.carry[:0],
		element: &unknown,
		tag:     Tag{element: &unknown, attributes: r.tag.attributes[:0], edits: r.tag.edits[:0]},
		text:    Text{edits: r.text.edits[:0]},

		recorded: r.recorded[:0],
	}
}

// Err returns the first error of the underlying writer.
func (r *Rewriter) Err() error { return r.err }

// Oversize returns how many start tags of reported elements were longer than
// 64 KB, or had more than 1024 attributes, so that the handler didn't see all of
// them. Tags that are long because of a data: URL aren't counted.
func (r *Rewriter) Oversize() int { return r.oversize }

// OversizeScripts returns how many held scripts were longer than 32 KB, so that
// the handler saw only their beginning.
func (r *Rewriter) OversizeScripts() int { return r.oversizeScripts }

// Write scans p and passes on all that is complete. It fails only with the
// error of the underlying writer, or after Close.
func (r *Rewriter) Write(p []byte) (int, error) {
	if r.closed {
		return 0, errClosed
	}
	for n := 0; n < len(p); {
		if r.err != nil {
			return n, r.err
		}
		piece := p[n:min(len(p), n+maxPiece)]
		r.process(piece)
		n += len(piece)
	}
	return len(p), r.err
}

// Close ends the document: it places what had no place yet and passes on what
// is held. It doesn't close the underlying writer.
func (r *Rewriter) Close() error {
	if r.closed || r.err != nil {
		r.closed = true
		return r.err
	}
	r.closed = true
	r.placeAtEnd()
	if r.styling {
		r.showStyle(0, 0)
	}
	r.release(0)
	r.flush(nil)
	return r.err
}

// process scans one piece of at most maxPiece bytes.
func (r *Rewriter) process(p []byte) {
	r.in, r.sent = p, 0
	for i := 0; i < len(p); {
		if r.noscript.open {
			i = r.scanNoscript(p, i)
		} else {
			i = r.scan(p, i)
		}
	}
	r.suspend()
}

// suspend writes what is complete at the end of a piece and carries the rest.
func (r *Rewriter) suspend() {
	size := len(r.in)
	r.limitHold(size)
	if !r.held {
		r.flush(r.in[r.sent:])
	} else {
		keep := max(r.start, r.sent)
		rest := r.in[r.sent:keep]
		r.carry = append(r.carry, r.in[keep:]...)
		r.start -= size
		r.flush(rest)
	}
	r.in, r.sent = nil, 0
	r.consumed += size
}

// limitHold lets go of what is too long to be held when in[:end] has been read.
func (r *Rewriter) limitHold(end int) {
	length := end - r.start
	switch {
	case !r.held:
	case r.styling:
		r.showStyle(end, unfinished)
	case r.textAt > 0:
		if length-r.textAt-len("</script") > maxScript {
			r.scriptDone(end)
		}
	case length <= maxTag:
	case r.state == tagName: // no known element's name is that long
		r.named(end)
		r.drop()
	default:
		r.giveUpTag(end)
	}
}

// flush writes what has been put together, followed by the untouched rest.
func (r *Rewriter) flush(rest []byte) {
	if len(r.out) > 0 {
		r.out = append(r.out, rest...)
		rest = r.out
	}
	r.write(rest)
	r.out = r.out[:0]
}

func (r *Rewriter) write(p []byte) {
	if len(p) == 0 || r.err != nil {
		return
	}
	var n int
	if n, r.err = r.w.Write(p); r.err == nil && n < len(p) {
		r.err = io.ErrShortWrite
	}
}

// token returns the bytes of the held token up to end in one piece.
func (r *Rewriter) token(end int) []byte {
	if r.start >= 0 {
		return r.in[r.start:end]
	}
	r.carry = append(r.carry, r.in[r.sent:end]...)
	r.sent = end
	return r.carry
}

// release ends the hold on the token that reaches to end, with its edits.
func (r *Rewriter) release(end int) {
	if r.held && !r.styling && len(r.tag.edits) > 0 {
		r.note(r.tag.edits)
		token := r.token(end)
		if r.start >= 0 {
			r.out = append(r.out, r.in[r.sent:r.start]...)
			r.sent = end
		}
		r.out = r.tag.edits.appendTo(r.out, token)
		r.carry = r.carry[:0]
	}
	r.drop()
}

// drop ends the hold on the token without edits.
func (r *Rewriter) drop() {
	if len(r.carry) > 0 {
		r.out = append(r.out, r.carry...)
		r.carry = r.carry[:0]
	}
	r.held, r.record, r.textAt, r.styling = false, false, 0, false
	r.tag.edits = r.tag.edits[:0]
}

// insertAt inserts text before in[at], or before the carried token when at is
// negative.
func (r *Rewriter) insertAt(at int, text []byte) {
	if len(text) == 0 {
		return
	}
	if at > r.sent {
		r.out = append(r.out, r.in[r.sent:at]...)
		r.sent = at
	}
	switch {
	case r.inserter != nil:
		r.flush(nil)
		if r.err == nil {
			r.err = r.inserter.Insert(text)
		}
	case len(text) > maxCopied:
		r.flush(nil)
		r.write(text)
	default:
		r.out = append(r.out, text...)
	}
}
