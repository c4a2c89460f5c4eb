package module_test

import (
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/internal/receipt"
	"github.com/mamen-ai/consentgate/storage"
)

// personIP is where the requests of a person seem to come from.
const personIP = "203.0.113.77"

// person returns a visitor behind a trusted proxy that tells the address.
func (e *edge) person(t *testing.T) *visitor {
	v := e.visit(t)
	v.header.Set("X-Forwarded-For", personIP)
	return v
}

// data returns what the export says is held.
func (v *visitor) data() map[string]any {
	v.t.Helper()
	a := v.get("/.privacy/data")
	a.want(v.t, 200)
	a.wantHeader(v.t, "Content-Disposition", `attachment; filename="privacy-data.json"`)
	return decode(v.t, []byte(a.body))
}

// consentID returns the pseudonym under which the visitor's records are kept.
func (v *visitor) consentID() string {
	v.t.Helper()
	issued, _, err := receipt.Verify([]byte(v.get("/.privacy/receipt").body), "")
	if err != nil {
		v.t.Fatal(err)
	}
	return issued.Record.Subject
}

// heldUnder asks the admin API what is kept under a consent ID.
func (e *edge) heldUnder(id string) map[string]any {
	e.t.Helper()
	_, body := e.askAdmin(http.MethodGet, "/consent/export?id="+id)
	return decode(e.t, []byte(body))
}

// TestReceiptVerifies pins that a visitor can prove what was chosen with nothing
// but the receipt, and that the operator can show the very texts it refers to.
func TestReceiptVerifies(t *testing.T) {
	policyFile := filepath.Join(t.TempDir(), "privacy.pdf")
	if err := os.WriteFile(policyFile, []byte("%PDF-1.7 edition"), 0o600); err != nil {
		t.Fatal(err)
	}
	e := start(t, options{app: "cross_border allow\npolicy 2025-03-12 /privacy.pdf " + policyFile +
		"\ncontroller \"ТОО «МАК IT» <&>\" {\nid 191240029778\naddress \"Алматы\"\nemail info@mamen.ai\n}"})
	v := e.person(t)
	v.get("/.privacy/receipt").want(t, 404)
	v.choose("save", "statistics", "youtube")
	a := v.get("/.privacy/receipt")
	a.want(t, 200)
	a.wantHeader(t, "Content-Disposition", `attachment; filename="consent-receipt.json"`)
	issued, key, err := receipt.Verify([]byte(a.body), "")
	if err != nil {
		t.Fatal(err)
	}
	record, row := issued.Record, issued.Ledger[0]
	controller := record.Entities["controller"]
	for name, pair := range map[string][2]any{
		"controller": {controller.Name, "ТОО «МАК IT» <&>"}, "BIN": {controller.Identifier, "191240029778"},
		"event": {row.Event, storage.Given}, "method": {row.Method, storage.ByBanner}, "site": {row.Site, "shop.test"},
		"edition": {row.Edition.String(), "2025-03-12"}, "cross border": {row.CrossBorder, true},
		"withdrawal": {record.Withdrawal, "http://shop.test:" + e.port + "/.privacy/"},
		"statistics": {record.Processes[1].Status[0].Type[0], "dpv:ConsentGiven"},
		"marketing":  {record.Processes[2].Status[0].Type[0], "dpv:ConsentRefused"},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %v, want %v", name, pair[0], pair[1])
		}
	}
	for hash, want := range map[string]string{
		row.NoticeSHA256: "ТОО «МАК IT»", row.TermsSHA256: `"dct:language":"ru"`, row.EditionSHA256: "%PDF-1.7 edition",
	} {
		code, body := e.askAdmin(http.MethodGet, "/consent/document?sha256="+hash)
		var document struct{ Body []byte }
		if err := json.Unmarshal([]byte(body), &document); code != 200 || err != nil {
			t.Fatalf("document %s: %d %s", hash, code, body)
		}
		if text := html.UnescapeString(string(document.Body)); !strings.Contains(text, want) {
			t.Errorf("document %s: %.200q, want %s", hash, text, want)
		}
	}
	if code, body := e.askAdmin(http.MethodGet, "/consent/verify"); code != 200 || !strings.Contains(body, `"unresolved":0`) {
		t.Errorf("verify: %d %s", code, body)
	}
	// The key stays the same, so that an old receipt can be checked against it.
	if _, again, err := receipt.Verify([]byte(v.get("/.privacy/receipt").body), key); err != nil || again != key {
		t.Errorf("the key changed: %s, %v", again, err)
	}
}

