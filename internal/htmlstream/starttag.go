package htmlstream

// beginTag starts reading the name of a tag.
func (r *Rewriter) beginTag(endTag bool) {
	r.endTag, r.selfClosing, r.record = endTag, false, false
	r.name = name{}
}

// named decides what becomes of the tag whose name ends before in[i]: it is
// either held up to its end, with its attributes noted, or streams on.
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
	const attributesMatter = reported | reportedWithPing | reportedForeign | breakoutFont | annotation
	if !r.placing() && r.element.traits&attributesMatter == 0 {
		r.drop()
		return
	}
	r.record = true
	t := &r.tag
	t.element, t.nameEnd = r.element, i-r.start
	t.attributes, t.inserted = t.attributes[:0], t.inserted[:0]
	t.edited, t.wantsText = false, false
	t.foreign = r.spaces.foreign()
}

// noteAttribute notes that an attribute's name begins at in[i].
func (r *Rewriter) noteAttribute(i int) {
	if len(r.tag.attributes) == maxAttributes {
		r.giveUpTag(i)
		return
	}
	r.tag.attributes = append(r.tag.attributes, attribute{name: i - r.start, nameEnd: i - r.start})
}

func (t *Tag) last() *attribute { return &t.attributes[len(t.attributes)-1] }

func (t *Tag) beginValue(at int) {
	a := t.last()
	a.value, a.valueEnd = at, at
}

// giveUpTag lets go of a tag that is too long to be held. The scan goes on
// inside it.
func (r *Rewriter) giveUpTag(end int) {
	if r.mayReport() && !r.dataURL(end) {
		r.oversize++
	}
	r.drop()
}

// dataURL reports whether the tag is too long because of a data: URL: whether
// the attribute in which it passes maxTag holds one.
func (r *Rewriter) dataURL(end int) bool {
	const scheme = "data:"
	token := r.token(end)
	for i := len(r.tag.attributes) - 1; i >= 0; i-- {
		at := r.tag.attributes[i].value
		if at > 0 && at <= maxTag-len(scheme) {
			return at+len(scheme) <= len(token) && equalFold(token[at:at+len(scheme)], scheme)
		}
	}
	return false
}

// mayReport reports whether the handler may be asked about the tag at hand.
func (r *Rewriter) mayReport() bool {
	return r.element.traits&(reported|reportedWithPing) != 0 ||
		r.element.traits&reportedForeign != 0 && r.tag.foreign
}

// tagDone handles a tag that ends before in[i] and returns the state of what
// follows it.
func (r *Rewriter) tagDone(i int) state {
	e := r.element
	if r.endTag {
		r.spaces.endTag(r.name, e)
		r.leaveTemplate(e)
		return dataState
	}
	t := &r.tag
	if r.held && i-r.start > maxTag {
		r.giveUpTag(i)
	}
	if r.held {
		t.data = r.token(i)
	} else {
		t.attributes = t.attributes[:0]
	}
	t.foreign = r.spaces.startTag(r.name, e, r.selfClosing, t)
	t.inNoscript = r.noscript.open
	if r.held && !r.placeOnly && r.mayReport() && (e.traits&reportedWithPing == 0 || t.Has("ping")) {
		r.h.StartTag(t)
	}
	next := dataState
	if !t.foreign {
		next = r.content(e)
	}
	if t.wantsText && r.held {
		r.textAt = i - r.start
		return next
	}
	r.release(i)
	if !t.foreign {
		r.placeAfterStartTag(e, i)
	}
	return next
}
