package htmlstream

import "bytes"

// declaration reads what begins with <! or <? (WHATWG HTML §13.2.5.41 to 71),
// and what may come before everything else. In text/html an XML declaration is
// a comment like any other <?.
func (r *Rewriter) declaration(now state, p []byte, i int) (state, int) {
	c := p[i]
	switch now {
	case prologState:
		return r.prolog(c, i)
	case markup:
		return r.markupKeyword(c, i)
	case bogusComment:
		return skipTo(p, i, '>', dataState, bogusComment)

	case commentStart:
		switch c {
		case '-':
			return commentDash, i + 1
		case '>':
			return dataState, i + 1
		}
		return comment, i
	case commentDash:
		switch c {
		case '-':
			return commentEnd, i + 1
		case '>':
			return dataState, i + 1
		}
		return comment, i
	case comment:
		return skipTo(p, i, '-', commentEndDash, comment)
	case commentEndDash:
		if c == '-' {
			return commentEnd, i + 1
		}
		return comment, i
	case commentEnd:
		switch c {
		case '-':
			return commentEnd, i + 1
		case '!':
			return commentEndBang, i + 1
		case '>':
			return dataState, i + 1
		}
		return comment, i
	case commentEndBang:
		switch c {
		case '-':
			return commentEndDash, i + 1
		case '>':
			return dataState, i + 1
		}
		return comment, i

	case cdata:
		return skipTo(p, i, ']', cdataBracket, cdata)
	case cdataBracket:
		if c == ']' {
			return cdataEnd, i + 1
		}
		return cdata, i
	default: // cdataEnd
		switch c {
		case ']':
			return cdataEnd, i + 1
		case '>':
			return dataState, i + 1
		}
		return cdata, i
	}
}

// skipTo moves behind the next c and on to the state found, or to the end of p
// in the state missed.
func skipTo(p []byte, i int, c byte, found, missed state) (state, int) {
	if n := bytes.IndexByte(p[i:], c); n >= 0 {
		return found, i + n + 1
	}
	return missed, len(p)
}

// prolog reads the document's first bytes. UTF-16 isn't ASCII-compatible, so
// its byte order mark ends all scanning. Half a mark is text, and what begins
// with text is a fragment.
func (r *Rewriter) prolog(c byte, i int) (state, int) {
	if r.matched == 0 {
		r.keyword = byteOrderMark(c)
	}
	if r.matched < len(r.keyword) {
		if c == r.keyword[r.matched] {
			if r.matched++; r.matched == len(utf16LittleEndian) && r.keyword != utf8Mark {
				return passing, i + 1
			}
			return prologState, i + 1
		}
		r.place.phase = placed
	}
	if c != '<' {
		return dataState, i
	}
	r.start, r.held = i, true
	return tagOpen, i + 1
}

const (
	utf8Mark          = "\xEF\xBB\xBF"
	utf16BigEndian    = "\xFE\xFF"
	utf16LittleEndian = "\xFF\xFE"
)

// byteOrderMark returns the byte order mark that begins with c, or "".
func byteOrderMark(c byte) string {
	switch c {
	case utf8Mark[0]:
		return utf8Mark
	case utf16BigEndian[0]:
		return utf16BigEndian
	case utf16LittleEndian[0]:
		return utf16LittleEndian
	}
	return ""
}

// markupKeyword tells comments, doctypes and CDATA sections apart. The keywords
// hold no >, so that what matched only half can be forgotten.
func (r *Rewriter) markupKeyword(c byte, i int) (state, int) {
	if r.matched == 0 {
		switch {
		case c == '-':
			r.keyword = "--"
		case c|0x20 == 'd':
			r.keyword = "doctype"
		case c == '[' && r.spaces.allowCDATA():
			r.keyword = "[CDATA["
		default:
			return bogusComment, i
		}
	}
	want := r.keyword[r.matched]
	if c != want && !(r.keyword == "doctype" && c|0x20 == want) {
		return bogusComment, i
	}
	if r.matched++; r.matched < len(r.keyword) {
		return markup, i + 1
	}
	switch r.keyword {
	case "--":
		return commentStart, i + 1
	case "doctype":
		r.place.document = r.place.document || r.placing()
		return bogusComment, i + 1
	}
	return cdata, i + 1
}
