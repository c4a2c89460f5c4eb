package htmlstream

import "bytes"

// state is a state of the tokenizer (WHATWG HTML §13.2.5). States that differ
// only in the errors they report are one state here.
type state uint8

const (
	prologState    state = iota // a byte order mark may come
	dataState                   //
	tagOpen                     // after <
	endTagOpen                  // after </
	tagName                     //
	beforeName                  // before attribute name, after quoted value
	selfClosing                 // after / in a tag
	attributeName               //
	afterName                   //
	beforeValue                 //
	quoted                      // attribute value in double or single quotes
	unquoted                    //
	tagEnd                      // at >
	markup                      // after <!
	bogusComment                // also doctype and processing instruction: up to >
	commentStart                // after <!--
	commentDash                 // after <!---
	comment                     //
	commentEndDash              // after - in a comment
	commentEnd                  // after --
	commentEndBang              // after --!
	cdata                       //
	cdataBracket                // after ]
	cdataEnd                    // after ]]
	rawTextState                // RCDATA and RAWTEXT
	scriptState                 // script data
	plaintext                   // nothing is markup any more
	passing                     // UTF-16: nothing is looked at
	noscriptOpened              // data state of a noscript element that begins
)

const (
	space = 1 << iota
	slash
	greater
	equals
)

// class holds the bytes that end something inside a tag.
var class = [256]uint8{
	'\t': space, '\n': space, '\f': space, '\r': space, ' ': space,
	'/': slash, '>': greater, '=': equals,
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

// scan reads p from i on and returns where it stopped: at the end of p, or
// where a noscript element begins. The states of a tag stand in the order in
// which a usual tag runs through them and fall through from one to the next.
func (r *Rewriter) scan(p []byte, i int) int {
	now := r.state
	for i < len(p) {
		switch now {
		case dataState:
			if r.place.phase != placed {
				if i = r.placeAtText(p, i); i == len(p) {
					continue
				}
			}
			if p[i] != '<' {
				n := bytes.IndexByte(p[i:], '<')
				if n < 0 {
					i = len(p)
					continue
				}
				i += n
			}
			if end := r.plainEndTag(p, i); end > 0 {
				i = end
				continue
			}
			r.start, r.held = i, true
			i++
			now = tagOpen

		case endTagOpen:
			switch c := p[i]; {
			case isLetter(c):
				r.beginTag(true)
				now = tagName
			case c == '>':
				i++
				r.drop()
				now = dataState
			default:
				r.drop()
				now = bogusComment
			}

		case tagOpen:
			if !isLetter(p[i]) {
				now, i = r.notStartTag(p[i], i)
				continue
			}
			r.beginTag(false)
			now = tagName
			fallthrough
		case tagName:
			if i = r.name.read(p, i); i == len(p) {
				continue
			}
			r.named(i)
			now = beforeName
			fallthrough
		case beforeName:
			for class[p[i]] == space {
				if i++; i == len(p) {
					break
				}
			}
			if i == len(p) {
				continue
			}
			switch class[p[i]] {
			case slash:
				i++
				now = selfClosing
				continue
			case greater:
				now = tagEnd
				continue
			}
			if r.record {
				r.noteAttribute(i)
			}
			i++ // whatever it is: an equals sign here begins a name
			now = attributeName
			fallthrough
		case attributeName:
			for i < len(p) && class[p[i]] == 0 {
				i++
			}
			if i == len(p) {
				continue
			}
			if r.record {
				r.tag.last().nameEnd = i - r.start
			}
			now = afterName
			fallthrough
		case afterName:
			switch class[p[i]] {
			case equals:
			case space:
				i++
				continue
			default:
				now = beforeName
				continue
			}
			i++
			now = beforeValue
			fallthrough
		case beforeValue:
			if i == len(p) {
				continue
			}
			c := p[i]
			switch {
			case c == '"', c == '\'':
				r.quote = c
				i++
				now = quoted
			case class[c] == space:
				i++
				continue
			case c == '>':
				now = tagEnd
			default:
				now = unquoted
			}
			if r.record {
				r.tag.beginValue(i - r.start)
			}
			if now != quoted {
				continue
			}
			fallthrough
		case quoted:
			n := bytes.IndexByte(p[i:], r.quote)
			if n < 0 {
				i = len(p)
				continue
			}
			i += n
			if r.record {
				r.tag.last().valueEnd = i - r.start
			}
			i++
			now = beforeName

		case unquoted:
			for i < len(p) && class[p[i]]&(space|greater) == 0 {
				i++
			}
			if i == len(p) {
				continue
			}
			if r.record {
				r.tag.last().valueEnd = i - r.start
			}
			now = beforeName

		case selfClosing:
			if p[i] == '>' {
				r.selfClosing = true
				now = tagEnd
			} else {
				now = beforeName
			}

		case tagEnd:
			i++
			now = dataState
			if r.held || r.element.traits&structural != 0 || r.spaces.depth > 0 {
				if now = r.tagDone(i); now == noscriptOpened {
					r.state = dataState
					return i
				}
			}

		case rawTextState:
			var found bool
			if i, found = r.rawText.find(p, i); found {
				if r.styling {
					r.showStyle(i, len("</style"))
				}
				now = r.closeRawText()
			}

		case scriptState:
			var found bool
			if i, found = r.script.find(p, i); found {
				r.scriptDone(i)
				now = r.closeRawText()
			}

		case plaintext, passing:
			i = len(p)

		default:
			now, i = r.declaration(now, p, i)
		}
	}
	r.state = now
	return i
}

// maxPlainName is up to how many bytes plainEndTag looks at, a name and its ">".
const maxPlainName = 16

// plainEndTag returns where the end tag ends that begins at p[i], if it is one with
// nothing but a name, which is all here, and where none matters. Two fifths of the tags
// of real pages are such.
func (r *Rewriter) plainEndTag(p []byte, i int) (end int) {
	if r.place.phase != placed || r.spaces.depth > 0 || i+2 >= len(p) || p[i+1] != '/' || !isLetter(p[i+2]) {
		return 0
	}
	for k, c := range p[i+3 : min(i+2+maxPlainName, len(p))] {
		if class[c] != 0 {
			if c == '>' {
				return i + 3 + k + 1
			}
			return 0
		}
	}
	return 0
}

// notStartTag handles the byte c after < where no start tag begins.
func (r *Rewriter) notStartTag(c byte, i int) (state, int) {
	switch {
	case c == '/':
		return endTagOpen, i + 1
	case c == '!':
		r.drop()
		r.matched = 0
		return markup, i + 1
	case c == '?':
		r.drop()
		return bogusComment, i
	}
	if r.placing() {
		r.openBody()
	}
	r.drop()
	return dataState, i
}
