package memo

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// What is kept of pages that go compressed counts as well, for as long as it is kept.
func TestMiddlesAreBounded(t *testing.T) {
	permit, random := testGate(t).Permit(undecided), rand.New(rand.NewPCG(23, 23))
	page := "<!doctype html><html><head>" + strings.Repeat(`<meta name=a content="`+strings.Repeat("b", 200)+`">`, 30) +
		"</head><body>" + strings.Repeat("<p>text</p>", 100)
	m, p := NewMemory(), new(Page)
	rewrite := func(path int, pieced bool) int {
		o := opened{permit: permit, base: baseOf(fmt.Sprint("/", path)), whole: true, insertion: insertionOf(1), pieced: pieced}
		o.rewrite(t, p, m, page, len(page)*2, random)
		return o.pieces
	}
	pieces := 0
	for path := range 800 {
		for range 3 {
			rewrite(path, false)
		}
	}
	for round := range 2 {
		for path := range 800 {
			pieces += rewrite(path, true)
			if path%4 == 0 { // others come, and come again
				other := 10_000 + 800*round + path
				rewrite(other, true)
				rewrite(other, true)
			}
		}
	}
	size := 0
	for _, generation := range []map[key]*segment{m.young, m.old} {
		for _, s := range generation {
			size += s.weight()
		}
	}
	if pieces == 0 || size > 2*maxMemory || m.size > maxMemory {
		t.Errorf("%d pieces were written; %d bytes are remembered, %d by its own account", pieces, size, m.size)
	}
}

// A middle that is too short or too long, or for which there is no room, is written as
// any text.
func TestMiddlesThatArentWorthIt(t *testing.T) {
	permit, random := testGate(t).Permit(undecided), rand.New(rand.NewPCG(24, 24))
	for name, c := range map[string]struct {
		size, room int
		want       bool
	}{
		"short": {100, maxMemory, false}, "long": {maxMiddle + 1, maxMemory, false}, "worth it": {1000, maxMemory, true}, "no room": {1000, 1000, false},
	} {
		page := "<!doctype html><html><head><title>" + strings.Repeat("a", c.size) + "</title></head><body>" + strings.Repeat("<p>text</p>", 100)
		o := opened{permit: permit, base: baseOf("/"), whole: true, insertion: insertionOf(1), pieced: true}
		m, p := NewMemory(), new(Page)
		want, _ := o.rewrite(t, p, nil, page, len(page)*2, random)
		for time := range 4 {
			m.size = max(m.size, maxMemory-c.room)
			if got, _ := o.rewrite(t, p, m, page, len(page)*2, random); got != want {
				t.Errorf("%s, time %d: %.200q", name, time, difference(got, want))
			}
		}
		if (o.pieces > 0) != c.want {
			t.Errorf("%s: %d pieces were written", name, o.pieces)
		}
	}
	var out bytes.Buffer
	j := joiner{w: &out, muted: true}
	if j.Insert([]byte("x")); out.Len() > 0 {
		t.Error("a muted joiner writes what is inserted")
	}
}
