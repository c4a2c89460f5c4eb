package catalogue

import (
	"bytes"
	"strings"
)

// ending says what may follow the last literal of a glob.
type ending uint8

const (
	anything   ending = iota // the glob is a prefix
	segmentEnd               // the end of the text or a "/"
	textEnd                  // nothing
)

// glob is a text in which "*" stands for any run of characters.
type glob struct {
	pieces  [][]byte // the literals between the stars, at least one
	ending  ending
	literal int // bytes in all pieces: how specific the glob is
}

func newGlob(text string, end ending) glob {
	g := glob{ending: end, literal: len(text) - strings.Count(text, "*")}
	for piece := range strings.SplitSeq(text, "*") {
		g.pieces = append(g.pieces, []byte(piece))
	}
	return g
}

// pathGlob compiles the path of a pattern. A path that ends in a word ends a
// segment.
func pathGlob(path string) glob {
	if path == "" || !wordByte(path[len(path)-1]) {
		return newGlob(path, anything)
	}
	return newGlob(path, segmentEnd)
}

func wordByte(b byte) bool {
	return 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9'
}

func (g *glob) match(text []byte) bool {
	rest, ok := bytes.CutPrefix(text, g.pieces[0])
	if !ok {
		return false
	}
	if len(g.pieces) == 1 {
		return g.endsAt(rest)
	}
	last := len(g.pieces) - 1
	// The leftmost place of each inner literal leaves the most to the next one.
	for _, piece := range g.pieces[1:last] {
		if _, rest, ok = bytes.Cut(rest, piece); !ok {
			return false
		}
	}
	return g.endsIn(rest, g.pieces[last])
}

// endsIn reports whether piece occurs in text where the glob may end.
func (g *glob) endsIn(text, piece []byte) bool {
	if len(piece) == 0 {
		return true
	}
	if g.ending == textEnd {
		return bytes.HasSuffix(text, piece)
	}
	for {
		at := bytes.Index(text, piece)
		if at < 0 {
			return false
		}
		if g.endsAt(text[at+len(piece):]) {
			return true
		}
		text = text[at+1:]
	}
}

// endsAt reports whether the glob may end before rest.
func (g *glob) endsAt(rest []byte) bool {
	switch g.ending {
	case segmentEnd:
		return len(rest) == 0 || rest[0] == '/'
	case textEnd:
		return len(rest) == 0
	}
	return true
}
