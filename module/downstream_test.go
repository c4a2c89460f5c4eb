package module_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/module"
	"github.com/mamen-ai/consentgate/storage"
)

const (
	vendorID    = "0123456789abcdef"
	vendorToken = "f0e1d2c3b4a5968778695a4b3c2d1e0f"
)

// fakeMatomo holds visits of one visitor, and may be down.
type fakeMatomo struct {
	*httptest.Server
	mu     sync.Mutex
	visits int
	down   bool
	calls  []string
	wrong  []string
	asked  chan string
}

func newMatomo(t *testing.T) *fakeMatomo {
	m := &fakeMatomo{visits: 2, asked: make(chan string, 99)}
	m.Server = httptest.NewServer(m)
	t.Cleanup(m.Close)
	t.Setenv("TEST_MATOMO_TOKEN", vendorToken)
	return m
}

func (m *fakeMatomo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r.ParseForm()
	method := r.URL.Query().Get("method")
	m.calls = append(m.calls, method)
	defer func() { m.asked <- method }()
	if r.PostForm.Get("token_auth") != vendorToken {
		m.wrong = append(m.wrong, "token of "+method)
	}
	switch {
	case m.down:
		w.WriteHeader(http.StatusServiceUnavailable)
	case method == "PrivacyManager.findDataSubjects":
		if segment := r.PostForm.Get("segment"); segment != "visitorId=="+vendorID || r.PostForm.Get("idSite") != "3" {
			m.wrong = append(m.wrong, "segment "+segment)
		}
		found := []map[string]int{}
		for i := range m.visits {
			found = append(found, map[string]int{"idVisit": 10 + i, "idSite": 3})
		}
		json.NewEncoder(w).Encode(found)
	case method == "PrivacyManager.deleteDataSubjects":
		for i := 0; r.PostForm.Get(fmt.Sprintf("visits[%d][idvisit]", i)) != ""; i++ {
			m.visits--
		}
		io.WriteString(w, `{"log_visit":2}`)
	default:
		io.WriteString(w, "[]")
	}
}

func (m *fakeMatomo) set(down bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.down = down
}

// wait returns when the method was called.
func (m *fakeMatomo) wait(t *testing.T, method string) {
	t.Helper()
	timeout := time.After(30 * time.Second)
	for {
		select {
		case asked := <-m.asked:
			if asked == method {
				return
			}
		case <-timeout:
			t.Fatalf("%s isn't called", method)
		}
	}
}

// options are those of a site whose visitors Matomo deletes.
func (m *fakeMatomo) options() options {
	return options{
		app: "cross_border allow\ndownstream matomo matomo " + m.URL + " {\ntoken {env.TEST_MATOMO_TOKEN}\nsite 3\n}",
	}
}

// deletions waits until the condition holds, and what was destroyed is scrubbed.
func (e *edge) deletions(t *testing.T, holds func(pending, overdue, done int) bool) {
	t.Helper()
	var s module.Status
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		status, body := e.askAdmin(http.MethodGet, "/consent/status")
		if err := json.Unmarshal([]byte(body), &s); status != http.StatusOK || err != nil {
			t.Fatalf("status: %d, %v", status, err)
		}
		scrubbed := !slices.ContainsFunc(s.Acts, func(act storage.Act) bool { return act.Scrubbed.IsZero() })
		for _, c := range s.VendorDeletions.Counts {
			if scrubbed && holds(c.Pending, c.Overdue, c.Done) {
				return
			}
		}
	}
	t.Fatalf("deletions are %+v", s.VendorDeletions)
}

// files returns every byte of the store. Another process reads them: this one would
// drop the locks of its own database.
func (e *edge) files(t *testing.T) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(e.store(), "*"))
	if err != nil || len(names) < 3 {
		t.Fatalf("files %q, %v", names, err)
	}
	all, err := exec.CommandContext(t.Context(), "cat", names...).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(all)
}

