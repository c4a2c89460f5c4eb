package module_test

import (
	"net/http"
	"strings"
	"testing"
)

// held returns how many visits are held under the ID, and its events.
func (e *edge) held(id string) (visits int, events []string) {
	e.t.Helper()
	held := e.heldUnder(id)
	list, _ := held["visits"].([]any)
	rows, _ := held["events"].([]any)
	for _, row := range rows {
		events = append(events, row.(map[string]any)["event"].(string))
	}
	return len(list), events
}

// Policy 3.4.1 (3): whoever gives up a part of what was allowed withdraws that
// part's data too.
func TestGivingUpAPartWithdrawsTheWhole(t *testing.T) {
	e := start(t, options{gate: "service matomo {\n window 24mo\n }", app: "cross_border allow"})
	v := e.visit(t)
	v.choose("save", "statistics")
	first := v.consentID()
	v.get("/a")
	if visits, _ := e.held(first); visits == 0 {
		t.Fatal("the visit wasn't recorded")
	}
	v.choose("save", "matomo")
	second := v.consentID()
	if second == first {
		t.Error("what stays allowed goes on under the withdrawn ID")
	}
	if visits, events := e.held(first); visits != 0 || strings.Join(events, " ") != "given withdrawn" {
		t.Errorf("%d visits are held under the old ID, events %v", visits, events)
	}
	if _, events := e.held(second); strings.Join(events, " ") != "given" {
		t.Errorf("events of the new ID: %v", events)
	}
	v.choose("save", "statistics")
	if v.consentID() != second {
		t.Error("allowing more began a new consent")
	}
}

// Policy 7.1: a new edition replaces the old. It makes a consent stale; what was recorded under it is still the
// visitor's to withdraw.
func TestStaleConsentIsWithdrawnWithItsData(t *testing.T) {
	e := start(t, options{})
	v := e.visit(t)
	v.choose("accept")
	id := v.consentID()
	v.get("/a")
	if err := e.load(options{app: "policy 2026-06-01"}); err != nil {
		t.Fatal(err)
	}
	if state := v.state()["state"]; state != "stale" {
		t.Fatalf("under the new edition the choice is %v", state)
	}
	v.choose("refuse")
	if visits, events := e.held(id); visits != 0 || strings.Join(events, " ") != "given withdrawn" {
		t.Errorf("%d visits are held, events %v", visits, events)
	}
}

func TestStaleConsentThatIsRenewedKeepsItsID(t *testing.T) {
	e := start(t, options{})
	v := e.visit(t)
	v.choose("accept")
	id := v.consentID()
	if err := e.load(options{app: "policy 2026-06-01"}); err != nil {
		t.Fatal(err)
	}
	v.client.CloseIdleConnections() // the old configuration's server is closing them
	v.choose("accept")
	if renewed := v.consentID(); renewed != id {
		t.Errorf("%s became %s: a later withdrawal would miss what lies under the old one", id, renewed)
	}
}

// The cookie of a withdrawn consent may live on in another browser profile, in a
// backup, or, when the operator erased it, in the visitor's own browser.
func TestCookieOfARevokedConsentAllowsNothing(t *testing.T) {
	e := start(t, options{})
	for name, revoke := range map[string]func(v *visitor, id string){
		"withdrawn by the visitor": func(v *visitor, _ string) { v.choose("withdraw") },
		"erased by the operator": func(_ *visitor, id string) {
			if status, body := e.askAdmin(http.MethodPost, "/consent/erase?id="+id); status != http.StatusOK {
				t.Fatalf("erase: %d %s", status, body)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := e.visit(t)
			v.choose("accept")
			id, cookie := v.consentID(), v.cookies["privacy_choice"]
			revoke(v, id)
			v.cookies["privacy_choice"] = cookie
			if state := v.state()["state"]; state != "refused" {
				t.Errorf("the old cookie means %v", state)
			}
			v.get("/a")
			if visits, _ := e.held(id); visits != 0 {
				t.Errorf("%d visits are recorded under it", visits)
			}
			if err := e.load(options{}); err != nil {
				t.Fatal(err)
			}
			if state := v.state()["state"]; state != "refused" {
				t.Errorf("after a reload it means %v", state)
			}
		})
	}
}

// A page in the browser's cache is confirmed with 304; the visit is one all the
// same.
func TestConfirmedPageIsAVisit(t *testing.T) {
	e := start(t, options{})
	e.origin.serve(versioned(`"v1"`))
	v := e.visit(t)
	v.choose("accept")
	etag := v.get("/a").Header.Get("Etag")
	if a := v.get("/a", "If-None-Match", etag); a.StatusCode != http.StatusNotModified {
		t.Fatalf("the page isn't confirmed: %s", a.Status)
	}
	if visits, _ := e.held(v.consentID()); visits != 2 {
		t.Errorf("%d visits are recorded", visits)
	}
}

// What a consent allowed may no longer run at all, because the operator has since
// forbidden transfer abroad. Refusing or erasing still ends that consent.
func TestConsentToWhatNoLongerRunsCanBeEnded(t *testing.T) {
	for _, test := range []struct {
		name, event string
		end         func(v *visitor)
	}{
		{"refused", "withdrawn", func(v *visitor) { v.choose("refuse") }},
		{"erased", "erased", func(v *visitor) { v.post("erase", nil).want(v.t, http.StatusSeeOther) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := start(t, options{app: "cross_border allow"})
			v := e.visit(t)
			v.choose("save", "youtube")
			id := v.consentID()
			if err := e.load(options{app: "cross_border deny"}); err != nil {
				t.Fatal(err)
			}
			v.client.CloseIdleConnections() // the old configuration's server is closing them
			test.end(v)
			if _, events := e.held(id); strings.Join(events, " ") != "given "+test.event {
				t.Errorf("events %v", events)
			}
			if ips, _ := e.heldUnder(id)["ip_records"].([]any); len(ips) != 0 {
				t.Errorf("%d addresses are still held", len(ips))
			}
		})
	}
}
