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
