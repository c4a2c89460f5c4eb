package htmlstream

import "bytes"

// terminator finds the end tag of an element whose content is raw text: "</",
// the element's name in any case, and then white space, "/" or ">"
// (WHATWG HTML §13.2.5.9 to 14).
type terminator struct {
	name    string // lower-case
	matched int    // bytes of "</" + name just read
}

// find reads p from i on and returns the position of the byte after the name,
// or the end of p. What it has read of a terminator carries over to the next
// call.
func (t *terminator) find(p []byte, i int) (int, bool) {
	for i < len(p) {
		matches := false
		switch t.matched {
		case 0:
			n := bytes.IndexByte(p[i:], '<')
			if n < 0 {
				return len(p), false
			}
			i += n
			matches = true
		case 1:
			matches = p[i] == '/'
		case len("</") + len(t.name):
			if class[p[i]]&(space|slash|greater) != 0 {
				t.matched = 0
				return i, true
			}
		default:
			matches = lower(p[i]) == t.name[t.matched-len("</")]
		}
		if matches {
			t.matched++
			i++
		} else {
			t.matched = 0
		}
	}
	return i, false
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c |= 0x20
	}
	return c
}

// content returns the state in which the content of an HTML element is read.
func (r *Rewriter) content(e *element) state {
	switch {
	case e.traits&rawText != 0:
		r.rawText = terminator{name: e.name}
		return rawTextState
	case e.traits&scriptElement != 0:
		r.script = scriptData{}
		return scriptState
	case e.traits&plaintextElement != 0:
		return plaintext
	case e.traits&noscriptElement != 0 && !r.noscript.open:
		r.enterNoscript()
		return noscriptOpened
	}
	return dataState
}

// closeRawText goes on inside the end tag whose name has been read.
func (r *Rewriter) closeRawText() state {
	r.drop()
	r.endTag, r.element = true, &unknown
	return beforeName
}

// scriptDone shows a held script to the handler, as much of it as may be held.
// end is the position after "</script", or any behind so much text that it is
// too long wherever it ends.
func (r *Rewriter) scriptDone(end int) {
	if r.textAt == 0 {
		return
	}
	length := end - r.start - r.textAt - len("</script")
	if length > maxScript {
		r.oversizeScripts++
		length = maxScript
	}
	token := r.token(end)
	r.tag.data = token[:r.textAt]
	r.h.Script(&r.tag, token[r.textAt:][:length])
	r.release(end)
}
