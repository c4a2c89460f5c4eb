package htmlstream

import "strings"

// edits are insertions into one token, by position.
type edits []edit

type edit struct {
	at   int // offset in the token
	text string
}

// insert adds an insertion. Of several at one place the first comes first.
func (e *edits) insert(at int, text string) {
	list := append(*e, edit{at, text})
	for i := len(list) - 1; i > 0 && list[i-1].at > at; i-- {
		list[i-1], list[i] = list[i], list[i-1]
	}
	*e = list
}

// cut drops the insertions behind an offset.
func (e *edits) cut(offset int) {
	for len(*e) > 0 && (*e)[len(*e)-1].at > offset {
		*e = (*e)[:len(*e)-1]
	}
}

// appendTo appends the token to out with the insertions made.
func (e edits) appendTo(out, token []byte) []byte {
	at := 0
	for _, edit := range e {
		out = append(out, token[at:edit.at]...)
		out = append(out, edit.text...)
		at = edit.at
	}
	return append(out, token[at:]...)
}

// harmless reports whether text holds only ASCII letters, digits and the given
// others.
func harmless(text, others string) bool {
	for i := range len(text) {
		if c := text[i]; !isLetter(c) && (c < '0' || c > '9') && strings.IndexByte(others, c) < 0 {
			return false
		}
	}
	return true
}
