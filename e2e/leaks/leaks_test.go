package leaks

import (
	_ "embed"
	"fmt"
	"maps"
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
	for _, w := range o.ways {
		if r[w.name] == clean {
			t.Logf("%s reaches nobody", w.name)
		}
	}
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
	for _, query := range []string{"", "?choice=refuse"} {
		r := l.try(t, chromium, o, query)
		t.Logf("%q: %d HTTP, %d TLS, %d DNS\n%s", query, r.count(requested), r.count(connected), r.count(lookedUp), r)
		if left := r.without(frameNavigation); len(left) > 0 {
			t.Errorf("%q: left: %s", query, left)
		}
		if r.count(requested) > 0 {
			t.Errorf("%q: something was requested", query)
		}
	}
}

// frameNavigation is the one way, in both its spellings, that no layer but the
// Connection-Allowlist of a whole page closes: a script leads a frame it has made
// away. Chromium shakes hands with the host before it refuses the frame.
var frameNavigation = []string{"frame-location-href", "frame-location-replace"}

// Chromium 156 ends a page that uses WebRTC under a Connection-Allowlist ("No binder
// found for interface network.mojom.P2PSocketManager"), so those ways aren't tried.
func TestNothingAtAllLeavesAStrictPage(t *testing.T) {
	l := newLaboratory(t)
	o := newOrigin(t, unknownDomain, "webrtc-")
	serveOrigin(t, o)
	startEdge(t, l.who, 443, "unknown block", "strict enforce")
	if r := l.try(t, chromium, o, ""); len(r) > 0 {
		t.Errorf("left: %s", r)
	}
}

// With the unknown allowed nothing but the page's own markup and its scripts stands
// between a service of the catalogue and the visitor. What is left is what only a
// policy can stop.
func TestKnownServicesAreStoppedWhileTheUnknownIsAllowed(t *testing.T) {
	l := newLaboratory(t)
	o := newOrigin(t, knownDomain)
	serveOrigin(t, o)
	startEdge(t, l.who, 443, "unknown allow")
	r := l.try(t, chromium, o, "")
	t.Logf("%d HTTP, %d TLS, %d DNS\n%s", r.count(requested), r.count(connected), r.count(lookedUp), r)
	for way, got := range r.without(needsPolicy(t)) {
		t.Errorf("%s: %s", way, got)
	}
}

// without returns the result without the given ways.
func (r result) without(ways []string) result {
	left := maps.Clone(r)
	for _, way := range ways {
		delete(left, way)
	}
	return left
}

//go:embed needs-policy.txt
var needsPolicyText string

// needsPolicy lists the ways that only a policy can stop, from a file that says why.
func needsPolicy(t *testing.T) []string {
	t.Helper()
	known := make(map[string]bool)
	for _, w := range readWays(t) {
		known[w.name] = true
	}
	var list []string
	for line := range strings.Lines(needsPolicyText) {
		name, _, _ := strings.Cut(strings.TrimSpace(line), " ")
		if name == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if !known[name] {
			t.Fatalf("needs-policy.txt: there is no way %q", name)
		}
		list = append(list, name)
	}
	return list
}
