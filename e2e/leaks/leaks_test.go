package leaks

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// What the trackers' hosts lie below: a domain nobody knows, and one of a service
// of the catalogue.
const (
	unknownDomain = "leaks.example"
	knownDomain   = "hotjar.com"
)

// laboratory is everything but what is tried.
type laboratory struct {
	who      *identity
	trackers *trackers
}

func newLaboratory(t *testing.T) *laboratory {
	t.Helper()
	who := newIdentity(t, unknownDomain, knownDomain)
	return &laboratory{who, newTrackers(t, who, unknownDomain, knownDomain)}
}

// result is how far each way got, without the clean ones.
type result map[string]grade

// try opens all pages and returns what was reached.
func (l *laboratory) try(t *testing.T, e engine, o *origin, query string) result {
	t.Helper()
	l.trackers.take()
	e.drive(t, l.who, o, query)
	return l.trackers.take()
}

// count returns how many ways got exactly that far.
func (r result) count(g grade) int {
	count := 0
	for _, got := range r {
		if got == g {
			count++
		}
	}
	return count
}

// String lists the ways by grade, the farthest first.
func (r result) String() string {
	var lines []string
	for g := requested; g > clean; g-- {
		var ways []string
		for way, got := range r {
			if got == g {
				ways = append(ways, way)
			}
		}
		slices.Sort(ways)
		if len(ways) > 0 {
			lines = append(lines, fmt.Sprintf("%s %d: %s", g, len(ways), strings.Join(ways, " ")))
		}
	}
	return strings.Join(lines, "\n")
}

// enough is how many ways must leak where nothing stops them.
const enough = 110

func TestWithoutTheEdgeTheWaysLeak(t *testing.T) {
	l := newLaboratory(t)
	o := newOrigin(t, unknownDomain)
	serveUngated(t, o, l.who)
	r := l.try(t, chromium, o, "")
	t.Logf("ungated: %d HTTP, %d TLS, %d DNS of %d ways\n%s", r.count(requested), r.count(connected), r.count(lookedUp), len(o.ways), r)
	if len(r) < enough {
		t.Errorf("%d ways leak, want at least %d: the laboratory sees too little", len(r), enough)
	}
}

// Policy 5: before consent and after a refusal nothing leaves the browser, whichever
// way a page takes.
func TestNothingLeavesBeforeConsent(t *testing.T) {
	l := newLaboratory(t)
	o := newOrigin(t, unknownDomain)
	serveOrigin(t, o)
	startEdge(t, l.who, 443, "unknown block")
	for _, state := range []string{"undecided", "refused"} {
		query := ""
		if state == "refused" {
			query = "?choice=refuse"
		}
		r := l.try(t, chromium, o, query)
		t.Logf("%s: %d HTTP, %d TLS, %d DNS\n%s", state, r.count(requested), r.count(connected), r.count(lookedUp), r)
		if r.count(requested) > 0 || r.count(lookedUp) > 0 || r.count(connected) > 1 {
			t.Errorf("%s: more than one handshake is left", state)
		}
	}
}
