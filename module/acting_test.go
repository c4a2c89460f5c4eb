package module_test

import (
	"net/http"
	"testing"
)

// Browsers act on these headers outside of the page's policy.
func TestHeadersThatActForDeniedServicesDontReachTheVisitor(t *testing.T) {
	e := start(t, options{app: "cross_border allow"})
	denied := map[string]string{
		"Report-To":           `{"group":"default","max_age":10886400,"endpoints":[{"url":"https://mc.yandex.ru/report"}]}`,
		"Reporting-Endpoints": `default="https://mc.yandex.ru/report"`,
		"Speculation-Rules":   `"https://mc.yandex.ru/rules.json"`,
		"Refresh":             "5; url=https://mc.yandex.ru/go",
	}
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		for name, value := range denied {
			w.Header().Set(name, value)
		}
		w.Header().Add("Reporting-Endpoints", `own="/reports"`)
		writePage(w, simplePage)
	})
	v := e.visit(t)
	undecided := v.get("/")
	for name := range denied {
		if got := undecided.Header.Get(name); got != "" && got != `own="/reports"` {
			t.Errorf("%s: %s", name, got)
		}
	}
	if got := undecided.Header.Values("Reporting-Endpoints"); len(got) != 1 {
		t.Errorf("the site's own endpoint is gone: %q", got)
	}
	if got := e.metric(`consentgate_blocked_total{layer="header",service="yandex_metrica"}`); got != 4 {
		t.Errorf("%v are counted", got)
	}
	v.choose("accept")
	allowed := v.get("/")
	for name, want := range denied {
		if got := allowed.Header.Get(name); got != want {
			t.Errorf("allowed, %s: %s", name, got)
		}
	}
}

// A report about the page is a visit told to whom it's sent.
func TestThePoliciesOfTheSiteDontReportToDeniedServices(t *testing.T) {
	e := start(t, options{app: "cross_border allow"})
	const enforced, reported = "Content-Security-Policy", "Content-Security-Policy-Report-Only"
	const own, tracker = "img-src *", "; report-uri https://o1.ingest.sentry.io/api/1/security/?sentry_key=k"
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(enforced, own+tracker)
		w.Header().Set(reported, own+tracker)
		writePage(w, simplePage)
	})
	v := e.visit(t)
	a := v.get("/")
	a.wantHeader(t, enforced, own)
	if got := a.Header.Values(reported); got[0] != own {
		t.Errorf("%s: %q", reported, got)
	}
	v.choose("accept")
	a = v.get("/")
	a.wantHeader(t, enforced, own+tracker)
	a.wantHeader(t, reported, own+tracker)
}
