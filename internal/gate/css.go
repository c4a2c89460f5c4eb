package gate

import (
	"bytes"
	"unicode/utf8"
)

// cssScanner finds the URLs that a style sheet loads: url() and src() tokens, and
// the strings behind @import and inside image-set() and image() (CSS Syntax 3 §4.3,
// CSS Images 4 §2.4, CSS Values 5 §2.1). It passes over comments and other strings,
// and reads a sheet that comes in pieces. The zero value is ready.
type cssScanner struct {
	skip    cssSkip
	quote   byte // of the string that is passed over
	imports bool // behind @import: a string is a URL
	images  int  // open parentheses inside image-set() or image(), its own among them
}

// cssSkip is what is passed over up to its end.
type cssSkip uint8

const (
	cssNothing   cssSkip = iota
	cssComment           // up to */
	cssString            // up to its quote
	cssLongURL           // the rest of a URL without quotes, up to )
	cssNamespace         // @namespace names what it never loads, up to ;
)

// maxCSSToken is the longest name or URL, in bytes, that is kept until its end is
// seen; of a longer URL the beginning is judged, which names its host.
const maxCSSToken = 2 << 10

// maxCSSName is longer than any name that matters, with every letter escaped.
const maxCSSName = 128

// cssMatters reports whether a name that begins with c may matter.
func cssMatters(c byte) bool {
	switch c | 0x20 {
	case 'u', 's', 'i', '-':
		return true
	}
	return c == '@' || c == '\\'
}

// cssNameStart returns where the name begins that ends with the text.
func cssNameStart(text []byte) int {
	i := len(text)
	for i > 0 && cssNameByte(text[i-1]) {
		i--
	}
	return i
}

// next returns the next URL at or after text[i], as it is written: text[start:end]
// without quotes. resume is where to go on. When there is none, resume is how much
// of the text is done with: what comes later must be put behind the rest, unless
// last.
func (s *cssScanner) next(stops *cssStops, i int, last bool) (start, end, resume int, found bool) {
	text := stops.text
	for i < len(text) {
		if s.skip != cssNothing {
			i = s.pass(text, i)
			if s.skip != cssNothing {
				return 0, 0, i, false
			}
			continue
		}
		if !s.imports && s.images == 0 {
			begin := i
			i = stops.after(i)
			name := cssNameStart(text[begin:i]) + begin
			switch {
			case i == len(text):
				if !last && i-name < maxCSSToken {
					return 0, 0, name, false
				}
				return 0, 0, i, false
			case text[i] == '(' && (name == i || !cssMatters(text[name])):
				i++
				continue
			case text[i] == '(', text[i] == '\\':
				i = name
			}
		}
		c := text[i]
		switch {
		case c == '/':
			if i+1 == len(text) && !last {
				return 0, 0, i, false
			}
			if i++; i < len(text) && text[i] == '*' {
				s.skip = cssComment
				i++
			}
		case c == '"', c == '\'':
			if !s.imports && s.images == 0 {
				s.skip, s.quote = cssString, c
				i++
				continue
			}
			end, closed := cssStringEnd(text, i+1, c)
			if !closed && !last {
				if end-i < maxCSSToken {
					return 0, 0, i, false
				}
				s.skip, s.quote = cssString, c
			}
			s.imports = false
			return i + 1, end, min(end+1, len(text)), true
		case c == '@', cssNameByte(c):
			at := i
			if c == '@' {
				i++
			}
			if i = cssNameEnd(text, i); i == len(text) && !last && i-at < maxCSSToken {
				return 0, 0, at, false
			}
			if !cssMatters(c) || i-at > maxCSSName {
				continue
			}
			call := i < len(text) && text[i] == '('
			var space [maxCSSName]byte
			switch string(cssName(text[at:i], space[:0])) {
			case "@import":
				s.imports = true
			case "@namespace":
				s.skip = cssNamespace
			case "url", "src":
				if !call {
					continue
				}
				start, end, done := cssURL(text, i+1)
				quote := byte(0)
				if start > i+1 && (text[start-1] == '"' || text[start-1] == '\'') {
					quote = text[start-1]
				}
				if !done && !last {
					if end-at < maxCSSToken {
						return 0, 0, at, false
					}
					if s.skip, s.quote = cssString, quote; quote == 0 {
						s.skip = cssLongURL
					}
				}
				s.imports = false
				if s.images > 0 {
					s.images++ // its own parenthesis
				}
				resume = end
				if quote != 0 && end < len(text) {
					resume++ // the closing quote
				}
				return start, end, resume, true
			case "image-set", "-webkit-image-set", "image":
				if call && s.images == 0 {
					s.images++
					i++
				}
			}
		default:
			switch c {
			case ';', '{', '}':
				s.imports, s.images = false, 0
			case '(':
				if s.images > 0 {
					s.images++
				}
			case ')':
				s.images = max(s.images-1, 0)
			}
			i++
		}
	}
	return 0, 0, len(text), false
}

