package module_test

import (
	"net/http"
	"testing"
)

// TestAllowedPoliciesAreNotShared pins that what carries the policy of a choice, a
// script that may become a worker among it, reaches no other visitor, not even by a
// cache that leaves Vary aside.
func TestAllowedPoliciesAreNotShared(t *testing.T) {
	e := start(t, options{gate: "unknown block\nservice matomo"})
	for _, test := range []struct{ origin, allowed string }{
		{"public, max-age=600, immutable", "private, max-age=600, immutable"},
		{"max-age=600, s-maxage=60, proxy-revalidate", "private, max-age=600"},
		{"", "private"},
		{"no-store", "private, no-store"},
	} {
		for _, contentType := range []string{"text/javascript", "image/svg+xml"} {
			e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", contentType)
				if test.origin != "" {
					w.Header().Set("Cache-Control", test.origin)
				}
				w.Header().Set("Surrogate-Control", "max-age=60")
				w.Write([]byte("1"))
			})
			undecided, refused, allowed := e.visit(t), e.visit(t), e.visit(t)
			refused.choose("refuse")
			allowed.choose("accept")
			for v, want := range map[*visitor][2]string{undecided: {test.origin, "max-age=60"}, refused: {test.origin, "max-age=60"}, allowed: {test.allowed, ""}} {
				a := v.get("/w", "Sec-Fetch-Dest", "worker")
				a.wantHeader(t, "Cache-Control", want[0])
				a.wantHeader(t, "Surrogate-Control", want[1])
			}
		}
	}
}
