package memo

import (
	"bytes"
	"slices"
)

// begin begins to scan up to the first place behind goal bytes where the rewriter
// rests, and records it if it's worth it.
func (p *Page) begin(goal int, again bool) {
	p.resting, p.found = false, nil
	p.goal, p.scanned, p.learning = goal, 0, again
	if again {
		p.rewriter.Record()
		p.witness.recording, p.witness.sights = true, p.witness.sights[:0]
		p.oversize = p.rewriter.Oversize() + p.rewriter.OversizeScripts()
		p.rest.SetSeed(p.memory.seed)
	}
}

// scanHeld scans what is held, all of it.
func (p *Page) scanHeld() error {
	for rest := p.held; len(rest) > 0; {
		if p.resting {
			p.begin(p.window, false)
		}
		var err error
		if rest, err = p.scan(rest); err != nil {
			return err
		}
	}
	p.held = p.held[:0]
	return nil
}

// giveUp scans what is held without waiting for the rest of its segment.
func (p *Page) giveUp() error {
	if len(p.held) == 0 {
		return nil
	}
	p.begin(p.window, false)
	return p.scanHeld()
}

// scan gives the rewriter what leads to the next place where it may rest: behind the
// first ">" that comes behind the goal, however the page is cut into writes.
func (p *Page) scan(b []byte) (rest []byte, err error) {
	n := min(len(b), max(p.goal-p.scanned, 0))
	if end := bytes.IndexByte(b[n:], '>'); end >= 0 {
		n += end + 1
	} else {
		n = len(b)
	}
	piece := b[:n]
	if p.learning && p.scanned+n > p.key.part.limit() {
		p.stopLearning()
	}
	if p.learning && p.scanned+n > p.window {
		p.rest.Write(piece[max(p.window-p.scanned, 0):])
	}
	p.scanned += n
	if _, err = p.rewriter.Write(piece); err != nil {
		return nil, err
	}
	if p.scanned > p.goal && piece[n-1] == '>' {
		if p.rewriter.Resting() {
			p.end()
		} else {
			p.goal = p.scanned + aside
		}
	}
	return b[n:], nil
}

// end ends what was scanned, at a place where the rewriter rests.
func (p *Page) end() {
	context, _ := p.elements.Context()
	opened := p.key.part != inBody
	if opened {
		p.resting = context.InBody
	} else {
		p.resting = context == p.context
	}
	if p.learning && p.resting && (!opened || p.elements.Plain()) {
		p.learn()
	}
	p.stopLearning()
	switch {
	case !p.resting:
		p.memory = nil // fragments, and a base element in a body, are rare
	case opened:
		p.enterBody()
	}
}

// learn remembers what was scanned.
func (p *Page) learn() {
	edits, sights := p.rewriter.Recorded(), p.witness.sights
	if len(edits) > maxNotes || len(sights) > maxNotes || p.oversize != p.rewriter.Oversize()+p.rewriter.OversizeScripts() {
		return
	}
	p.memory.keep(p.key, &segment{
		context: p.context, size: p.scanned, rest: p.rest.Sum64(), edits: slices.Clone(edits), sights: slices.Clone(sights),
	})
}

func (p *Page) stopLearning() {
	p.rewriter.Recorded()
	p.learning, p.witness.recording = false, false
}
