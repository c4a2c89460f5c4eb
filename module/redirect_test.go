package module_test

import (
	"net/http"
	"net/url"
	"testing"
)

// TestRedirectsDontLeadThroughDeniedServicesUnseen pins what becomes of an origin's
// redirect: a page that leads on through a service that isn't allowed asks first,
// what a page loads by itself gets nothing, and everything else goes out as it is.
func TestRedirectsDontLeadThroughDeniedServicesUnseen(t *testing.T) {
	const (
		tracker = "https://ad.admitad.com/g/abc/?ulp=https%3A%2F%2Fpartner.example%2F"
		unknown = "https://partner.example/offer"
	)
	for _, test := range []struct {
		name     string
		unknown  string
		location string
		dest     string
		accept   string
		status   int // 302: it goes out as it is
	}{
		{"page to a tracker", "allow", tracker, "document", "text/html", 200},
		{"page to a tracker, without Fetch Metadata", "allow", tracker, "", "text/html", 200},
		{"page to a tracker, passed on by a worker", "allow", tracker, "worker", "text/html", 200},
		{"page to a login, passed on by a worker", "allow", "https://id.vk.com/authorize?x=1", "worker", "text/html", 302},
		{"page to a login", "allow", "https://id.vk.com/authorize?x=1", "document", "text/html", 302},
		{"a program is no visitor", "allow", tracker, "", "application/json", 302},
		{"page to another site by a click", "block", unknown, "click", "text/html", 302},
		{"page to another site by itself", "block", unknown, "document", "text/html", 200},
		{"page to another site by itself, unknown allowed", "allow", unknown, "document", "text/html", 302},
		{"page to another site, without Fetch Metadata", "block", unknown, "", "text/html", 302},
		{"page that is fetched ahead", "block", unknown, "prefetch", "text/html", 204},
		{"page of the site itself", "block", "/other", "document", "text/html", 302},
		{"image to a tracker", "allow", tracker, "image", "image/*", 204},
		{"frame to a tracker", "allow", tracker, "iframe", "text/html", 204},
		{"script to another site, unknown allowed", "allow", unknown, "script", "*/*", 302},
		{"script to another site, unknown blocked", "block", unknown, "script", "*/*", 204},
		{"download of the site itself", "block", "https://shop.test/file", "empty", "*/*", 302},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := start(t, options{app: "cross_border allow", gate: "service admitad\nunknown " + test.unknown})
			e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Set-Cookie", "session=1")
				http.Redirect(w, r, test.location, http.StatusFound)
			})
			v := e.visit(t)
			header := []string{"Accept", test.accept, "Sec-Fetch-Dest", test.dest}
			switch test.dest {
			case "click":
				header = append(header, "Sec-Fetch-Dest", "document", "Sec-Fetch-User", "?1")
			case "worker":
				header = append(header, "Sec-Fetch-Dest", "empty", "Sec-Fetch-Mode", "navigate")
			case "prefetch":
				header = append(header, "Sec-Fetch-Dest", "document", "Sec-Purpose", "prefetch")
			}
			a := v.get("/go?id=7", header...)
			a.wantHeader(t, "Set-Cookie", "session=1")
			switch test.status {
			case 302:
				a.want(t, 302)
				a.wantHeader(t, "Location", test.location)
				return
			case 200:
				if test.location == tracker {
					a.want(t, 200, "<h1>Admitad</h1>", `href="`+tracker+`"`, `name="return" value="/go?id=7"`, "ad.admitad.com", "!Found")
				} else {
					a.want(t, 200, "<h1>partner.example</h1>", `href="`+unknown+`"`, "!<form", "!Found")
				}
			case 204:
				a.want(t, 204)
			}
			a.wantHeader(t, "Location", "")
			a.wantHeader(t, "Cache-Control", "private, no-store")
		})
	}
}

func TestAllowedRedirectGoesOn(t *testing.T) {
	e := start(t, options{app: "cross_border allow"})
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://ad.admitad.com/g/abc/", http.StatusFound)
	})
	v := e.visit(t)
	asked := v.get("/go", "Accept-Language", "en")
	asked.want(t, 200, "Allow Admitad here")
	// What the form of that page posts.
	a := v.post("choice", url.Values{"from": {"embed"}, "choice": {"save"}, "allow": {"admitad"}, "return": {"/go"}})
	a.want(t, 303)
	if location := a.destination(); location != "/go" {
		t.Errorf("leads to %q", location)
	}
	v.get("/go").want(t, 302)
	if got := e.metric(`consentgate_blocked_total{layer="redirect",service="admitad"}`); got != 1 {
		t.Errorf("%v are counted", got)
	}
}
