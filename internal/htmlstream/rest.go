package htmlstream

// Edit is an insertion that a Handler made through a Tag or a Text.
type Edit struct {
	Offset int // in the input, from where Record was called
	Text   string
}

// Resting reports whether the document's body has begun and what comes next is read
// the same whatever came before: as text or tags of HTML content, with nothing held,
// inserted into neither head nor body, and outside of SVG, MathML and noscript. Input
// that leads from one such place to the next may pass without the Rewriter if what it
// makes of it is known; see Record.
func (r *Rewriter) Resting() bool {
	return r.state == dataState && !r.held && r.place.phase == placed && !r.noscript.open &&
		r.spaces.depth == 0 && r.spaces.beyond == 0 && r.err == nil && !r.closed
}

// Record begins to note edits: those of the input from here on, until Recorded is
// called. It is for a Rewriter at rest.
func (r *Rewriter) Record() {
	r.recording, r.recorded, r.consumed = true, r.recorded[:0], 0
}

// Recorded ends what Record began and returns the edits in the order of their
// offsets. They are valid until Record is called again.
func (r *Rewriter) Recorded() []Edit {
	r.recording = false
	return r.recorded
}

// note notes edits of the token at hand.
func (r *Rewriter) note(list edits) {
	if !r.recording {
		return
	}
	for _, e := range list {
		r.recorded = append(r.recorded, Edit{r.consumed + r.start + e.at, e.text})
	}
}
