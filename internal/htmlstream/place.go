package htmlstream

// placement follows the insertion modes of tree construction up to the start
// of the body, which is all it takes to place what belongs into head and body.
type placement struct {
	phase     phase
	document  bool // a doctype, html, head or body tag was seen in time, or Whole called
	templates int  // open template elements; nothing is placed inside one
	language  [35]byte
	langSize  int
	hasLang   bool
}

type phase uint8

const (
	beforeHead phase = iota
	inHead
	afterHead
	placed
)

// Whole says, before the first Write, that the input is a document and no fragment,
// whatever tags it leaves out: all of html, head and body may be (WHATWG HTML
// §13.1.2.4).
func (r *Rewriter) Whole() { r.place.document = true }

// placing reports whether the next tag or text may open head or body.
func (r *Rewriter) placing() bool {
	return r.place.phase != placed && r.place.templates == 0 && !r.noscript.open
}

// placeAtText handles text in p from i on. It returns the position of the next
// tag, or of text that opened the body.
func (r *Rewriter) placeAtText(p []byte, i int) int {
	if !r.placing() {
		return i
	}
	for i < len(p) && class[p[i]] == space {
		i++
	}
	if i < len(p) && p[i] != '<' {
		r.start = i
		r.openBody()
	}
	return i
}

// placeAtStartTag handles a start tag whose name has been read.
func (r *Rewriter) placeAtStartTag() {
	switch t := r.element.traits; {
	case t&htmlElement != 0, t&headElement != 0:
		r.place.document = true
	case t&bodyElement != 0:
		r.place.document = true
		r.openHead()
	case t&framesetElement != 0:
		r.openHead()
		r.place.phase = placed
	case t&headContent != 0, t&noscriptElement != 0 && r.place.phase != afterHead:
		r.openHead()
	default:
		r.openBody()
	}
}

// placeAfterStartTag handles a start tag of an HTML element that ends before
// in[i].
func (r *Rewriter) placeAfterStartTag(e *element, i int) {
	switch {
	case r.place.phase == placed, r.noscript.open:
	case e.traits&templateElement != 0:
		r.place.templates++
	case r.place.templates > 0:
	case e.traits&htmlElement != 0:
		r.noteLanguage()
	case e.traits&headElement != 0 && r.place.phase == beforeHead:
		r.beginHead(i)
	case e.traits&bodyElement != 0:
		r.beginBody(i)
	}
}

// placeAtEndTag handles an end tag whose name has been read.
func (r *Rewriter) placeAtEndTag() {
	switch r.element.name {
	case "head":
		r.openHead()
		if r.place.phase != placed {
			r.place.phase = afterHead
		}
	case "body", "html", "br":
		r.openBody()
	default:
		if !r.place.document {
			r.place.phase = placed
		}
	}
}

// leaveTemplate handles the end tag of a template.
func (r *Rewriter) leaveTemplate(e *element) {
	if e.traits&templateElement != 0 && r.place.templates > 0 && !r.noscript.open && !r.spaces.foreign() {
		r.place.templates--
	}
}

// placeAtEnd opens the body at the end of the document, unless the input ends
// inside of something that would swallow it. An unfinished tag doesn't: parsers
// drop it.
func (r *Rewriter) placeAtEnd() {
	if !r.placing() {
		return
	}
	switch {
	case r.state == dataState:
		r.start = 0
		r.openBody()
	case r.held && r.textAt == 0 && !r.styling:
		r.openBody()
	}
}

// openHead inserts what belongs into the head before the token at hand, if the
// head hasn't begun.
func (r *Rewriter) openHead() {
	switch {
	case r.place.phase != beforeHead:
	case !r.place.document:
		r.place.phase = placed
	default:
		r.beginHead(r.start)
	}
}

// openBody inserts before the token at hand what belongs into head and body.
func (r *Rewriter) openBody() {
	r.openHead()
	if r.place.phase != placed {
		r.beginBody(r.start)
	}
}

// beginHead inserts before in[at] what belongs into the head.
func (r *Rewriter) beginHead(at int) {
	r.place.phase = inHead
	r.notePlace(at, IntoHead, nil)
	r.insertAt(at, r.h.Head())
}

// beginBody inserts before in[at] what belongs into the body.
func (r *Rewriter) beginBody(at int) {
	r.place.phase = placed
	r.notePlace(at, IntoBody, r.language())
	r.insertAt(at, r.h.Body(r.language()))
}

// noteLanguage keeps the lang attribute of the html tag at hand.
func (r *Rewriter) noteLanguage() {
	l := &r.place
	if lang, ok := r.tag.Attr("lang"); ok && !l.hasLang && len(lang) <= len(l.language) {
		l.langSize, l.hasLang = copy(l.language[:], lang), true
	}
}

func (r *Rewriter) language() []byte {
	if !r.place.hasLang {
		return nil
	}
	return r.place.language[:r.place.langSize]
}
