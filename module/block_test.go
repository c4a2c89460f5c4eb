package module_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestBlockStopsWritesAtOnceAndCanBeLifted pins policy 3.4.1 (2): what is held
// stays and isn't used, and nothing is added within one request.
func TestBlockStopsWritesAtOnceAndCanBeLifted(t *testing.T) {
	o := options{app: "cross_border allow"}
	e := start(t, o)
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) { writePage(w, trackerPage) })
	v, id := e.guest(t)
	other, otherID := e.guest(t)
	denied := func(when string, want bool) {
		t.Helper()
		if blocked := strings.Contains(v.get("/page").body, blockedScript); blocked != want {
			t.Errorf("%s: the page is gated: %v, want %v", when, blocked, want)
		}
		if state := v.state()["state"]; state != map[bool]string{true: "refused", false: "allowed"}[want] {
			t.Errorf("%s: the choice is %v", when, state)
		}
	}
	e.addRequest("block", id, "request 1: block", "The consent is blocked", "what is held stays")
	denied("blocked", true)
	e.wantHeld(id, 1, "given blocked")
	other.get("/page")
	e.wantHeld(otherID, 2, "given")
	v.get("/.privacy/?lang=en").want(t, 200, id, "Processing blocked")
	e.addRequest("block", id, "Nothing was to be changed")

	if err := e.load(options{app: o.app, gate: "languages en"}); err != nil {
		t.Fatal(err)
	}
	v.client.CloseIdleConnections() // the old configuration's server is closing them
	denied("after a reload", true)

	e.closeRequest(1, "fulfilled")
	denied("the request is fulfilled", true)
	e.closeRequest(2, "refused")
	denied("another is refused", true)
	e.wantHeld(id, 1, "given blocked")
	e.addRequest("unblock", id, "request 3: unblock", "The block is lifted")
	denied("unblocked", false)
	e.wantHeld(id, 2, "given blocked unblocked")
	e.closeRequest(3, "unidentified", "The consent is blocked again")
	denied("who unblocked isn't known", true)
	e.addRequest("unblock", id, "The block is lifted")
	e.addRequest("block", id, "The consent is blocked")
	e.closeRequest(5, "refused", "The block is lifted")
	denied("the block is refused", false)
	e.wantHeld(id, 3, "given blocked unblocked blocked unblocked blocked unblocked")
	e.wantCommand(0, []string{"verify"}, "the chain is whole")
	v.get("/.privacy/receipt").want(t, 200, "dpv:ConsentGiven", "!dpv:ConsentWithdrawn", "unblocked")
}

// TestBlockSurvivesTheStore pins that what is in force is read when the store is
// opened.
func TestBlockSurvivesTheStore(t *testing.T) {
	e := start(t, options{})
	v, id := e.guest(t)
	e.addRequest("block", id)
	elsewhere := options{app: "storage sqlite " + t.TempDir()}
	for _, o := range []options{elsewhere, {}} { // the last configuration that uses a store closes it
		if err := e.load(o); err != nil {
			t.Fatal(err)
		}
		v.client.CloseIdleConnections()
	}
	if state := v.state()["state"]; state != "refused" {
		t.Errorf("the choice is %v", state)
	}
	v.get("/again")
	e.wantHeld(id, 1, "given blocked")
}

// TestVisitorCanActWhileBlocked pins that a block doesn't take the visitor's own
// rights: allowing anew is a consent of its own, ending destroys what is held.
func TestVisitorCanActWhileBlocked(t *testing.T) {
	e := start(t, options{})
	block := func() (*visitor, string) {
		v, id := e.guest(t)
		e.addRequest("block", id)
		return v, id
	}
	v, id := block()
	v.choose("accept")
	fresh := v.consentID()
	v.get("/again")
	if fresh == id {
		t.Fatal("the visitor lifted the block")
	}
	e.wantHeld(id, 1, "given blocked")
	e.wantHeld(fresh, 1, "given")

	for name, end := range map[string]func(*visitor){
		"withdrawn": func(v *visitor) { v.choose("withdraw") },
		"erased":    func(v *visitor) { v.post("erase", nil).want(t, http.StatusSeeOther) },
	} {
		v, id := block()
		if visits, _ := v.data()["visits"].([]any); len(visits) != 1 {
			t.Errorf("the visitor sees %d visits", len(visits))
		}
		end(v)
		e.wantHeld(id, 0, "given blocked "+name)
		e.addRequest("unblock", id, "has ended")
		if state := v.state()["state"]; state != "refused" {
			t.Errorf("%s: the choice is %v", name, state)
		}
	}
}

// A stale choice asks again. Its ID must not come back to life when the operator
// has ended or blocked it.
func TestStaleChoiceDoesNotReviveItsConsent(t *testing.T) {
	for kind, events := range map[string]string{"erase": "given erased", "block": "given blocked"} {
		t.Run(kind, func(t *testing.T) {
			e := start(t, options{})
			v, id := e.guest(t)
			e.addRequest(kind, id)
			if kind == "erase" {
				e.closeRequest(1, "fulfilled")
			}
			if err := e.load(options{app: "policy 2026-06-01"}); err != nil {
				t.Fatal(err)
			}
			v.client.CloseIdleConnections() // the old configuration's server is closing them
			v.choose("accept")
			if state := v.state()["state"]; state != "allowed" || v.consentID() == id {
				t.Errorf("after a new choice: %v, under the same ID: %v", state, v.consentID() == id)
			}
			_, course := e.held(id)
			if strings.Join(course, " ") != events {
				t.Errorf("events of the old ID: %v", course)
			}
		})
	}
}
