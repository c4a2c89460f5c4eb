package module_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// The events that tools post to addresses a site could use for something else.
const (
	plausibleEvent = `{"n":"pageview","v":24,"u":"https://shop.test/","d":"shop.test","r":null}`
	umamiEvent     = `{"type":"event","payload":{"website":"b59e9c65","hostname":"shop.test","language":"en","url":"/"}}`
)

// collectorShapes are the requests by which tools send data to the site's own
// hosts, with the service each is counted for.
var collectorShapes = []struct{ service, method, path, contentType, body string }{
	{"ga4", "POST", "/g/collect?v=2&tid=G-ABC&cid=1.2", "text/plain", "en=page_view"},
	{"ga4", "GET", "/metrics/g/collect?v=2&tid=G-ABC", "", ""},
	{"ga4", "GET", "/a/b/g/collect?tid=G-ABC&v=2", "", ""},
	{"ga4", "GET", "/metrics/gtag/js?id=G-ABC", "", ""},
	{"ga4", "GET", "//g/collect?v=2&tid=G-ABC", "", ""},
	{"ga4", "GET", "/g///collect?v=2&tid=G-ABC", "", ""},
	{"ga4", "GET", "/%67/coll%65ct?v=2&tid=G-ABC", "", ""},
	{"ga4", "GET", "/x/%2e%2e/g/collect?%76=2", "", ""},
	{"ga4", "GET", "/G/Collect?v=2&tid=G-ABC", "", ""},
	{"ga4", "POST", "/g/collect/?v=2&tid=G-ABC", "", ""},
	{"ga_ua", "POST", "/j/collect?v=1&tid=UA-1-1", "", ""},
	{"gtm", "GET", "/metrics/gtm.js?id=GTM-ABC", "", ""},
	{"matomo", "POST", "/matomo.php?idsite=1&rec=1", "application/x-www-form-urlencoded", "x=1"},
	{"matomo", "GET", "/piwik.php", "", ""},
	{"matomo", "GET", "/stats/Matomo.php?idsite=1", "", ""},
	{"matomo", "HEAD", "/matomo.php/x", "", ""},
	{"piwik_pro", "POST", "/ppms.php?idsite=1", "", ""},
	{"plausible", "GET", "/js/plausible.js", "", ""},
	{"plausible", "GET", "/js/plausible.outbound-links.js", "", ""},
	{"plausible", "POST", "/api/event", "text/plain", plausibleEvent},
	{"plausible", "POST", "/pl/api/event", "application/json", plausibleEvent},
	{"umami", "POST", "/api/send", "application/json", umamiEvent},
	{"umami", "POST", "/umami/api/send?x", "application/json", umamiEvent},
	{"posthog", "POST", "/e/?ip=1&_=1700000000000&ver=1.2", "text/plain", "data=x"},
	{"posthog", "POST", "/i/v0/e/?compression=gzip-js", "text/plain", "x"},
	{"posthog", "POST", "/ingest/s/?x", "", ""},
	{"posthog", "POST", "/decide/?v=3&ip=1", "", ""},
	{"snowplow", "POST", "/com.snowplowanalytics.snowplow/tp2", "application/json", "{}"},
	{"snowplow", "GET", "/i?e=pv&url=x&tv=js-3.1", "", ""},
	{"adobe_analytics", "GET", "/b/ss/suite/1/JS-2.22/s1?AQB=1", "", ""},
	{"adobe_analytics", "POST", "/ee/v1/interact?configId=1", "application/json", "{}"},
	{"vercel_analytics", "POST", "/_vercel/insights/view", "application/json", "{}"},
	{"vercel_analytics", "POST", "/_vercel/speed-insights/vitals", "", ""},
	{"cf_web_analytics", "POST", "/cdn-cgi/rum?", "application/json", "{}"},
	{"sentry", "POST", "/api/42/envelope/?sentry_key=k&sentry_version=7", "text/plain", "{}"},
}

