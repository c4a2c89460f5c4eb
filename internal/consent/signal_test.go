package consent

import (
	"net/http"
	"testing"
)

func TestOnlyTheExactSignalCounts(t *testing.T) {
	for name, signal := range map[string]func(http.Header) bool{"Sec-Gpc": GPC, "Dnt": DNT} {
		for value, want := range map[string]bool{"1": true, "0": false, "true": false, " 1": false, "": false, "1, 1": false} {
			if got := signal(http.Header{name: {value}}); got != want {
				t.Errorf("%s: %q is %v", name, value, got)
			}
		}
		if signal(http.Header{}) || signal(http.Header{name: {"1", "0"}}) {
			t.Errorf("%s: an absent or ambiguous header is a signal", name)
		}
	}
	if GPC(http.Header{"Dnt": {"1"}}) || DNT(http.Header{"Sec-Gpc": {"1"}}) {
		t.Error("one signal passes for the other")
	}
}