// TestExportAndErasure pins the data subject's rights at the edge (policy 3.4.1):
// to see what is held, and to have it destroyed.
func TestExportAndErasure(t *testing.T) {
	e := start(t, options{})
	v, bystander := e.person(t), e.person(t)
	for _, each := range []*visitor{v, bystander} {
		each.choose("accept")
		each.get("/page?secret=1", "Referer", "https://search.example/?q=private")
		each.post("visit", url.Values{"path": {"/app/route?secret=2"}}).want(t, 204)
	}
	held := v.data()
	if ips := held["ip_records"].([]any); len(ips) == 0 || ips[0].(map[string]any)["ip"] != "203.0.113.0" {
		t.Errorf("IP records %v, want the masked address", ips)
	}
	visits := held["visits"].([]any)
	if len(visits) != 2 {
		t.Fatalf("visits %v", visits)
	}
	page, route := visits[0].(map[string]any), visits[1].(map[string]any)
	if page["path"] == "/app/route" {
		page, route = route, page
	}
	if page["path"] != "/page" || page["referrer"] != "search.example" || page["browser"] != "Firefox" || page["os"] != "Linux" || route["path"] != "/app/route" {
		t.Errorf("visits %v", visits)
	}
	if raw, _ := json.Marshal(held); strings.Contains(string(raw), "secret") || strings.Contains(string(raw), "private") || strings.Contains(string(raw), personIP) {
		t.Errorf("the records hold too much: %s", raw)
	}

	before, id := v.cookies["privacy_choice"], v.consentID()
	a := v.post("erase", url.Values{"return": {"/.privacy/"}})
	a.want(t, 303)
	a.wantHeader(t, "Location", "/.privacy/?message=erased")
	v.get("/.privacy/data").want(t, 404)
	v.get("/", "Cookie", "privacy_choice="+before) // an old cookie in another tab writes nothing new
	if state := decode(t, []byte(v.get("/.privacy/state", "Cookie", "privacy_choice="+before).body)); state["state"] == "allowed" {
		t.Error("the erased choice still counts")
	}
	after := e.heldUnder(id)
	if ips, _ := after["ip_records"].([]any); len(ips) > 0 {
		t.Errorf("IP records are left: %v", ips)
	}
	if visits, _ := after["visits"].([]any); len(visits) > 0 {
		t.Errorf("visits are left: %v", visits)
	}
	if events := after["events"].([]any); len(events) != 2 {
		t.Errorf("the ledger's evidence is gone: %v", events)
	}
	if visits := bystander.data()["visits"].([]any); len(visits) != 2 {
		t.Errorf("another visitor's records were destroyed: %v", visits)
	}
}

// TestFullAddressesOnRequest pins the option ip.
func TestFullAddressesOnRequest(t *testing.T) {
	e := start(t, options{app: "ip full"})
	v := e.person(t)
	v.choose("accept")
	if ip := v.data()["ip_records"].([]any)[0].(map[string]any)["ip"]; ip != personIP {
		t.Errorf("IP %v", ip)
	}
}

// TestWithdrawalDestroysWhatWasRecorded pins policy 3.6.2 (3).
func TestWithdrawalDestroysWhatWasRecorded(t *testing.T) {
	e := start(t, options{})
	for _, withdraw := range []string{"withdraw", "refuse", "save"} {
		v := e.person(t)
		v.choose("accept")
		v.get("/page")
		if len(v.data()["visits"].([]any)) == 0 {
			t.Fatal("nothing was recorded")
		}
		id := v.consentID()
		v.choose(withdraw)
		held := e.heldUnder(id)
		if ips, _ := held["ip_records"].([]any); len(ips) > 0 {
			t.Errorf("%s: IP records are left: %v", withdraw, ips)
		}
		events := held["events"].([]any)
		if last := events[len(events)-1].(map[string]any); last["event"] != "withdrawn" {
			t.Errorf("%s: the last event is %v", withdraw, last["event"])
		}
	}
}

// TestNoConsentNoRecord pins that nothing is recorded without consent, of bots,
// of prefetches and of what isn't a page.
func TestNoConsentNoRecord(t *testing.T) {
	e := start(t, options{app: "cross_border allow"})
	refused, marketing, allowed := e.person(t), e.person(t), e.person(t)
	refused.choose("refuse")
	refused.get("/")
	refused.post("visit", url.Values{"path": {"/"}}).want(t, 204)
	refused.get("/.privacy/data").want(t, 404)
	e.person(t).get("/")
	marketing.choose("save", "marketing")
	marketing.get("/")
	allowed.choose("accept")
	for _, header := range [][]string{
		{"User-Agent", "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
		{"Sec-Purpose", "prefetch;prerender"}, {"Purpose", "prefetch"}, {"Sec-Fetch-Dest", "empty"}, {"Sec-Fetch-Dest", "iframe"},
	} {
		allowed.get("/", header...)
	}
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusNotFound)
	})
	allowed.get("/missing")
	for name, v := range map[string]*visitor{"marketing": marketing, "allowed": allowed} {
		if visits, _ := v.data()["visits"].([]any); len(visits) > 0 {
			t.Errorf("%s: recorded %v", name, visits)
		}
	}
}
