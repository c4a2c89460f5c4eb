package module_test

import (
	"net/http"
	"strings"
	"testing"
	"time"
)

// versioned answers a page with validators, and 304 where they fit.
func versioned(etag string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Etag", etag)
		w.Header().Set("Cache-Control", "public, max-age=3600")
		http.ServeContent(w, r, "", time.Unix(1_700_000_000, 0), strings.NewReader(trackerPage))
	}
}

// TestRevalidation pins the round trip of an entity tag: the same variant is
// revalidated by the origin, another variant comes whole.
func TestRevalidation(t *testing.T) {
	e := start(t, options{secure: true, gate: "unknown block\nservice matomo"})
	for _, etag := range []string{`"v1"`, `W/"v1"`} {
		e.origin.serve(versioned(etag))
		eachProtocol(t, e, func(t *testing.T, v *visitor) {
			first := v.get("/")
			first.want(t, 200, bannerMark)
			tag := first.Header.Get("Etag")
			if !strings.HasPrefix(tag, `W/"v1;p=`) {
				t.Fatalf("entity tag %s of %s", tag, etag)
			}
			again := v.get("/", "If-None-Match", `"other", `+tag)
			again.want(t, 304)
			for _, name := range []string{"Etag", "Content-Security-Policy", "Cache-Control", "Vary"} {
				again.wantHeader(t, name, strings.Join(first.Header.Values(name), "\n"))
			}
			if asked := e.origin.last.Load().Header.Get("If-None-Match"); !strings.Contains(asked, `"v1"`) || strings.Contains(asked, ";p=") {
				t.Errorf("the origin was asked for %s", asked)
			}
			v.choose("refuse")
			v.get("/", "If-None-Match", tag).want(t, 200, controlMark)
			if asked := e.origin.last.Load().Header.Get("If-None-Match"); asked != "" {
				t.Errorf("the origin was asked for %s although the variant changed", asked)
			}
		})
	}
}

// TestPageFromBeforeTheEdgeIsReplaced pins a browser that still has the origin's
// own page: it must not go on without banner and gate.
func TestPageFromBeforeTheEdgeIsReplaced(t *testing.T) {
	e := start(t, options{})
	e.origin.serve(versioned(`"v1"`))
	e.visit(t).get("/", "If-None-Match", `"v1"`).want(t, 200, bannerMark, blockedScript)
	e.visit(t).get("/", "If-None-Match", `"v1"`, "Accept", "*/*", "Sec-Fetch-Dest", "script").want(t, 304)
}

// TestVariantsHaveTheirOwnTags pins what makes two answers different.
func TestVariantsHaveTheirOwnTags(t *testing.T) {
	e := start(t, options{})
	e.origin.serve(versioned(`"v1"`))
	refused, accepted := e.visit(t), e.visit(t)
	refused.choose("refuse")
	accepted.choose("accept")
	tags := make(map[string]string)
	for name, a := range map[string]*answer{
		"undecided": e.visit(t).get("/"),
		"refused":   refused.get("/"),
		"accepted":  accepted.get("/"),
		"GPC":       e.visit(t).get("/", "Sec-GPC", "1"),
		"fragment":  e.visit(t).get("/", "HX-Request", "true", "Sec-Fetch-Dest", ""),
		"bot":       e.visit(t).get("/", "User-Agent", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"),
		"Kazakh":    e.visit(t).get("/", "Accept-Language", "kk"),
		"English":   e.visit(t).get("/", "Accept-Language", "en"),
	} {
		tag := a.Header.Get("Etag")
		if other, taken := tags[tag]; taken {
			t.Errorf("%s and %s have the tag %s", name, other, tag)
		}
		tags[tag] = name
	}
}

// TestPagesAreNeverJudgedByDate pins that a date, which can't tell two variants
// apart, doesn't reach the origin for a page and leaves with none.
func TestPagesAreNeverJudgedByDate(t *testing.T) {
	e := start(t, options{})
	e.origin.serve(versioned(`"v1"`))
	a := e.visit(t).get("/", "If-Modified-Since", time.Now().UTC().Format(http.TimeFormat))
	a.want(t, 200, bannerMark)
	a.wantHeader(t, "Last-Modified", "")

	file := e.visit(t).get("/", "If-Modified-Since", time.Now().UTC().Format(http.TimeFormat), "Accept", "*/*", "Sec-Fetch-Dest", "script")
	file.want(t, 304)
}

// TestCachingOfPages pins that a page is private and revalidated, never looser
// than the origin wanted, and doesn't lose the back/forward cache to no-store.
func TestCachingOfPages(t *testing.T) {
	e := start(t, options{})
	for _, test := range []struct{ origin, vary, want, wantVary string }{
		{"", "", "private, no-cache", "Cookie, Accept-Encoding"},
		{"public, max-age=31536000, immutable", "Accept-Language", "private, no-cache", "Accept-Language, Cookie, Accept-Encoding"},
		{"s-maxage=60", "accept-encoding, cookie", "private, no-cache", "accept-encoding, cookie"},
		{"no-store", "", "no-store", "Cookie, Accept-Encoding"},
		{"private, No-Store", "", "private, No-Store", "Cookie, Accept-Encoding"},
		{"public, No-Transform", "", "private, no-cache, no-transform", "Cookie"},
	} {
		e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", test.origin)
			w.Header().Set("Expires", "Thu, 01 Jan 2099 00:00:00 GMT")
			w.Header().Set("Surrogate-Control", "max-age=60")
			if test.vary != "" {
				w.Header().Set("Vary", test.vary)
			}
			writePage(w, simplePage)
		})
		a := e.visit(t).get("/")
		a.wantHeader(t, "Cache-Control", test.want)
		a.wantHeader(t, "Vary", test.wantVary)
		a.wantHeader(t, "Expires", "")
		a.wantHeader(t, "Surrogate-Control", "")
	}
}

// TestDigestsOfTheOriginsBytesGo pins that no header vouches for bytes that were
// changed.
func TestDigestsOfTheOriginsBytesGo(t *testing.T) {
	e := start(t, options{})
	names := []string{"Content-Md5", "Digest", "Content-Digest", "Repr-Digest"}
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		for _, name := range names {
			w.Header().Set(name, "x")
		}
		writePage(w, simplePage)
	})
	a := e.visit(t).get("/")
	for _, name := range names {
		a.wantHeader(t, name, "")
	}
}
