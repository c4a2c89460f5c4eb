package htmlstream

import "bytes"

// scriptData finds the end of a script's text. A script may hold "<!--", and
// behind that "<script" hides the next "</script" (WHATWG HTML §13.2.5.15 to
// 31: script data escaped and double escaped).
type scriptData struct {
	mode    scriptMode
	step    scriptStep
	dashes  uint8 // dashes just read while escaped, at most 2
	matched uint8 // letters of "script" just read
}

type scriptMode uint8

const (
	plainScript   scriptMode = iota
	escaped                  // behind <!--
	doubleEscaped            // behind <!-- and <script
)

type scriptStep uint8

const (
	scriptText   scriptStep = iota
	lessThan                // after <
	bang                    // after <!
	bangDash                // after <!-
	endTagWord              // after </
	startTagWord            // after < and before a letter, while escaped
)

const scriptWord = "script"

// find reads p from i on and returns the position of the byte after "</script"
// where that ends the text, or the end of p.
func (s *scriptData) find(p []byte, i int) (int, bool) {
	for i < len(p) {
		c := p[i]
		switch s.step {
		case scriptText:
			if s.mode == plainScript {
				n := bytes.IndexByte(p[i:], '<')
				if n < 0 {
					return len(p), false
				}
				i += n + 1
				s.step = lessThan
				continue
			}
			s.escapedByte(c)
			i++
			continue
		case lessThan:
			if next := s.afterLess(c); next != scriptText {
				s.step = next
				if next != startTagWord {
					i++
				}
				continue
			}
		case bang:
			if c == '-' {
				s.step = bangDash
				i++
				continue
			}
		case bangDash:
			if c == '-' {
				s.mode, s.step, s.dashes = escaped, scriptText, 2
				i++
				continue
			}
		default:
			if int(s.matched) < len(scriptWord) {
				if lower(c) == scriptWord[s.matched] {
					s.matched++
					i++
					continue
				}
			} else if class[c]&(space|slash|greater) != 0 && s.wordDone() {
				return i, true
			}
		}
		s.step, s.matched = scriptText, 0
	}
	return i, false
}

// escapedByte reads one byte of text behind "<!--".
func (s *scriptData) escapedByte(c byte) {
	switch {
	case c == '-':
		s.dashes = min(s.dashes+1, 2)
		return
	case c == '<':
		s.step = lessThan
	case c == '>' && s.dashes == 2:
		s.mode = plainScript
	}
	s.dashes = 0
}

// afterLess returns what the byte after < begins.
func (s *scriptData) afterLess(c byte) scriptStep {
	s.matched = 0
	switch {
	case c == '/':
		return endTagWord
	case c == '!' && s.mode == plainScript:
		return bang
	case s.mode == escaped && isLetter(c):
		return startTagWord
	}
	return scriptText
}

// wordDone handles a complete "<script" or "</script" and reports whether the
// text ends with it.
func (s *scriptData) wordDone() bool {
	switch {
	case s.step == startTagWord:
		s.mode = doubleEscaped
	case s.mode == doubleEscaped:
		s.mode = escaped
	default:
		return true
	}
	return false
}
