package module_test

import (
	"database/sql"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"
)

// execute changes the running store's database behind its back.
func (e *edge) execute(statement string) {
	e.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(e.store(), "consentgate.db")+"?_pragma=busy_timeout(5000)")
	if err != nil {
		e.t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec(statement); err != nil {
		e.t.Fatal(err)
	}
}

// sabotage makes the running store refuse every row of a table, as a full disk
// would.
func (e *edge) sabotage(table string) {
	e.t.Helper()
	e.execute("CREATE TRIGGER full BEFORE INSERT ON " + table + " BEGIN SELECT RAISE(ABORT, 'disk full'); END")
}

// TestStorageFailureKeepsPagesAndBlocks pins the rule of failure: pages flow,
// everything stays blocked, a choice gets 503 and an alarm, until the failure is
// mended (design §7).
func TestStorageFailureKeepsPagesAndBlocks(t *testing.T) {
	for name, fail := range map[string]func(*edge) (mend func() error){
		"ledger": func(e *edge) func() error {
			e.sabotage("ledger")
			return func() error { e.execute("DROP TRIGGER full"); return nil }
		},
		"keys": func(e *edge) func() error {
			return func() error { return os.Remove(filepath.Join(e.dir, "caddy")) }
		},
		"directory": func(e *edge) func() error {
			if err := os.Rename(e.store(), e.store()+".away"); err != nil {
				t.Fatal(err)
			}
			return func() error { return os.Rename(e.store()+".away", e.store()) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := start(t, options{app: "cross_border allow", prepare: func(e *edge) {
				if name != "keys" { // they are read once
					return
				}
				if err := os.WriteFile(filepath.Join(e.dir, "caddy"), nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}})
			e.origin.serve(func(w http.ResponseWriter, r *http.Request) { writePage(w, trackerPage) })
			mend := fail(e)
			v := e.visit(t)
			v.get("/").want(t, 200, bannerMark, blockedScript)
			a := v.post("choice", url.Values{"choice": {"accept"}, "return": {"/"}})
			a.want(t, 503, "</html>")
			a.wantHeader(t, "Set-Cookie", "")
			a.wantHeader(t, "Location", "")
			if a.Header.Get("Retry-After") == "" {
				t.Error("the answer doesn't say when to try again")
			}
			script := v.post("choice", url.Values{"choice": {"accept"}}, "Accept", "application/json")
			script.want(t, 503)
			if got := decode(t, []byte(script.body)); got["state"] != "undecided" {
				t.Errorf("answer %v", got)
			}
			v.get("/", "Cookie", "privacy_choice=x").want(t, 200, bannerMark, blockedScript)
			v.get("/.privacy/").want(t, 200)
			if got := e.metric("consentgate_choice_failures_total"); got != 2 {
				t.Errorf("%v failures counted", got)
			}
			if got := e.metric("consentgate_choices_total"); got != 0 {
				t.Errorf("%v choices counted", got)
			}
			if up := e.metric("consentgate_storage_up"); (up == 1) != (name != "directory") {
				t.Errorf("consentgate_storage_up is %v", up)
			}
			if name == "keys" { // what needs none is answered
				e.wantCommand(2, []string{"status"}, "Choices are refused, and nothing can be signed")
				e.wantCommand(0, []string{"verify"}, "the chain is whole")
			}
			if err := mend(); err != nil {
				t.Fatal(err)
			}
			v.choose("accept")
			v.get("/").want(t, 200, controlMark)
			if up := e.metric("consentgate_storage_up"); up != 1 {
				t.Errorf("consentgate_storage_up is %v once it is mended", up)
			}
		})
	}
}

// TestFailedErasureIsAnAlarm pins that a withdrawal counts even when the records
// couldn't be destroyed at once, and that the operator learns of it.
func TestFailedErasureIsAnAlarm(t *testing.T) {
	e := start(t, options{})
	v := e.person(t)
	v.choose("accept")
	v.get("/")
	e.sabotage("acts")
	v.choose("withdraw")
	if state := v.state(); state["state"] != "refused" {
		t.Errorf("state %v", state)
	}
	if got := e.metric("consentgate_erase_failures_total"); got != 1 {
		t.Errorf("%v failures counted", got)
	}
	if !strings.Contains(e.logged(), "the scheduler tries again") {
		t.Error("the log doesn't say what to do")
	}
}

// TestUnusableStoreFailsTheLoad pins that a bad path is refused at once, and
// named.
func TestUnusableStoreFailsTheLoad(t *testing.T) {
	e := start(t, options{})
	file := filepath.Join(e.dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	err := e.load(options{app: "storage sqlite " + filepath.Join(file, "data")})
	if err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("error %v", err)
	}
	e.visit(t).choose("accept")
}

// TestReportsAreCountedAndNeverStored pins POST /.privacy/report: whatever comes,
// the answer is 204, and only numbers remain.
func TestReportsAreCountedAndNeverStored(t *testing.T) {
	e := start(t, options{})
	report := func(blocked, disposition string) string {
		raw, err := json.Marshal(map[string]any{"csp-report": map[string]string{"blocked-uri": blocked, "disposition": disposition}})
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	for _, body := range []string{
		report("https://mc.yandex.ru/watch/1?secret=1", "report"),
		report("https://mc.yandex.ru/watch/1", "enforce"),
		report("https://unheard.example/x?secret=2", "report"),
		`{"guard":{"https://mc.yandex.ru/metrika/tag.js":3,"nobody":9,"https://www.google-analytics.com/":-4,"https://www.googletagmanager.com/gtm.js":99999999}}`,
		`{"csp-report":{"blocked-uri":"inline"}}`, "", "null", "[]", `{"csp-report":1}`, "\x00", strings.Repeat("[", 10_000), strings.Repeat(" ", 20<<10) + "{}",
	} {
		for _, site := range []string{"same-origin", "cross-site", ""} {
			a := e.visit(t).do(http.MethodPost, "/.privacy/report", body, "Content-Type", "application/csp-report", "Sec-Fetch-Site", site)
			if a.StatusCode != 204 {
				t.Errorf("%.40q: %s", body, a.Status)
			}
		}
	}
	for metric, want := range map[string]float64{
		`consentgate_leaks_reported_total{service="yandex_metrica"}`:        3,
		`consentgate_blocked_total{layer="csp",service="yandex_metrica"}`:   3,
		`consentgate_blocked_total{layer="guard",service="yandex_metrica"}`: 9,
		`consentgate_blocked_total{layer="guard",service="gtm"}`:            3000,
		`consentgate_blocked_total{layer="guard",service="nobody"}`:         0,
		`consentgate_blocked_total{layer="guard",service="ga4"}`:            0,
		`consentgate_unknown_reported_total`:                                3,
	} {
		if got := e.metric(metric); got != want {
			t.Errorf("%s %v, want %v", metric, got, want)
		}
	}
	if log := e.logged(); strings.Contains(log, "secret") || strings.Contains(log, "unheard") {
		t.Errorf("the log holds a report: %s", log)
	}
}
