package memo

import (
	"hash/maphash"
	"io"

	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/gate"
	"github.com/mamen-ai/consentgate/internal/htmlstream"
)

// Page rewrites one page. A zero Page is to be Reset before use, and can be used again
// after another Reset; Release, between the two, lets go of what it was given. It isn't
// safe for concurrent use.
//
// The page is cut into segments that end where the rewriter rests: an opening, in which
// the body begins, then segments of at least 4 KB, and what is left at the end. A
// segment whose bytes are known passes with the edits that were made then, and the
// observer is told what it was told then; another one goes through the rewriter. Up to
// 8 KB are held back until more of a segment comes, or Flush. Where the permit blocks
// nothing, a page passes from its body on: see pass.go.
type Page struct {
	memory   *Memory
	rewriter htmlstream.Rewriter
	elements gate.Elements
	witness  witness
	out      joiner

	resting bool         // what comes next begins a segment
	context gate.Context // of the segment at hand
	key     key          // of it
	window  int          // how many of its first bytes it is looked up by
	held    []byte       // beginning of a segment that isn't looked up or complete yet
	found   *segment     // what held may be

	// Of what is scanned, until the rewriter rests:
	goal     int // bytes to scan before that is looked at
	scanned  int
	learning bool // it is recorded
	oversize int
	rest     maphash.Hash
	recalled int // bytes that weren't scanned

	passing bool // see pass.go
	growth  int  // once passing: bytes that were inserted
	read    int  // until then: bytes that came
}

// aside is how many bytes lie, at least, between the places where the rewriter might
// rest.
const aside = 256

// Reset makes p ready for another page, which is written to w rewritten; see
// htmlstream.Inserter. m may be nil: then everything is scanned.
func (p *Page) Reset(m *Memory, w io.Writer, permit *gate.Permit, base catalogue.Base, o gate.Observer, insertion gate.Insertion) {
	p.memory = m
	p.witness = witness{Observer: o, sights: p.witness.sights[:0]}
	p.out.reset(w)
	p.elements.Reset(permit, base, &p.witness, insertion)
	p.rewriter.Reset(&p.out, &p.elements)
	p.held, p.found, p.window = p.held[:0], nil, openingWindow
	p.scanned, p.learning, p.recalled = 0, false, 0
	p.passing, p.growth, p.read = false, 0, 0
	p.resting, p.context, p.key = false, gate.Context{}, key{}
	if m == nil {
		return
	}
	if p.context, p.resting = p.elements.Context(); !p.resting {
		p.memory = nil
		return
	}
	p.key = key{part: opening, permit: p.context.Permit, path: maphash.String(m.seed, p.context.Path)}
}

// Release lets go of all that p was given. Before another use it must be Reset.
func (p *Page) Release() {
	p.memory, p.found, p.context, p.key = nil, nil, gate.Context{}, key{}
	p.witness.Observer = nil
	p.out.reset(io.Discard)
	p.elements.Reset(nil, catalogue.Base{}, nil, gate.Insertion{})
}

// Whole says, before the first Write, that the page is a document and no fragment; see
// htmlstream.Rewriter.Whole.
func (p *Page) Whole() {
	p.rewriter.Whole()
	if p.key.part == opening {
		p.key.part = openingOfDocument
	}
}

// Rewriter returns the rewriter, for its counters and for what is known of the page.
func (p *Page) Rewriter() *htmlstream.Rewriter { return &p.rewriter }

// Write implements io.Writer. It fails only with the error of the underlying writer, or
// after Close.
func (p *Page) Write(b []byte) (int, error) {
	if p.passing {
		if n, err := p.out.w.Write(b); err != nil {
			return n, err
		}
	}
	p.read += len(b)
	for rest := b; len(rest) > 0; {
		if p.mayPass() {
			if err := p.pass(rest); err != nil {
				return 0, err
			}
		}
		var err error
		switch {
		case p.memory == nil:
			_, err = p.rewriter.Write(rest)
			rest = nil
		case p.resting:
			rest, err = p.look(rest)
		default:
			rest, err = p.scan(rest)
		}
		if err != nil {
			return 0, err
		}
	}
	return len(b), p.out.flush()
}

// Flush writes all of the page that is complete.
func (p *Page) Flush() error {
	if p.passing {
		return nil
	}
	if err := p.giveUp(); err != nil {
		return err
	}
	return p.out.flush()
}

// Close ends the page. It doesn't close the underlying writer.
func (p *Page) Close() error {
	if err := p.lookLast(); err != nil {
		return err
	}
	if err := p.rewriter.Close(); err != nil {
		return err
	}
	return p.out.flush()
}

// look looks for the segment that begins with what is held and b, and passes it or
// begins to scan it. It returns what of b is left.
func (p *Page) look(b []byte) (rest []byte, err error) {
	piece, b := p.peek(b, p.window)
	if piece == nil {
		return nil, nil
	}
	again := false
	if p.found == nil {
		p.found, again = p.find(piece)
	}
	if s := p.found; s != nil && p.worthWaiting(s, b) {
		if piece, b = p.peek(b, s.size); piece == nil {
			return nil, nil
		}
		if maphash.Bytes(p.memory.seed, piece[p.window:]) == s.rest {
			if len(p.held) == 0 {
				b = b[s.size:]
			}
			err = p.recall(piece, s)
			p.held, p.found = p.held[:0], nil
			return b, err
		}
		again = true
	}
	p.begin(p.window, again)
	return b, p.scanHeld()
}

// lookLast looks for the segment that is held when nothing follows it, and passes it or
// scans it.
func (p *Page) lookLast() error {
	if len(p.held) == 0 {
		return nil
	}
	again := false
	if p.found == nil {
		var s *segment
		if s, again = p.find(p.held); s != nil && s.size == len(p.held) {
			err := p.recall(p.held, s)
			p.held = p.held[:0]
			return err
		}
	}
	p.begin(len(p.held), again)
	if err := p.scanHeld(); err != nil {
		return err
	}
	if p.learning && p.rewriter.Resting() {
		p.end()
	}
	return nil
}

// find returns the segment that begins with the window, and whether it's worth
// remembering if there is none.
func (p *Page) find(window []byte) (s *segment, again bool) {
	p.key.window = maphash.Bytes(p.memory.seed, window)
	s, again = p.memory.find(p.key)
	if s != nil && s.context != p.context {
		s = nil
	}
	return s, again
}

// worthWaiting reports whether a segment may be held until all of it has come. The
// beginning of a page is what browsers wait for.
func (p *Page) worthWaiting(s *segment, b []byte) bool {
	return s.size <= maxSegment || len(p.held) == 0 && len(b) >= s.size
}

// peek returns the first n bytes of what is held and b, and what of b isn't held. When
// there are fewer, all of b is held and piece is nil.
func (p *Page) peek(b []byte, n int) (piece, rest []byte) {
	if len(p.held) == 0 && len(b) >= n {
		return b[:n], b
	}
	more := min(max(n-len(p.held), 0), len(b))
	p.held = append(p.held, b[:more]...)
	if len(p.held) < n {
		return nil, nil
	}
	return p.held[:n], b[more:]
}