// leaves checks that nothing of the visitor or the token is anywhere.
func (m *fakeMatomo) leaves(t *testing.T, e *edge) {
	t.Helper()
	_, metrics := e.askAdmin(http.MethodGet, "/metrics")
	_, status := e.askAdmin(http.MethodGet, "/consent/status")
	_, config := e.askAdmin(http.MethodGet, "/config/")
	for where, text := range map[string]string{"log": e.logged(), "metrics": metrics, "status": status, "configuration": config} {
		if strings.Contains(text, vendorID) || strings.Contains(text, vendorToken) {
			t.Errorf("the %s names the visitor or the token", where)
		}
	}
	if !strings.Contains(config, "{env.TEST_MATOMO_TOKEN}") {
		t.Error("the configuration doesn't show the placeholder")
	}
}

// Policy 3.4.1 (3), 3.6.2: what was withdrawn is deleted at the vendor too, by the
// identifier that the visit or the withdrawal itself shows.
func TestWithdrawalDeletesAtTheVendor(t *testing.T) {
	for name, withdraw := range map[string]func(e *edge, v *visitor){
		"by the visitor": func(_ *edge, v *visitor) { v.choose("withdraw") },
		"by the visitor, of what only the records show": func(_ *edge, v *visitor) {
			delete(v.cookies, "_pk_id.3.1fff")
			v.choose("withdraw")
		},
		"by the operator": func(e *edge, v *visitor) {
			if status, body := e.askAdmin(http.MethodPost, "/consent/erase?id="+v.consentID()); status != http.StatusOK {
				t.Fatalf("erase: %d %s", status, body)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			matomo := newMatomo(t)
			e := start(t, matomo.options())
			e.origin.serve(func(w http.ResponseWriter, _ *http.Request) {
				writePage(w, `<!doctype html><html lang=en><head><script src="/matomo.js"></script></head><body>x</body></html>`)
			})
			v := e.person(t)
			v.choose("accept")
			v.cookies["_pk_id.3.1fff"] = vendorID + ".1764000000."
			v.get("/a")
			if held := e.heldUnder(v.consentID()); !strings.Contains(fmt.Sprint(held), vendorID) {
				t.Fatalf("the visit doesn't show the vendor's identifier: %v", held)
			}
			withdraw(e, v)
			e.deletions(t, func(pending, _, done int) bool { return pending == 0 && done == 1 })
			matomo.mu.Lock()
			defer matomo.mu.Unlock()
			want := "PrivacyManager.findDataSubjects PrivacyManager.deleteDataSubjects PrivacyManager.findDataSubjects Live.getVisitorProfile"
			if got := strings.Join(matomo.calls, " "); got != want || matomo.visits != 0 || matomo.wrong != nil {
				t.Errorf("calls %s; %d visits left; wrong: %q", got, matomo.visits, matomo.wrong)
			}
			matomo.leaves(t, e)
			e.wantCommand(0, []string{"verify"}, "nothing of what was destroyed is found")
			if strings.Contains(e.files(t), vendorID) {
				t.Error("the vendor's identifier is still in the database files")
			}
		})
	}
}

