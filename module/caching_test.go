package module_test

import (
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"strings"
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

// TestNothingOfAChoiceIsShared holds the same for whatever the origin says to caches,
// in answers of every kind and status.
func TestNothingOfAChoiceIsShared(t *testing.T) {
	e := start(t, options{gate: "unknown block\nservice matomo\nshared_cache 1h"})
	random := rand.New(rand.NewPCG(6, 5))
	one := func(list ...string) string { return list[random.IntN(len(list))] }
	allowed, refused := e.visit(t), e.visit(t)
	allowed.choose("accept")
	refused.choose("refuse")
	directives := []string{"public", "Public", "private", `private="set-cookie"`, "no-cache", "no-store", "max-age=60", "MAX-AGE=600", "s-maxage=600", "S-MaxAge = 60",
		"must-revalidate", "proxy-revalidate", "immutable", "stale-while-revalidate=60", "no-transform", "must-understand", "x=y", "", ","}
	for range 300 {
		header := http.Header{"Content-Type": {one("text/html", "text/html; charset=utf-16", "text/javascript", "image/svg+xml", "application/xhtml+xml", "application/speculationrules+json", "text/css", "application/json")}}
		for range random.IntN(5) {
			header.Add("Cache-Control", one(directives...)+one(",", ", ", " ,,")+one(directives...))
		}
		for _, name := range []string{"Surrogate-Control", "CDN-Cache-Control", "Cloudflare-CDN-Cache-Control", "X-Accel-Expires", "Expires", "Vary", "Last-Modified", "Etag"} {
			if random.IntN(3) == 0 {
				header.Set(name, map[string]string{
					"X-Accel-Expires": "600", "Expires": "Thu, 01 Jan 2099 00:00:00 GMT", "Vary": "X-A", "Last-Modified": "Thu, 01 Jan 2026 00:00:00 GMT", "Etag": `"1"`,
				}[name])
				if header.Get(name) == "" {
					header.Set(name, "public, max-age=600")
				}
			}
		}
		status := []int{200, 200, 203, 206, 301, 404, 410, 500}[random.IntN(8)]
		e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
			maps.Copy(w.Header(), header.Clone())
			w.WriteHeader(status)
			io.WriteString(w, simplePage)
		})
		dest := one("document", "script", "worker", "iframe", "empty", "")
		for _, v := range []*visitor{allowed, refused} {
			a := v.get("/", "Sec-Fetch-Dest", dest)
			isPage := strings.HasPrefix(header.Get("Content-Type"), "text/html")
			if v == refused && !isPage {
				continue // what anyone may have
			}
			got := strings.ToLower(strings.Join(a.Header.Values("Cache-Control"), ","))
			loose := !strings.Contains(got, "private") || strings.Contains(got, "public") || strings.Contains(got, "s-maxage")
			if loose && !strings.Contains(got, "no-store") { // which wins over anything beside it
				t.Errorf("%d %v as %q: Cache-Control: %s", status, header, dest, got)
			}
			for _, name := range []string{"Surrogate-Control", "CDN-Cache-Control", "Cloudflare-CDN-Cache-Control", "X-Accel-Expires"} {
				if a.Header.Get(name) != "" {
					t.Errorf("%d %v as %q: %s is left", status, header, dest, name)
				}
			}
		}
	}
}
