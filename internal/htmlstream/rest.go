package htmlstream

// Edit is an insertion.
type Edit struct {
	Offset int // in the input, from where Record was called
	Into   Into
	// Text is what is inserted into a token. What goes into head and body is for
	// Handler.Head and Handler.Body to say; for the body it is the language that Body was
	// called with.
	Text string
}

// Into is what an Edit is into.
type Into uint8

const (
	IntoToken Into = iota // that a Handler changed through a Tag or a Text
	IntoHead
	IntoBody
)

// Resting reports whether the document's body has begun and what comes next is read
// the same whatever came before: as text or tags of HTML content, with nothing held,
// inserted into neither head nor body, and outside of SVG, MathML and noscript. Input
// that leads from one such place to the next may pass without the Rewriter if what it
// makes of it is known; see Record.
func (r *Rewriter) Resting() bool {
	return r.state == dataState && !r.held && r.place.phase == placed && !r.noscript.open &&
		r.spaces.depth == 0 && r.spaces.beyond == 0 && r.err == nil && !r.closed
}

// Rest puts a Rewriter that has read nothing at rest, as input does that begins the body.
func (r *Rewriter) Rest() { r.state, r.place.phase = dataState, placed }

// Record begins to note edits: those of the input from here on, until Recorded is
// called. It is for a Rewriter at rest, or one that has read nothing.
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
		r.recorded = append(r.recorded, Edit{r.consumed + r.start + e.at, IntoToken, e.text})
	}
}

// notePlace notes that what belongs into head or body is inserted before in[at].
func (r *Rewriter) notePlace(at int, into Into, text []byte) {
	if r.recording {
		r.recorded = append(r.recorded, Edit{r.consumed + at, into, string(text)})
	}
}
