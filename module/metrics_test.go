package module_test

import (
	"bytes"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// families scrapes the admin API and returns our metrics.
func (e *edge) families() map[string]*dto.MetricFamily {
	e.t.Helper()
	_, body := e.askAdmin(http.MethodGet, "/metrics")
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(body))
	if err != nil {
		e.t.Fatal(err)
	}
	for name := range families {
		if !strings.HasPrefix(name, "consentgate_") {
			delete(families, name)
		}
	}
	return families
}

// metric returns the sum of a metric's values over all labels that aren't given;
// it is written as in a scrape: name{label="value"}.
func (e *edge) metric(written string) float64 {
	e.t.Helper()
	name, labels, _ := strings.Cut(strings.TrimSuffix(written, "}"), "{")
	family, ok := e.families()[name]
	if !ok {
		return 0
	}
	sum := 0.0
	for _, m := range family.Metric {
		var has []string
		for _, label := range m.Label {
			has = append(has, label.GetName()+`="`+label.GetValue()+`"`)
		}
		matches := true
		for label := range strings.SplitSeq(labels, ",") {
			matches = matches && (label == "" || slices.Contains(has, label))
		}
		if matches {
			sum += m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())
		}
	}
	return sum
}

// session makes one visitor meet everything: pages, choices, records, blocked
// things of each layer, reports, erasure.
func (e *edge) session(t *testing.T) (ids []string) {
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Set-Cookie"] = []string{"_ga=GA1.2.secret; Path=/"}
		w.Header()["Link"] = []string{"<https://mc.yandex.ru/x.js>; rel=preload"}
		writePage(w, strings.Replace(trackerPage, "</head>", "<script>ym(1, 'init', {}); gtag('config','G-ABC');</script></head>", 1))
	})
	v := e.person(t)
	v.get("/private/path?q=secret", "Cookie", "_ga=GA1.2.secret")
	v.get("/matomo.php?idsite=1&rec=1", "Sec-Fetch-Dest", "empty")
	v.choose("refuse")
	for range 2 {
		v.choose("accept")
		v.get("/private/path?q=secret")
		v.post("visit", url.Values{"path": {"/private/route"}})
		v.data()
		ids = append(ids, v.consentID())
		v.get("/.privacy/")
		v.choose("withdraw")
	}
	v.choose("save", "statistics")
	v.post("erase", nil)
	v.do(http.MethodPost, "/.privacy/choice", "choice=nonsense", "Sec-Fetch-Site", "cross-site")
	v.do(http.MethodPost, "/.privacy/report", `{"csp-report":{"blocked-uri":"https://mc.yandex.ru/secret","disposition":"report"}}`)
	e.askAdmin(http.MethodGet, "/consent/status")
	e.askAdmin(http.MethodPost, "/consent/purge")
	return ids
}

// TestMetricsAreCleanAndNameNobody pins the naming rules of Prometheus and that
// no label identifies a visitor: no address, ID, path or browser.
func TestMetricsAreCleanAndNameNobody(t *testing.T) {
	e := start(t, options{})
	ids := e.session(t)
	families := e.families()
	wanted := []string{
		"banner_shown_total", "choices_total", "blocked_total", "leaks_reported_total", "rewrite_bytes_total", "commit_seconds", "queue_depth",
		"dropped_visits_total", "parts", "purge_last_success_timestamp_seconds", "purge_overdue_parts", "erasure_residual_bytes",
		"destroyed_rows_total", "ledger_verify_ok", "clock_guard_tripped", "edition_info", "storage_up",
		"requests_open", "requests_overdue",
	}
	for _, name := range wanted {
		if families["consentgate_"+name] == nil {
			t.Errorf("consentgate_%s isn't there", name)
		}
	}
	var text bytes.Buffer
	simple := regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	for name, family := range families {
		if _, err := expfmt.MetricFamilyToText(&text, family); err != nil {
			t.Fatal(err)
		}
		for _, m := range family.Metric {
			for _, label := range m.Label {
				value := label.GetValue()
				if label.GetName() == "edition" && value == "2025-03-12" {
					continue
				}
				if !simple.MatchString(value) || len(value) > 41 || slices.Contains(ids, value) {
					t.Errorf("%s has the label %s=%q", name, label.GetName(), value)
				}
			}
		}
	}
	for _, word := range append(ids, "203.0.113", "private", "secret", "Firefox", "shop.test", "/") {
		for line := range strings.Lines(text.String()) {
			if !strings.HasPrefix(line, "#") && strings.Contains(line, word) {
				t.Errorf("a metric holds %q: %s", word, line)
			}
		}
	}
	problems, err := promlint.New(&text).Lint()
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		t.Errorf("%s: %s", problem.Metric, problem.Text)
	}
}

// TestCounts pins what a session counts.
func TestCounts(t *testing.T) {
	e := start(t, options{})
	e.session(t)
	for metric, want := range map[string]float64{
		`consentgate_banner_shown_total`:                                           1,
		`consentgate_choices_total{choice="given",method="banner"}`:                3,
		`consentgate_choices_total{choice="refused",method="banner"}`:              1,
		`consentgate_choices_total{choice="withdrawn",method="banner"}`:            2,
		`consentgate_choices_total{choice="erased"}`:                               1,
		`consentgate_blocked_total{layer="collector",service="matomo"}`:            1,
		`consentgate_blocked_total{layer="set_cookie",service="ga4"}`:              3,
		`consentgate_blocked_total{layer="cookie",service="ga4"}`:                  1,
		`consentgate_blocked_total{layer="link",service="yandex_metrica"}`:         3,
		`consentgate_blocked_total{layer="element",service="yandex_metrica"}`:      3,
		`consentgate_blocked_total{layer="inline",service="ga4"}`:                  3,
		`consentgate_leaks_reported_total{service="yandex_metrica"}`:               1,
		`consentgate_ledger_verify_ok`:                                             1,
		`consentgate_storage_up`:                                                   1,
		`consentgate_edition_info{edition="2025-03-12"}`:                           1,
		`consentgate_clock_guard_tripped`:                                          0,
		`consentgate_erasure_residual_bytes`:                                       0,
		`consentgate_dropped_visits_total`:                                         0,
		`consentgate_destroyed_rows_total{kind="visits",reason="consent_revoked"}`: 8,
	} {
		if got := e.metric(metric); got != want {
			t.Errorf("%s %v, want %v", metric, got, want)
		}
	}
}

// TestLogsNameNobody pins that a whole session leaves neither an address nor a
// consent ID in the log (policy 3.6: personal data lies in one place only).
func TestLogsNameNobody(t *testing.T) {
	e := start(t, options{})
	ids := e.session(t)
	if len(ids) == 0 {
		t.Fatal("the session had no consent")
	}
	e.sabotage("acts")
	v := e.person(t)
	v.choose("accept")
	v.get("/private/path")
	ids = append(ids, v.consentID())
	v.choose("withdraw") // fails to destroy, which is logged
	log := e.logged()
	if !strings.Contains(log, "couldn't be destroyed") {
		t.Fatalf("the failure isn't in the log: %s", log)
	}
	for _, word := range append(ids, "203.0.113", "private/path", "secret", "Firefox") {
		if strings.Contains(log, word) {
			t.Errorf("the log holds %q", word)
		}
	}
}
