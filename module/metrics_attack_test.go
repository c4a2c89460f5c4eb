package module_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"

	dto "github.com/prometheus/client_model/go"
)

// maxSeries is how many series of ours a Prometheus may have to keep, whatever
// visitors send.
const maxSeries = 200

// series counts the lines of a scrape, as Prometheus keeps them.
func series(families map[string]*dto.MetricFamily) (count int) {
	for _, family := range families {
		for _, m := range family.Metric {
			count++
			if h := m.GetHistogram(); h != nil {
				count += len(h.Bucket) + 1 // and sum
			}
		}
	}
	return count
}

// catalogued are the services of the catalogue as an attacker reads them.
func catalogued(t *testing.T) (list []struct {
	ID                        string
	Scripts, Collect, Cookies []string
}) {
	t.Helper()
	raw, err := os.ReadFile("../internal/catalogue/services.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(raw, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

// concrete returns something that a pattern of the catalogue matches.
func concrete(pattern string) string {
	return strings.NewReplacer("*", "x").Replace(pattern)
}

// TestAttackersMakeFewSeries pins that forged hosts, methods, paths, cookies,
// queries and reports of every service can't fill a Prometheus, and take nothing
// away from what the site itself shows.
func TestAttackersMakeFewSeries(t *testing.T) {
	e := start(t, options{})
	attack := func() (requests int) {
		v := e.visit(t)
		send := func(method, path, body string, header ...string) {
			v.do(method, path, body, header...)
			requests++
		}
		var cookies []string
		guard := make(map[string]int)
		for i, service := range catalogued(t) {
			for _, cookie := range service.Cookies {
				cookies = append(cookies, concrete(cookie)+"=1")
			}
			for _, host := range append(service.Scripts, service.Collect...) {
				address := "https://" + strings.TrimPrefix(concrete(host), "wss://")
				for _, disposition := range []string{"enforce", "report"} {
					send(http.MethodPost, "/.privacy/report", fmt.Sprintf(`{"csp-report":{"blocked-uri":%q,"disposition":%q}}`, address, disposition))
				}
				guard[address] = 1
				if path := host; strings.HasPrefix(path, "/") {
					send(http.MethodGet, concrete(path), "", "Sec-Fetch-Dest", "empty")
				}
			}
			if len(cookies) > 40 {
				send(http.MethodGet, "/", "", "Cookie", strings.Join(cookies, "; "))
				cookies = nil
			}
			if len(guard) > 20 {
				raw, err := json.Marshal(map[string]any{"guard": guard})
				if err != nil {
					t.Fatal(err)
				}
				send(http.MethodPost, "/.privacy/report", string(raw))
				clear(guard)
			}
			send("FORGED"+service.ID, "/"+service.ID, "")
			send(http.MethodPost, "/.privacy/choice", "choice="+service.ID+"&allow="+service.ID+"&return=/"+service.ID)
			send(http.MethodPost, "/.privacy/"+service.ID, "")
			v.host = fmt.Sprintf("h%d.attack.test", i)
			v.header.Set("User-Agent", service.ID+"/1.0")
			v.header.Set("Accept-Language", service.ID)
		}
		return requests
	}
	if sent := attack(); sent < 1000 {
		t.Fatalf("only %d requests were made", sent)
	}
	forged := series(e.families())
	t.Logf("%d series after an attack", forged)
	for _, layer := range []string{"csp", "guard"} {
		if e.metric(fmt.Sprintf(`consentgate_blocked_total{layer=%q,service="other"}`, layer)) == 0 {
			t.Errorf("nothing is folded at the layer %s: the attack was too small", layer)
		}
	}
	if e.metric(`consentgate_leaks_reported_total{service="other"}`) == 0 {
		t.Error("no leak is folded: the attack was too small")
	}

	// The site is what it always was.
	e.session(t)
	for metric, want := range map[string]float64{
		`consentgate_blocked_total{layer="set_cookie",service="ga4"}`:         3,
		`consentgate_blocked_total{layer="element",service="yandex_metrica"}`: 3,
		`consentgate_blocked_total{layer="inline",service="ga4"}`:             3,
	} {
		if got := e.metric(metric); got != want {
			t.Errorf("%s %v, want %v: an attack has taken its place", metric, got, want)
		}
	}
	// What the site shows is told by name where browsers report it, too.
	leaked := `consentgate_leaks_reported_total{service="meta_pixel"}`
	before := e.metric(leaked)
	e.visit(t).do(http.MethodPost, "/.privacy/report", `{"csp-report":{"blocked-uri":"https://www.facebook.com/tr","disposition":"report"}}`)
	if got := e.metric(leaked); got != before+1 {
		t.Errorf("%s %v after %v", leaked, got, before)
	}

	// A page with every service there is, which is the site's own doing.
	var page strings.Builder
	for _, service := range catalogued(t) {
		for _, host := range service.Scripts {
			fmt.Fprintf(&page, "<script src=\"https://%s\"></script><img src=\"https://%[1]s/x.gif\">", concrete(host))
		}
	}
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		for _, service := range catalogued(t) {
			for _, cookie := range service.Cookies {
				w.Header().Add("Set-Cookie", concrete(cookie)+"=1")
			}
		}
		writePage(w, "<!doctype html><title>x</title>"+page.String())
	})
	e.visit(t).get("/")
	attack()
	families := e.families()
	if got := series(families); got > maxSeries {
		for name, family := range families {
			t.Logf("%s %d", name, len(family.Metric))
		}
		t.Errorf("%d series, want at most %d", got, maxSeries)
	} else {
		t.Logf("%d series after another, on a site with everything", got)
	}
	total := e.metric("consentgate_blocked_total")
	if named := e.metric(`consentgate_blocked_total{service="other"}`); named == 0 || named >= total {
		t.Errorf("%v of %v are folded", named, total)
	}
}
