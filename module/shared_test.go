package module_test

import (
	"net/http"
	"strings"
	"testing"
)

// private is what a page is that no shared cache may keep.
const private = "private, no-cache"

// TestOnlyPagesOfTheUndecidedAreShared pins the one page that shared_cache lets caches
// in front keep: of a visitor about whom nothing is known.
func TestOnlyPagesOfTheUndecidedAreShared(t *testing.T) {
	e := start(t, options{gate: "shared_cache 5m", app: "cross_border allow"})
	e.origin.serve(versioned(`"v1"`))
	const shared = "public, max-age=0, must-revalidate, s-maxage=300"
	// Each answer tells the same key, also one that isn't kept.
	const key = "Cookie, Sec-Fetch-Dest, Sec-GPC, DNT, Accept-Encoding, Accept-Language"
	for name, test := range map[string]struct {
		header []string
		want   string
	}{
		"nothing known":          {nil, shared},
		"fetched ahead":          {[]string{"Sec-Purpose", "prefetch"}, shared},
		"a cookie of the site":   {[]string{"Cookie", "session=1"}, private},
		"a cookie of a tracker":  {[]string{"Cookie", "_ga=1"}, private},
		"a forged choice":        {[]string{"Cookie", "privacy_choice=forged"}, private},
		"credentials":            {[]string{"Authorization", "Basic dTpw"}, private},
		"Global Privacy Control": {[]string{"Sec-GPC", "1"}, private},
		"Do Not Track":           {[]string{"DNT", "1"}, private},
		"framed":                 {[]string{"Sec-Fetch-Dest", "iframe"}, private},
		"fetched by a script":    {[]string{"Sec-Fetch-Dest", "empty"}, private},
		"no fetch metadata":      {[]string{"Sec-Fetch-Dest", ""}, private},
		"bot":                    {[]string{"User-Agent", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"}, private},
	} {
		t.Run(name, func(t *testing.T) {
			a := e.visit(t).get("/", test.header...)
			a.want(t, 200, blockedScript)
			a.wantHeader(t, "Cache-Control", test.want)
			a.wantHeader(t, "Vary", key)
		})
	}
	for _, choice := range [][]string{{"accept"}, {"refuse"}, {"save", "statistics"}} {
		v := e.visit(t)
		v.choose(choice[0], choice[1:]...)
		v.get("/").wantHeader(t, "Cache-Control", private)
		v.choose("withdraw")
		v.get("/").wantHeader(t, "Cache-Control", private)
	}
	v := e.visit(t)
	tag := v.get("/").Header.Get("Etag")
	again := v.get("/", "If-None-Match", tag)
	again.want(t, 304)
	again.wantHeader(t, "Cache-Control", shared)
	again.wantHeader(t, "Vary", key)
}

// TestSharingIsNeverLooserThanTheOrigin pins that the origin decides whether and for
// how long, and the option only shortens it.
func TestSharingIsNeverLooserThanTheOrigin(t *testing.T) {
	e := start(t, options{gate: "shared_cache 5m\nlanguages ru"})
	for _, test := range []struct {
		origin string // Cache-Control
		header []string
		want   string
	}{
		{origin: "", want: private},
		{origin: "public", want: private},
		{origin: "max-age=60", want: "public, max-age=0, must-revalidate, s-maxage=60"},
		{origin: "Public, Max-Age=60", want: "public, max-age=0, must-revalidate, s-maxage=60"},
		{origin: "max-age=31536000, immutable, stale-while-revalidate=60", want: "public, max-age=0, must-revalidate, s-maxage=300"},
		{origin: `max-age=600, s-maxage="20"`, want: "public, max-age=0, must-revalidate, s-maxage=20"},
		{origin: "max-age=600, s-maxage=0", want: private},
		{origin: "max-age=600, max-age=10", want: "public, max-age=0, must-revalidate, s-maxage=10"},
		{origin: "max-age=soon", want: private},
		{origin: "max-age=-1", want: private},
		{origin: "max-age=60, no-transform", want: "public, max-age=0, must-revalidate, s-maxage=60, no-transform"},
		{origin: "private, max-age=60", want: private},
		{origin: `private="x-user", max-age=60`, want: private},
		{origin: "no-cache, max-age=60", want: private},
		{origin: "no-store, max-age=60", want: "no-store, max-age=60"},
		{origin: "max-age=60", header: []string{"Set-Cookie", "session=1"}, want: private},
		{origin: "max-age=60", header: []string{"Set-Cookie", "_ga=1"}, want: "public, max-age=0, must-revalidate, s-maxage=60"}, // it is taken out
		{origin: "max-age=60", header: []string{"Vary", "*"}, want: private},
		{origin: "max-age=60", header: []string{"Vary", "X-Tenant"}, want: "public, max-age=0, must-revalidate, s-maxage=60"},
		{origin: "", header: []string{"Expires", "Thu, 01 Jan 2099 00:00:00 GMT"}, want: private},
		{origin: "", header: []string{"CDN-Cache-Control", "max-age=60"}, want: private},
	} {
		e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", test.origin)
			for i := 0; i < len(test.header); i += 2 {
				w.Header().Set(test.header[i], test.header[i+1])
			}
			writePage(w, simplePage)
		})
		a := e.visit(t).get("/")
		a.wantHeader(t, "Cache-Control", test.want)
		a.wantHeader(t, "Expires", "")
		a.wantHeader(t, "CDN-Cache-Control", "")
		if vary := strings.Join(a.Header.Values("Vary"), ", "); !strings.Contains(vary, "Sec-GPC") || strings.Contains(vary, "Accept-Language") {
			t.Errorf("%s: Vary: %s", test.origin, vary)
		}
	}
	for _, status := range []int{403, 404, 500} {
		e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "public, max-age=60")
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
			w.Write([]byte(simplePage))
		})
		e.visit(t).get("/").wantHeader(t, "Cache-Control", private)
	}
}
