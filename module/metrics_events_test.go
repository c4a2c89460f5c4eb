package module_test

import (
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// hold locks the running store's database against its writer, until release.
func (e *edge) hold() (release func()) {
	e.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(e.store(), "consentgate.db")+"?_pragma=busy_timeout(5000)&_txlock=immediate")
	if err != nil {
		e.t.Fatal(err)
	}
	lock, err := db.BeginTx(e.t.Context(), nil)
	if err != nil {
		e.t.Fatal(err)
	}
	return func() {
		lock.Rollback()
		db.Close()
	}
}

// eventually waits until the metric satisfies the condition.
func (e *edge) eventually(metric string, holds func(float64) bool) {
	e.t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !holds(e.metric(metric)); {
		if time.Now().After(deadline) {
			e.t.Fatalf("%s stays %v", metric, e.metric(metric))
		}
	}
}

// TestEachMetricTellsOfItsEvent drives every metric by what it is about, and reads
// it back: one that isn't driven here fails the test.
func TestEachMetricTellsOfItsEvent(t *testing.T) {
	t.Setenv("TEST_MATOMO_TOKEN", "0123456789abcdef0123456789abcdef")
	matomo := newMatomo(t)
	matomo.set(true)
	o := matomo.options()
	e := start(t, o)
	table := "visits_visits_" + strings.ReplaceAll(daysAgo(t, 0), "-", "")
	driven := make(map[string]bool)
	positive := func(v float64) bool { return v > 0 }
	is := func(want float64) func(float64) bool { return func(v float64) bool { return v == want } }
	rises := func(metric string, event func()) {
		t.Helper()
		driven[strings.SplitN(metric, "{", 2)[0]] = true
		before := e.metric(metric)
		event()
		e.eventually(metric, func(v float64) bool { return v > before })
	}
	becomes := func(metric string, holds func(float64) bool, event func()) {
		t.Helper()
		driven[strings.SplitN(metric, "{", 2)[0]] = true
		if holds(e.metric(metric)) {
			t.Errorf("%s is %v before anything happened", metric, e.metric(metric))
		}
		event()
		e.eventually(metric, holds)
	}
	stands := func(metric string, holds func(float64) bool) { // needs no event
		t.Helper()
		driven[strings.SplitN(metric, "{", 2)[0]] = true
		e.eventually(metric, holds)
	}
	answers := func(coding, body string) {
		e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
			if coding != "" {
				w.Header().Set("Content-Encoding", coding)
			}
			writePage(w, body)
		})
	}
	look := func() { e.visit(t).get("/") }
	report := func(host string) func() {
		return func() {
			e.visit(t).do(http.MethodPost, "/.privacy/report", `{"csp-report":{"blocked-uri":"https://`+host+`/x","disposition":"report"}}`)
		}
	}
	ask := func(method, path string) func() { return func() { e.askAdmin(method, path) } }
	const forever = int64(1) << 42 // milliseconds, in 2109

	stands(`consentgate_edition_info{edition="2025-03-12"}`, is(1))
	stands("consentgate_storage_up", is(1))
	stands("consentgate_ledger_verify_ok", is(1))
	stands("consentgate_storage_free_bytes", func(v float64) bool { return v > 1<<20 })
	stands(`consentgate_window_seconds{kind="visits"}`, func(v float64) bool { return v > 424*86400 && v < 429*86400 })
	stands("consentgate_purge_last_success_timestamp_seconds", func(v float64) bool { return v > float64(time.Now().Unix()-600) })

	answers("", trackerPage)
	rises("consentgate_banner_shown_total", look)
	rises("consentgate_rewrite_bytes_total", look)
	rises("consentgate_rewrite_seconds", look)
	rises(`consentgate_blocked_total{layer="element",service="yandex_metrica"}`, look)
	answers("", "<!doctype html><title>x</title><body><img alt=\""+strings.Repeat("x", 1<<20)+"\" src=x.gif>")
	rises(`consentgate_oversize_total{what="tag"}`, look)
	answers("compress", "anything")
	rises("consentgate_undecodable_pages_total", look)
	answers("", `<!doctype html><title>x</title><script src="https://unheard.example/a.js"></script>`)
	becomes(`consentgate_unknown_third_parties{source="page"}`, is(1), look)
	becomes(`consentgate_unknown_third_parties{source="report"}`, is(1), report("unseen.example"))
	rises("consentgate_unknown_reported_total", report("unseen.example"))
	rises(`consentgate_leaks_reported_total{service="yandex_metrica"}`, report("mc.yandex.ru"))

	answers("", simplePage)
	v := e.person(t)
	rises("consentgate_commit_seconds", func() { v.choose("refuse") })
	rises(`consentgate_choices_total{choice="given",method="banner"}`, func() { v.choose("accept") })
	becomes(`consentgate_parts{kind="visits",state="live"}`, is(2), func() { v.get("/") })
	becomes(`consentgate_oldest_readable_row_age_seconds{kind="visits"}`, func(v float64) bool { return v > 3600 }, func() {
		e.execute("UPDATE parts SET first_at = first_at - 7200000") // hours later
	})
	rises("consentgate_storage_size_bytes", func() { v.choose("accept") })
	release := e.hold()
	driven["consentgate_queue_depth"] = true
	for e.metric("consentgate_queue_depth") == 0 { // the writer waits with what it took before
		v.get("/")
	}
	release()
	e.eventually("consentgate_queue_depth", is(0))
	rises("consentgate_dropped_visits_total", func() {
		e.sabotage(table)
		v.get("/")
		e.eventually("consentgate_dropped_visits_total", positive)
		e.execute("DROP TRIGGER full")
	})

	rises("consentgate_requests_open", func() { e.addRequest("access", "") })
	becomes("consentgate_requests_overdue", is(1), func() {
		e.wantCommand(0, []string{"request", "add", "--received", daysAgo(t, 30), "--kind", "erase", "--by", "letter"})
	})
	stands("consentgate_requests_next_due_timestamp_seconds", positive)
	e.closeRequest(2, "refused")

	v.cookies["_pk_id.3.1fff"] = vendorID + ".1764000000."
	becomes(`consentgate_vendor_deletions_pending{service="matomo"}`, is(1), func() { v.choose("withdraw") })
	e.eventually(`consentgate_vendor_deletion_failures_total{service="matomo"}`, positive)
	driven["consentgate_vendor_deletion_failures_total"] = true
	becomes(`consentgate_vendor_deletions_overdue{service="matomo"}`, is(1), func() { e.execute("UPDATE deletions SET due_at = 1") })
	stands(`consentgate_destroyed_rows_total{kind="visits",reason="consent_revoked"}`, positive)

	becomes("consentgate_copies_overdue", is(1), func() {
		e.wantCommand(0, []string{"backup", filepath.Join(e.dir, "copy.db")})
		e.execute("UPDATE copies SET delete_by = 1")
	})

	// Destruction fails, is overdue, and leaves something behind.
	e.person(t).choose("accept") // whose record stays until its window ends
	second := e.person(t)
	second.choose("accept")
	second.get("/")
	e.sabotage("acts")
	rises("consentgate_erase_failures_total", func() { second.choose("withdraw") })
	stands("consentgate_pending_erasures", is(1))
	becomes("consentgate_purge_overdue_parts", positive, func() { e.execute("UPDATE parts SET drop_at = 1 WHERE state = 'live'") })
	rises("consentgate_purge_failures_total", ask(http.MethodPost, "/consent/purge"))
	e.execute("DROP TRIGGER full")
	rises(`consentgate_destroyed_rows_total{kind="visits",reason="window_ended"}`, ask(http.MethodPost, "/consent/purge"))
	if got := e.metric("consentgate_purge_overdue_parts") + e.metric("consentgate_pending_erasures"); got != 0 {
		t.Errorf("%v are still overdue or pending", got)
	}
	e.person(t).choose("accept")
	reader, err := sql.Open("sqlite", "file:"+filepath.Join(e.store(), "consentgate.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	snapshot, err := reader.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var rows int
	if err := snapshot.QueryRow("SELECT count(*) FROM ledger").Scan(&rows); err != nil { // the log can't be emptied from now on
		t.Fatal(err)
	}
	becomes("consentgate_erasure_residual_bytes", positive, func() {
		e.execute("UPDATE parts SET drop_at = 1 WHERE state = 'live'")
		e.askAdmin(http.MethodPost, "/consent/purge")
		e.askAdmin(http.MethodGet, "/consent/verify")
	})
	if err := errors.Join(snapshot.Rollback(), reader.Close()); err != nil {
		t.Fatal(err)
	}
	e.askAdmin(http.MethodPost, "/consent/purge")
	e.eventually("consentgate_erasure_residual_bytes", is(0))

	// Neither the clock nor the ledger is what it was.
	becomes("consentgate_clock_guard_tripped", is(1), func() {
		e.execute(fmt.Sprintf("UPDATE meta SET value = %d WHERE name = 'clock_mark'", forever))
		o.app += "\nchoice_months 5"
		if err := e.load(o); err != nil {
			t.Fatal(err)
		}
	})
	becomes("consentgate_ledger_verify_ok", is(0), func() {
		e.execute("DROP TRIGGER ledger_no_update")
		e.execute("UPDATE ledger SET event = 'given' WHERE seq = 1")
		e.askAdmin(http.MethodGet, "/consent/status")
	})
	rises("consentgate_choice_failures_total", func() {
		e.sabotage("ledger")
		e.visit(t).post("choice", url.Values{"choice": {"accept"}})
	})
	becomes("consentgate_storage_up", is(0), func() {
		if err := os.Rename(e.store(), e.store()+".away"); err != nil {
			t.Fatal(err)
		}
	})
	if err := os.Rename(e.store()+".away", e.store()); err != nil {
		t.Fatal(err)
	}
	e.eventually("consentgate_storage_up", is(1))
	for name := range e.families() {
		if !driven[name] {
			t.Errorf("nothing drives %s", name)
		}
	}
	// What an operator installs beside the server names what is really there.
	named := regexp.MustCompile(`consentgate_[a-z_]+`)
	for _, file := range []string{"../deploy/grafana/consentgate.json", "../deploy/prometheus/consentgate.rules.yml", "../docs/operating.md"} {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range named.FindAllString(string(raw), -1) {
			if !driven[strings.TrimSuffix(name, "_bucket")] {
				t.Errorf("%s: %s isn't in /metrics", file, name)
			}
		}
		for name := range driven {
			if !strings.HasSuffix(file, ".yml") && !strings.Contains(string(raw), name) {
				t.Errorf("%s doesn't name %s", file, name)
			}
		}
	}
}

// TestTotalsSurviveReloads pins that no counter and no histogram begins anew with a
// configuration.
func TestTotalsSurviveReloads(t *testing.T) {
	o := options{}
	e := start(t, o)
	e.session(t)
	totals := func() map[string]float64 {
		sums := make(map[string]float64)
		for name, family := range e.families() {
			for _, m := range family.Metric {
				key := name
				for _, label := range m.Label {
					key += "," + label.GetName() + "=" + label.GetValue()
				}
				if m.Counter != nil || m.Histogram != nil {
					sums[key] = m.GetCounter().GetValue() + float64(m.GetHistogram().GetSampleCount())
				}
			}
		}
		return sums
	}
	before := totals()
	if len(before) < 20 {
		t.Fatalf("only %d totals: %v", len(before), before)
	}
	for months := range 3 {
		o.app = fmt.Sprintf("choice_months %d", months+1)
		if err := e.load(o); err != nil {
			t.Fatal(err)
		}
		after := totals()
		for key, want := range before {
			if after[key] < want {
				t.Errorf("after reload %d %s is %v, was %v", months+1, key, after[key], want)
			}
		}
	}
}