// pass reads on inside a comment or a string and returns where that ends, or how
// much of the text is done with.
func (s *cssScanner) pass(text []byte, i int) int {
	switch s.skip {
	case cssComment:
		end := bytes.Index(text[i:], []byte("*/"))
		if end < 0 {
			return max(i, len(text)-1)
		}
		s.skip = cssNothing
		return i + end + len("*/")
	case cssLongURL, cssNamespace:
		end := bytes.IndexByte(text[i:], ");"[s.skip-cssLongURL])
		if end < 0 {
			return len(text)
		}
		s.skip = cssNothing
		return i + end
	}
	end, closed := cssStringEnd(text, i, s.quote)
	if closed {
		s.skip = cssNothing
		return end + 1
	}
	if text[len(text)-1] == '\\' {
		return max(i, len(text)-1)
	}
	return len(text)
}

// cssStringEnd returns where the string that text[i:] is inside of ends: at its
// closing quote, or at the line break that ends a broken one.
func cssStringEnd(text []byte, i int, quote byte) (end int, closed bool) {
	for ; i < len(text); i++ {
		switch c := text[i]; c {
		case quote, '\n', '\f':
			return i, true
		case '\\':
			i++
		}
	}
	return len(text), false
}

// cssEscapeEnd returns where the escape that begins at text[i] ends.
func cssEscapeEnd(text []byte, i int) int {
	i++
	digits := 0
	for ; digits < 6 && i < len(text) && hexValue(text[i]) >= 0; digits++ {
		i++
	}
	if i < len(text) && (digits == 0 || isSpace(text[i])) {
		i++
	}
	return i
}

// cssURL returns the URL that begins behind "url(" at text[i:], and whether its end
// was seen.
func cssURL(text []byte, i int) (start, end int, done bool) {
	for i < len(text) && isSpace(text[i]) {
		i++
	}
	if i < len(text) && (text[i] == '"' || text[i] == '\'') {
		end, done = cssStringEnd(text, i+1, text[i])
		return i + 1, end, done
	}
	for start = i; i < len(text); {
		switch c := text[i]; {
		case c == ')', isSpace(c):
			return start, i, true
		case c == '\\':
			i = cssEscapeEnd(text, i)
		default:
			i++
		}
	}
	return start, len(text), false
}

// cssNameEnd returns where the name that text[i:] is inside of ends.
func cssNameEnd(text []byte, i int) int {
	for i < len(text) && cssNameByte(text[i]) {
		if text[i] == '\\' {
			i = cssEscapeEnd(text, i)
		} else {
			i++
		}
	}
	return i
}

// cssName returns a name in lower case with its escapes decoded, appended to buf.
func cssName(raw, buf []byte) []byte {
	name := cssUnescape(raw, buf)
	if len(raw) > 0 && len(name) > 0 && &name[0] == &raw[0] {
		name = append(buf, raw...)
	}
	for i, c := range name {
		if 'A' <= c && c <= 'Z' {
			name[i] = c + 'a' - 'A'
		}
	}
	return name
}

// cssUnescape decodes the escapes of a name, string or URL (CSS Syntax 3 §4.3.7).
// Where there is none it returns raw itself; otherwise it appends to buf.
func cssUnescape(raw, buf []byte) []byte {
	if bytes.IndexByte(raw, '\\') < 0 {
		return raw
	}
	for i := 0; i < len(raw); i++ {
		if raw[i] != '\\' {
			buf = append(buf, raw[i])
			continue
		}
		var char rune
		end := cssEscapeEnd(raw, i)
		escape := raw[i+1 : end]
		for len(escape) > 0 && hexValue(escape[0]) >= 0 {
			char, escape = char<<4|hexValue(escape[0]), escape[1:]
		}
		switch hex := end-i-1 > len(escape); {
		case hex:
			buf = utf8.AppendRune(buf, char)
		case len(escape) > 0 && escape[0] != '\n':
			buf = append(buf, escape[0])
		}
		i = end - 1
	}
	return buf
}

func hexValue(c byte) rune {
	switch {
	case '0' <= c && c <= '9':
		return rune(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return rune(c|0x20-'a') + 10
	}
	return -1
}

// cssNameByte reports what a name is made of, escapes among it.
func cssNameByte(c byte) bool {
	return 'a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '\\' || c >= 0x80
}
