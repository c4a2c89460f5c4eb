package htmlstream

// maxDepth is how many open elements of foreign content are told apart; deeper
// ones are only counted.
const maxDepth = 64

// namespaces is the part of the stack of open elements that decides how tags
// are read: SVG and MathML elements, from the outermost on. HTML elements
// aren't on it.
type namespaces struct {
	stack  [maxDepth]foreignElement
	depth  int
	beyond int // open elements deeper than the stack
}

type foreignElement struct {
	name        name
	mathML      bool
	integration traits // svgIntegration, mathText, annotation, or 0: foreign inside
	direct      bool   // no HTML element was seen inside the integration point
}

// foreign reports whether content is read by the rules for foreign content.
func (s *namespaces) foreign() bool {
	return s.depth > 0 && s.stack[s.depth-1].integration == 0
}

// allowCDATA reports whether the current node is an SVG or MathML element.
func (s *namespaces) allowCDATA() bool {
	return s.foreign() || s.depth > 0 && s.stack[s.depth-1].direct
}

// startTag takes in a complete start tag and reports whether its element is
// foreign (WHATWG HTML §13.2.6, tree construction dispatcher, and §13.2.6.5).
func (s *namespaces) startTag(n name, e *element, selfClosing bool, tag *Tag) bool {
	if s.depth == 0 && e.traits&(svgElement|mathElement) == 0 {
		return false
	}
	if s.foreign() && breaksOut(e, tag) {
		s.popForeign()
	}
	opened := foreignElement{name: n}
	if s.foreign() {
		opened.mathML = s.stack[s.depth-1].mathML
		if opened.mathML && s.stack[s.depth-1].name == annotationName && e.traits&svgElement != 0 {
			opened.mathML = false
		}
	} else {
		var around *foreignElement
		if s.depth > 0 {
			around = &s.stack[s.depth-1]
		}
		switch {
		case e.traits&svgElement != 0:
		case e.traits&mathElement != 0:
			opened.mathML = true
		case around != nil && around.integration == mathText && e.traits&mathMember != 0:
			opened.mathML = true
		default:
			if around != nil {
				around.direct = false
			}
			return false
		}
	}
	if selfClosing {
		return true
	}
	if s.depth == maxDepth {
		s.beyond++
		return true
	}
	opened.integration = integration(e, opened.mathML, tag)
	opened.direct = opened.integration != 0
	s.stack[s.depth] = opened
	s.depth++
	return true
}

// endTag takes in a complete end tag.
func (s *namespaces) endTag(n name, e *element) {
	switch {
	case s.depth == 0:
		return
	case s.beyond > 0:
		s.beyond--
		return
	}
	for i := s.depth - 1; i >= 0; i-- {
		open := &s.stack[i]
		mixed := open.integration != 0 && !open.direct
		if open.name == n && (!mixed || i == s.depth-1) {
			s.depth = i
			return
		}
		if mixed {
			break
		}
	}
	if s.foreign() && e.traits&leavesForeign != 0 {
		s.popForeign()
	}
}

// popForeign returns to the HTML content around the foreign content.
func (s *namespaces) popForeign() {
	s.beyond = 0
	for s.foreign() {
		s.depth--
	}
}

var annotationName = nameOf("annotation-xml")

func breaksOut(e *element, tag *Tag) bool {
	if e.traits&breakoutFont != 0 {
		return tag.Has("color") || tag.Has("face") || tag.Has("size")
	}
	return e.traits&breakout != 0
}

// integration returns the kind of integration point an element is (WHATWG HTML
// §13.2.6, MathML text integration point and HTML integration point), or 0.
func integration(e *element, mathML bool, tag *Tag) traits {
	if !mathML {
		return e.traits & svgIntegration
	}
	if e.traits&annotation != 0 {
		var buffer [32]byte
		encoding, _ := tag.Attr("encoding")
		switch value := DecodeAttr(encoding, buffer[:0]); {
		case equalFold(value, "text/html"), equalFold(value, "application/xhtml+xml"):
			return annotation
		}
		return 0
	}
	return e.traits & mathText
}