// A vendor that is down keeps nothing from the visitor's withdrawal; the operator
// learns of it.
func TestVendorThatIsDownIsAskedAgain(t *testing.T) {
	matomo := newMatomo(t)
	matomo.set(true)
	e := start(t, matomo.options())
	v := e.person(t)
	v.choose("accept")
	v.cookies["_pk_id.3.1fff"] = vendorID + ".1764000000."
	v.choose("withdraw")
	if state := v.state()["state"]; state != "refused" {
		t.Errorf("state %v", state)
	}
	matomo.wait(t, "PrivacyManager.findDataSubjects")
	e.deletions(t, func(pending, overdue, done int) bool { return pending == 1 && overdue == 0 && done == 0 })
	for deadline := time.Now().Add(30 * time.Second); e.metric("consentgate_vendor_deletion_failures_total") != 1; {
		if time.Now().After(deadline) {
			t.Fatal("the failure isn't counted")
		}
	}
	if got := e.metric("consentgate_vendor_deletions_pending"); got != 1 {
		t.Errorf("%v pending", got)
	}
	matomo.leaves(t, e)
	e.wantCommand(0, []string{"status"}, "DELETIONS AT VENDORS")

	e.execute("UPDATE deletions SET due_at = 1, next_at = 1") // days later
	if got := e.metric("consentgate_vendor_deletions_overdue"); got != 1 {
		t.Errorf("%v overdue", got)
	}
	e.wantCommand(2, []string{"status"}, "1 deletions at matomo are past their day")
	matomo.set(false)
	if err := e.load(options{app: matomo.options().app + "\nchoice_months 5"}); err != nil {
		t.Fatal(err)
	}
	e.deletions(t, func(pending, overdue, done int) bool { return pending == 0 && overdue == 0 && done == 1 })
	e.wantCommand(0, []string{"status"}, "no problems")
	if strings.Contains(e.files(t), vendorID) {
		t.Error("the vendor's identifier is still in the database files")
	}
}

func TestForgedCookiesQueueLittle(t *testing.T) {
	matomo := newMatomo(t)
	matomo.set(true)
	e := start(t, matomo.options())
	v := e.person(t)
	v.choose("accept")
	for i := range 40 {
		v.cookies[fmt.Sprintf("_pk_id.%d.1fff", i)] = fmt.Sprintf("%016x.1764000000.", i)
		v.cookies[fmt.Sprintf("_pk_id.%d.2fff", i)] = "somebody,visitorId!=0"
	}
	v.choose("withdraw")
	e.deletions(t, func(pending, _, _ int) bool { return pending == 16 })
}

// Policy 5.1.2, 3.4.1 (1): the page says what a withdrawal means at each service.
func TestPageTellsWhatAWithdrawalMeansAtTheService(t *testing.T) {
	matomo := newMatomo(t)
	o := matomo.options()
	o.gate = "languages en\nservice matomo posthog ga4"
	e := start(t, o)
	page := e.visit(t).get("/.privacy/").body
	for text, want := range map[string]int{
		"your data at the service is deleted too":                     1, // Matomo
		"Withdrawing does not delete your data":                       1, // PostHog, not set up
		"data deleted at the service: after a withdrawal it keeps it": 1, // Google Analytics
		"0123456789abcdef": 0,
	} {
		if got := strings.Count(page, text); got != want {
			t.Errorf("%q stands there %d times, not %d", text, got, want)
		}
	}
}

func TestWrongDownstreamFailsTheLoad(t *testing.T) {
	t.Setenv("TEST_MATOMO_TOKEN", vendorToken)
	e := start(t, options{})
	for line, want := range map[string]string{
		"downstream own matomo https://a.kz {\ntoken x\nsite 1\n}":                      "no site has a service of that name",
		"downstream matomo matomo https://a.kz {\ntoken {env.TEST_NO_TOKEN}\nsite 1\n}": "{env.TEST_NO_TOKEN} is empty",
		"downstream matomo matomo {env.TEST_MATOMO_TOKEN} {\ntoken x\nsite 1\n}":        "write that of the installation",
	} {
		if err := e.load(options{app: line}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", line, err)
		}
	}
	described := "service own {\ncategory statistics\ncookie own_id\n%s\n}"
	line := "downstream own matomo https://a.kz {\ntoken x\nsite 1\n}"
	if err := e.load(options{app: line, gate: fmt.Sprintf(described, "")}); err == nil || !strings.Contains(err.Error(), "has no visitor_id") {
		t.Error(err)
	}
	if err := e.load(options{app: line, gate: fmt.Sprintf(described, "visitor_id own_id")}); err != nil {
		t.Error(err)
	}
}
