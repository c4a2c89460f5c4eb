package htmlstream

// Text is a piece of an element's text under the handler's hands. It is valid
// only during the call that handed it over.
type Text struct {
	data  []byte
	edits edits
}

// Bytes returns the text as it is written.
func (t *Text) Bytes() []byte { return t.data }

// Insert inserts text at an offset. The text holds only ASCII letters and digits,
// ":", "," and "-", which begin no markup; another text is ignored.
func (t *Text) Insert(offset int, text string) {
	if 0 <= offset && offset <= len(t.data) && harmless(text, ":,-") {
		t.edits.insert(offset, text)
	}
}

// maxStyle is the most of a style's text, in bytes, that is kept back.
const maxStyle = 32 << 10

// unfinished says of a style's text that more of it may come.
const unfinished = -1

// beginStyle holds the text that begins at in[i].
func (r *Rewriter) beginStyle(i int) {
	r.held, r.styling, r.start = true, true, i
}

// showStyle shows the handler the held text up to in[end] and lets go of what it
// is done with. behind is how many bytes at the end belong to the end tag, or
// unfinished.
func (r *Rewriter) showStyle(end, behind int) {
	carried, sent := len(r.carry), r.sent
	token := r.token(end)
	t, last := &r.text, behind != unfinished
	t.data, t.edits = token, t.edits[:0]
	if last {
		t.data = token[:max(len(token)-behind, 0)]
	}
	n := r.h.Style(t, last)
	if n = min(max(n, 0), len(t.data)); last || len(t.data)-n > maxStyle {
		n = len(t.data)
	}
	t.edits.cut(n)
	r.note(t.edits)
	if r.start >= 0 {
		if len(t.edits) > 0 {
			r.out = append(r.out, r.in[r.sent:r.start]...)
			r.out = t.edits.appendTo(r.out, token[:n])
			r.sent = r.start + n
		}
		r.start += n
		return
	}
	// The token was put together in carry; what is left of it stays there only as
	// far as it came from there.
	r.out = t.edits.appendTo(r.out, token[:n])
	r.start += n
	if r.start >= 0 {
		r.carry, r.sent = r.carry[:0], r.start
		return
	}
	r.carry, r.sent = append(r.carry[:0], r.carry[n:carried]...), sent
}
