package module_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestRulesOfAHeaderDontFetchAheadWhatIsDenied pins what becomes of speculation
// rules that the origin serves as a file: those that name what is denied, are too
// long or can't be read are empty, all others go out as they are.
func TestRulesOfAHeaderDontFetchAheadWhatIsDenied(t *testing.T) {
	e := start(t, options{gate: "unknown block\nservice matomo"})
	const own = `{ "prefetch": [ {"urls": ["/next"]} ] }`
	for _, test := range []struct{ name, rules, coding, want string }{
		{"the site's own", own, "", own},
		{"a stranger's", `{"prefetch":[{"urls":["https://stranger.example/"]}]}`, "", "{}"},
		{"all links", `{"prefetch":[{"source":"document"}]}`, "", "{}"},
		{"too long", own + strings.Repeat(" ", 70<<10), "", "{}"},
		{"in a coding", own, "x-own", "{}"},
	} {
		t.Run(test.name, func(t *testing.T) {
			e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/speculationrules+json")
				if test.coding != "" {
					w.Header().Set("Content-Encoding", test.coding)
				}
				for chunk := range strings.SplitSeq(test.rules, " ") {
					w.Write([]byte(chunk + " "))
				}
			})
			a := e.visit(t).get("/rules.json", "Sec-Fetch-Dest", "speculationrules", "Accept", "*/*")
			if got := strings.TrimSpace(a.body); a.StatusCode != 200 || got != test.want {
				t.Errorf("%d %q, want %q", a.StatusCode, got, test.want)
			}
			a.wantHeader(t, "Content-Encoding", "")
		})
	}
}
