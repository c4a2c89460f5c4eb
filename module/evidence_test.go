package module_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
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
	receipt := decode(v.t, []byte(v.get("/.privacy/receipt").body))["receipt"].(map[string]any)
	return receipt["pii_principal_id"].(string)
}

// heldUnder asks the admin API what is kept under a consent ID.
func (e *edge) heldUnder(id string) map[string]any {
	e.t.Helper()
	_, body := e.askAdmin(http.MethodGet, "/consent/export?id="+id)
	return decode(e.t, []byte(body))
}

// TestReceiptVerifies pins that a visitor can prove what was chosen with nothing
// but the receipt: the signature is over its exact bytes.
func TestReceiptVerifies(t *testing.T) {
	e := start(t, options{app: "cross_border allow\ncontroller \"ТОО «МАК IT» <&>\" {\nid 191240029778\naddress \"Алматы\"\nemail info@mamen.ai\n}"})
	v := e.person(t)
	v.get("/.privacy/receipt").want(t, 404)
	v.choose("save", "statistics", "youtube")
	a := v.get("/.privacy/receipt")
	a.want(t, 200)
	a.wantHeader(t, "Content-Disposition", `attachment; filename="consent-receipt.json"`)
	var signed struct {
		Receipt              json.RawMessage
		Algorithm, Signature string
		PublicKey            string `json:"public_key"`
	}
	if err := json.Unmarshal([]byte(a.body), &signed); err != nil {
		t.Fatal(err)
	}
	key, err := base64.StdEncoding.DecodeString(signed.PublicKey)
	if err != nil || len(key) != ed25519.PublicKeySize || signed.Algorithm != "Ed25519" {
		t.Fatalf("key %q of %s: %v", signed.PublicKey, signed.Algorithm, err)
	}
	signature, err := base64.StdEncoding.DecodeString(signed.Signature)
	if err != nil {
		t.Fatal(err)
	}
	if !ed25519.Verify(key, signed.Receipt, signature) {
		t.Fatal("the signature doesn't verify")
	}
	for i := range signed.Receipt {
		changed := append([]byte(nil), signed.Receipt...)
		changed[i] ^= 1
		if ed25519.Verify(key, changed, signature) {
			t.Fatalf("the signature verifies with byte %d changed", i)
		}
	}
	receipt := decode(t, signed.Receipt)
	controller := receipt["pii_controller"].(map[string]any)
	event := receipt["events"].([]any)[0].(map[string]any)
	for name, pair := range map[string][2]any{
		"controller": {controller["name"], "ТОО «МАК IT» <&>"}, "BIN": {controller["id"], "191240029778"},
		"event": {event["event"], "given"}, "method": {event["method"], "banner"}, "site": {event["site"], "shop.test"},
		"edition": {event["edition"], "2025-03-12"}, "cross border": {event["cross_border"], true},
		"withdrawal": {receipt["withdrawal_method"], "http://shop.test:" + e.port + "/.privacy/"},
		"head":       {receipt["ledger_row_hash"], event["row_hash"]},
	} {
		if pair[0] != pair[1] {
			t.Errorf("%s: %v, want %v", name, pair[0], pair[1])
		}
	}
	// The key stays the same, so that an old receipt can be checked against it.
	if again := decode(t, []byte(v.get("/.privacy/receipt").body)); again["public_key"] != signed.PublicKey {
		t.Error("the key changed")
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
