package leaks

import (
	"slices"
	"strings"
	"testing"
)

// leastLeaks is how many ways must leak without the edge; otherwise a lab that
// provokes nothing would pass for a gate that stops everything.
const leastLeaks = 110

// Without this the tests that find nothing would prove nothing.
func TestUngatedPagesLeak(t *testing.T) {
	l := openLab(t)
	result := l.perform(t, &run{label: "ungated", engine: chromium{}, site: ungated, domain: unknownDomain})
	if n := len(result.reached); n < leastLeaks {
		t.Errorf("void: only %d of %d ways leak without the edge", n, len(l.ways))
	}
	for _, way := range l.ways {
		if result.reached[way.name]+result.leaving[way.name] == clean {
			t.Logf("%s (%s) reaches nothing", way.name, way.kind)
		}
	}
}

// Policy 5: nothing foreign is loaded, asked for or looked up before consent or
// after a refusal, whichever way a page has. Chromium may still shake hands with
// the host of a frame that a script leads elsewhere.
func TestUnknownBlockLetsNothingOut(t *testing.T) {
	l := openLab(t)
	for _, refuses := range []bool{false, true} {
		t.Run(stateName(refuses), func(t *testing.T) {
			result := l.perform(t, &run{label: "block-" + stateName(refuses), engine: chromium{}, site: edgeBlock, domain: unknownDomain, refuses: refuses})
			for _, way := range frameNavigation {
				if result.reached[way] == handshake {
					delete(result.reached, way)
				}
			}
			if len(result.reached) > 0 {
				t.Errorf("not clean:%s", list(result.reached, lookUp))
			}
		})
	}
}

// frameNavigation is the one way, in both its spellings, that only the
// Connection-Allowlist of a whole page closes: a script leads a frame that it has
// made elsewhere.
var frameNavigation = []string{"frame-location", "frame-location-replace"}

// With strict not even a handshake is left. Chromium 156 ends a page that uses
// WebRTC under a Connection-Allowlist ("No binder found for interface
// network.mojom.P2PSocketManager"), so those ways aren't tried.
func TestNothingAtAllLeavesAStrictPage(t *testing.T) {
	l := openLab(t)
	l.ways = slices.DeleteFunc(l.ways, func(w way) bool { return strings.Contains(w.text, "RTCPeerConnection") })
	result := l.perform(t, &run{label: "strict", engine: chromium{}, site: edgeStrict, domain: unknownDomain})
	if len(result.reached) > 0 {
		t.Errorf("not clean:%s", list(result.reached, lookUp))
	}
}

// Of known services nothing is asked for even while unknown third parties are
// only reported, but by ways that nothing short of a policy can stop.
func TestUnknownAllowStopsKnownServices(t *testing.T) {
	l := openLab(t)
	excepted, err := readRows("policy-only")
	if err != nil {
		t.Fatal(err)
	}
	result := l.perform(t, &run{label: "allow", engine: chromium{}, site: edgeAllow, domain: knownDomain})
	for _, row := range excepted {
		if !slices.ContainsFunc(l.ways, func(w way) bool { return w.name == row[0] }) {
			t.Errorf("policy-only: there is no way %s", row[0])
		}
		if result.reached[row[0]] != clean {
			t.Logf("as expected, %s reaches its third party: %s", row[0], row[1])
		}
		delete(result.reached, row[0])
	}
	if count(result.reached, request) > 0 {
		t.Errorf("asked for:%s", list(result.reached, request))
	}
}
