package htmlstream

// beginTag starts reading the name of a tag.
func (r *Rewriter) beginTag(endTag bool) {
	r.endTag, r.selfClosing, r.record = endTag, false, false
	r.name = name{}
}

// named decides what becomes of the tag whose name ends before in[i]: a start tag
// is held up to its end, with its attributes noted; an end tag streams on.
func (r *Rewriter) named(i int) {
	if r.endTag {
		r.element = &unknown
		if r.place.phase != placed || r.spaces.depth > 0 {
			r.element = elements.lookup(r.name)
		}
		if r.placing() {
			r.placeAtEndTag()
		}
		r.drop()
		return
	}
	r.element = elements.lookup(r.name)
	if r.placing() {
		r.placeAtStartTag()
	}
	r.record = true
	t := &r.tag
	t.element, t.nameEnd = r.element, i-r.start
	t.attributes, t.initials, t.edits = t.attributes[:0], 0, t.edits[:0]
	t.wantsText = false
	t.foreign = r.spaces.foreign() && r.element.traits&breakout == 0
	t.inNoscript = r.noscript.open
}

// noteAttribute notes that an attribute's name begins at in[i], or stops noting
// where the limits are reached.
func (r *Rewriter) noteAttribute(i int) {
	at := i - r.start
	if r.record = at < maxTag && len(r.tag.attributes) < maxAttributes; r.record {
		r.tag.attributes = append(r.tag.attributes, attribute{name: at, nameEnd: at})
		r.tag.initials |= initial(r.in[i])
	}
}

func (t *Tag) last() *attribute { return &t.attributes[len(t.attributes)-1] }

func (t *Tag) beginValue(at int) {
	a := t.last()
	a.value, a.valueEnd = at, at
}

// giveUpTag lets go of a tag that is too long to be held, edited as far as it is
// known: up to the last attribute that begins in its first maxTag bytes, because
// what that one holds depends on how much of the tag is here. The scan goes on
// inside the tag.
func (r *Rewriter) giveUpTag(end int) {
	t := &r.tag
	t.data = r.token(end)
	if r.mayReport() && !t.endsInDataURL() {
		r.oversize++
	}
	t.attributes = t.attributes[:max(len(t.attributes)-1, 0)]
	r.report()
	r.release(end)
}

// endsInDataURL reports whether the tag is too long because of a data: URL:
// whether the last attribute noted holds one.
func (t *Tag) endsInDataURL() bool {
	const scheme = "data:"
	if len(t.attributes) == 0 {
		return false
	}
	at := t.last().value
	return 0 < at && at <= maxTag-len(scheme) && equalFold(t.data[at:at+len(scheme)], scheme)
}

// mayReport reports whether the handler may be asked about the tag at hand.
func (r *Rewriter) mayReport() bool {
	return r.element.traits&(reported|reportedWithPing|reportedWithBackground) != 0 ||
		r.element.traits&reportedForeign != 0 && r.tag.foreign
}

// report asks the handler about the tag at hand, if it is one to be asked about.
func (r *Rewriter) report() {
	if r.acts() || r.tag.Has("style") {
		r.h.StartTag(&r.tag)
	}
}

// acts reports whether the tag at hand may load or run something beside its style.
func (r *Rewriter) acts() bool {
	switch t := r.element.traits; {
	case t&reportedWithPing != 0:
		return r.tag.Has("ping")
	case t&reportedWithBackground != 0:
		return r.tag.Has("background")
	}
	return r.mayReport()
}

// tagDone handles a tag that ends before in[i] and returns the state of what
// follows it.
func (r *Rewriter) tagDone(i int) state {
	e, t := r.element, &r.tag
	if r.endTag {
		r.spaces.endTag(r.name, e)
		r.leaveTemplate(e)
		return dataState
	}
	if r.held && i-r.start > maxTag {
		r.giveUpTag(i)
	}
	if r.held {
		t.data = r.token(i)
		if !r.record && r.mayReport() {
			r.oversize++
		}
		r.report()
	} else {
		t.attributes = t.attributes[:0]
	}
	foreign := r.spaces.startTag(r.name, e, r.selfClosing, t)
	next := dataState
	if !foreign {
		next = r.content(e)
	}
	if r.held && t.wantsText {
		if e.traits&styleElement != 0 {
			r.release(i)
			r.placeAfterStartTag(e, i)
			r.beginStyle(i)
			return next
		}
		r.textAt = i - r.start
		return next
	}
	r.release(i)
	if !foreign {
		r.placeAfterStartTag(e, i)
	}
	return next
}