// ownShapes are requests of sites that look like those and aren't.
var ownShapes = []struct{ method, path, contentType, body string }{
	{"POST", "/api/event", "application/json", `{"title":"Concert"}`},
	{"POST", "/api/event", "text/plain", strings.Repeat("x", 100_000)},
	{"GET", "/api/event", "", ""},
	{"POST", "/api/events", "text/plain", plausibleEvent},
	{"POST", "/api/send", "application/json", `{"type":"mail","payload":{"text":"hello"}}`},
	{"POST", "/api/collect", "application/json", `{"type":"debt"}`},
	{"GET", "/e/", "", ""}, {"GET", "/e/?ip=1", "", ""}, {"POST", "/s/", "", "q=1"}, {"GET", "/s/?q=shoes", "", ""},
	{"GET", "/collect", "", ""}, {"POST", "/collect?v=2", "", "x=1"}, {"POST", "/g/collect", "", ""}, {"GET", "/g/collect?v=1", "", ""}, {"GET", "/g/collection?v=2", "", ""},
	{"GET", "/i?e=1", "", ""}, {"GET", "/i/1.png", "", ""}, {"GET", "/decide/?v=3", "", ""}, {"GET", "/b/ss/", "", ""},
	{"GET", "/matomo", "", ""}, {"GET", "/matomo.php.html", "", ""}, {"GET", "/docs/xmatomo.php", "", ""}, {"GET", "/cdn-cgi/trace", "", ""},
	{"GET", "/js/plausible-denial.js", "", ""}, {"GET", "/gtag/js", "", ""}, {"GET", "/gtm.js", "", ""}, {"GET", "/api/42/envelope/", "", ""},
	{"GET", "/search?q=/matomo.php", "", ""}, {"GET", "/go/https://www.google-analytics.com/g/collect", "", ""},
}

// TestCollectorsNeverReachTheOrigin pins that no data goes to a denied service by
// way of the site itself, whatever the method, and that each request is counted.
func TestCollectorsNeverReachTheOrigin(t *testing.T) {
	e := start(t, options{app: "cross_border allow"})
	counted := make(map[string]float64)
	for _, shape := range collectorShapes {
		methods := []string{shape.method}
		if shape.body == "" || shape.method == "GET" {
			methods = []string{"GET", "POST", "HEAD", "OPTIONS", "PUT"}
		}
		for _, method := range methods {
			before := e.origin.served.Load()
			a := e.visit(t).do(method, shape.path, shape.body, "Content-Type", shape.contentType,
				"X-HTTP-Method-Override", "GET", "Sec-Fetch-Dest", "empty", "Accept", "*/*")
			if a.StatusCode != http.StatusNoContent || e.origin.served.Load() != before {
				t.Errorf("%s %s: %s, %d requests reached the origin", method, shape.path, a.Status, e.origin.served.Load()-before)
			}
			counted[shape.service]++
		}
	}
	for service, want := range counted {
		if got := e.metric(`consentgate_blocked_total{layer="collector",service="` + service + `"}`); got != want {
			t.Errorf("%s: %v are counted, want %v", service, got, want)
		}
	}
}

// TestAllowedCollectorsAndOwnAddressesAreForwarded pins that what isn't a denied
// collector arrives as it was sent.
func TestAllowedCollectorsAndOwnAddressesAreForwarded(t *testing.T) {
	e := start(t, options{app: "cross_border allow"})
	var method, uri, body string
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body) // a body that breaks off differs
		method, uri, body = r.Method, r.RequestURI, string(raw)
	})
	forwarded := func(v *visitor, asked, path, contentType, sent string) {
		t.Helper()
		method, uri, body = "", "", ""
		a := v.do(asked, path, sent, "Content-Type", contentType, "Sec-Fetch-Dest", "empty", "Accept", "*/*")
		if a.StatusCode != http.StatusOK || method != asked || uri != path || body != sent {
			t.Errorf("%s %s with %d bytes: %s; the origin got %s %s with %d bytes", asked, path, len(sent), a.Status, method, uri, len(body))
		}
	}
	for _, shape := range ownShapes {
		forwarded(e.visit(t), shape.method, shape.path, shape.contentType, shape.body)
	}
	v := e.visit(t)
	v.choose("accept")
	for _, shape := range collectorShapes {
		forwarded(v, shape.method, shape.path, shape.contentType, shape.body)
	}
}
