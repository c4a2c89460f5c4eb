package module_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestDeniedCookiesDontReachTheOrigin pins which cookies of a request pass.
func TestDeniedCookiesDontReachTheOrigin(t *testing.T) {
	e := start(t, options{app: "cross_border allow"})
	accepted := e.visit(t)
	accepted.choose("accept")
	signed := "privacy_choice=" + accepted.cookies["privacy_choice"]
	for _, test := range []struct{ sent, want string }{
		{"session=1; _ga=GA1.1.1; _ym_uid=2; cart=3; _fbp=fb.1", "session=1; cart=3"},
		{"_ga=GA1.1.1", ""},
		{"session=1", "session=1"},
		{"_gallery=1; ga=2; my_ga=3", "_gallery=1; ga=2; my_ga=3"},
		{`quoted="a b"; _ga=1; empty=`, `quoted="a b"; empty=`},
		{signed + "; session=1; _ga=GA1.1.1; _fbp=fb.1", signed + "; session=1; _ga=GA1.1.1; _fbp=fb.1"},
	} {
		for _, dest := range []string{"document", "image", "empty"} {
			e.visit(t).get("/", "Cookie", test.sent, "Sec-Fetch-Dest", dest)
			if got := strings.Join(e.origin.last.Load().Header.Values("Cookie"), "|"); got != test.want {
				t.Errorf("%s: sent %q, the origin got %q, want %q", dest, test.sent, got, test.want)
			}
		}
	}
}

// TestOuterHandlersKeepTheRequest pins that handlers outside of the gate go on
// with the request as it came: access logs and matchers rely on it.
func TestOuterHandlersKeepTheRequest(t *testing.T) {
	e := start(t, options{site: "header X-Outer {header.Cookie}\n" + directive + "\n" + proxy})
	e.visit(t).get("/", "Cookie", "_ga=1; a=2").wantHeader(t, "X-Outer", "_ga=1; a=2")
}

// TestSetCookiesOfDeniedServicesAreDropped pins the filter on what the origin
// sets, on every kind of response.
func TestSetCookiesOfDeniedServicesAreDropped(t *testing.T) {
	e := start(t, options{app: "cross_border allow"})
	for _, contentType := range []string{"text/html", "application/json", "image/png"} {
		e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Set-Cookie"] = []string{"_ga=1; Path=/; Domain=shop.test", "session=2; HttpOnly", "_fbp=3"}
			w.Header().Set("Content-Type", contentType)
			w.Write([]byte(simplePage))
		})
		e.visit(t).get("/").wantHeader(t, "Set-Cookie", "session=2; HttpOnly")
		v := e.visit(t)
		v.choose("save", "statistics")
		v.get("/").wantHeader(t, "Set-Cookie", "_ga=1; Path=/; Domain=shop.test\nsession=2; HttpOnly")
	}
}

// TestBrowserForgetsDeniedCookies pins that cookies from before are expired, on
// pages only, for the host and its domain.
func TestBrowserForgetsDeniedCookies(t *testing.T) {
	e := start(t, options{})
	lines := e.visit(t).get("/a/b", "Cookie", "_ga=1; session=2").Header.Values("Set-Cookie")
	for _, want := range []string{"_ga=; Path=/; Max-Age=0", "_ga=; Path=/; Domain=shop.test; Max-Age=0", "_ga=; Path=/a; Max-Age=0"} {
		if !slices.Contains(lines, want) {
			t.Errorf("%q isn't in %q", want, lines)
		}
	}
	for _, line := range lines {
		if !strings.HasPrefix(line, "_ga=;") {
			t.Errorf("another cookie was touched: %q", line)
		}
	}
	e.visit(t).get("/x.png", "Cookie", "_ga=1", "Sec-Fetch-Dest", "image", "Accept", "image/*").wantHeader(t, "Set-Cookie", "")
}

// TestLinkHeaderLosesDeniedTargets pins the hints of a final header.
func TestLinkHeaderLosesDeniedTargets(t *testing.T) {
	e := start(t, options{app: "cross_border allow"})
	const own = `</a,b.css>; rel=preload; as=style; title="x,<https://mc.yandex.ru>"`
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Link"] = []string{`<https://mc.yandex.ru/x.js>; rel=preload, ` + own, `<//www.googletagmanager.com/gtm.js?id=GTM-1>; rel=preload`}
		writePage(w, simplePage)
	})
	if got := strings.TrimSpace(e.visit(t).get("/").Header.Get("Link")); got != own {
		t.Errorf("Link %q, want %q", got, own)
	}
	v := e.visit(t)
	v.choose("accept")
	if got := v.get("/").Header.Values("Link"); len(got) != 2 {
		t.Errorf("allowed links are missing: %q", got)
	}
}

// TestCollectorsAnswerAtTheEdge pins the first-party addresses of trackers: 204
// from the edge, and never a request to the origin, in every spelling.
func TestCollectorsAnswerAtTheEdge(t *testing.T) {
	e := start(t, options{app: "cross_border allow", gate: "service own {\ncategory statistics\ncollect /count\ncookie own_*\n}"})
	collectors := []string{
		"/matomo.php", "/matomo.php?idsite=1&rec=1", "/analytics/matomo.php?idsite=1", "/piwik.php?rec=1", "/MATOMO/../matomo.php",
		"/%6datomo.php", "/./matomo.php", "/x/..//matomo.php",
		"/g/collect?v=2&tid=G-ABC", "/metrics/g/collect?v=2&tid=G-ABC", "/collect?v=1&tid=UA-1-1", "/j/collect?v=1&tid=UA-1-1",
		"/ppms.php?idsite=1", "/i/v0/e/?ip=1", "/ingest/e/?compression=gzip", "/e/?ip=1&ver=1.2", "/decide/?v=3&ip=1",
		"/com.snowplowanalytics.snowplow/tp2", "/b/ss/suite/1/JS-2.22/s1?AQB=1", "/cdn-cgi/rum",
		"/_vercel/insights/view", "/ee/v1/interact", "/count", "/count?p=/",
	}
	for _, path := range collectors {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			before := e.origin.served.Load()
			v := e.visit(t)
			a := v.do(method, path, "", "Sec-Fetch-Dest", "empty", "Accept", "*/*")
			if a.StatusCode != 204 || e.origin.served.Load() != before {
				t.Errorf("%s %s: %s, %d requests reached the origin", method, path, a.Status, e.origin.served.Load()-before)
			}
			a.wantHeader(t, "Cache-Control", "no-store")
		}
	}
	v := e.visit(t)
	v.choose("accept")
	for _, path := range collectors[:3] {
		v.get(path).want(t, 200)
	}
	for _, path := range []string{"/collect", "/collect?v=2", "/matomo.phpx", "/docs/matomo.php.html", "/e/", "/counter", "/api/count", "/g/collection?v=2"} {
		before := e.origin.served.Load()
		if e.visit(t).get(path); e.origin.served.Load() != before+1 {
			t.Errorf("%s didn't reach the origin", path)
		}
	}
}
