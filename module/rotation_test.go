package module_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
)

// checkpoint keeps the ledger's signed state in a file, and returns the key that
// checks it.
func (e *edge) checkpoint() (file, key string) {
	e.t.Helper()
	out := e.wantCommand(0, []string{"checkpoint"})
	note, rest, _ := strings.Cut(out, "key: ")
	key, _, _ = strings.Cut(rest, "\n")
	return write(e.t, note), key
}

// TestRotationIsNoticedByNobody pins that new keys cost no visitor a choice and no
// auditor a proof, on every site of a store, at once and after a restart.
func TestRotationIsNoticedByNobody(t *testing.T) {
	o := options{host: "one.test", sites: "http://two.test:{port} {\nbind {ip}\nconsent_gate\n{proxy}\n}"}
	e := start(t, o)
	one, two, refusing := e.visit(t), e.visit(t), e.visit(t)
	one.host, two.host, refusing.host = "one.test", "two.test", "two.test"
	one.choose("accept")
	two.choose("save", "statistics")
	refusing.choose("refuse")
	before := map[*visitor]string{one: one.consentID(), two: two.consentID()}
	receipt := write(t, one.get("/.privacy/receipt").body)
	note, key := e.checkpoint()

	check := func(when string) {
		t.Helper()
		for v, id := range before {
			if state := v.state(); state["state"] != "allowed" || v.consentID() != id {
				t.Errorf("%s the choice at %s is %v", when, v.host, state)
			}
			v.get("/").want(t, 200, "!"+bannerMark)
		}
		if state := refusing.state(); state["state"] != "refused" {
			t.Errorf("%s the refusal is %v", when, state)
		}
		e.wantCommand(0, []string{"verify-receipt", receipt, "--key", key}, "The receipt is valid")
		e.wantCommand(0, []string{"verify", "--checkpoint", note}, "the rows up to 3 as they were")
	}
	for range 2 {
		e.wantCommand(0, []string{"rotate-keys"}, "signed before by\n", key, "consent/keys.json")
		check("rotated,")
	}
	e.wantCommand(0, []string{"keys"}, key, "choices are signed by key 3\n", "key 2 verifies those", "key 1 verifies those")
	if _, present := e.checkpoint(); present == key {
		t.Error("the key of before still signs")
	}
	issued := one.get("/.privacy/receipt").body
	if strings.Contains(issued, key) {
		t.Error("a new receipt is signed by the key of before")
	}
	if info, err := os.Stat(filepath.Join(e.dir, "caddy", "consent", "keys.json")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("keys.json: %v, %v", info.Mode(), err)
	}
	if strings.Contains(e.wantCommand(0, []string{"keys", "--json"}), `"receipts"`) {
		t.Error("the command shows a secret")
	}
	later := e.visit(t)
	later.host = "one.test"
	later.choose("accept")
	before[later] = later.consentID()

	if err := e.load(options{host: o.host, sites: o.sites, gate: "languages en"}); err != nil {
		t.Fatal(err)
	}
	check("reloaded,")
	if err := caddy.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := e.load(o); err != nil {
		t.Fatal(err)
	}
	check("restarted,")
	e.wantCommand(0, []string{"status"}, "no problems")
}

// TestRevokedKeysAskAgain pins what an operator does about a leak: nothing that
// whoever has the keys can make counts any more, and what was recorded stays.
func TestRevokedKeysAskAgain(t *testing.T) {
	e := start(t, options{})
	v := e.visit(t)
	v.choose("accept")
	id := v.consentID()
	note, key := e.checkpoint()
	e.wantCommand(0, []string{"rotate-keys"})
	e.wantCommand(0, []string{"rotate-keys", "--revoke"}, ", revoked\n", "choices are signed by key 3\n")
	if out := e.wantCommand(0, []string{"keys"}, key); strings.Contains(out, "verifies those") || strings.Count(out, "revoked") != 1 {
		t.Errorf("keys that were revoked are in use:\n%s", out)
	}
	if state := v.state(); state["state"] != "undecided" {
		t.Errorf("state %v", state)
	}
	v.get("/").want(t, 200, bannerMark)
	v.choose("accept")
	if state := v.state(); state["state"] != "allowed" || v.consentID() == id {
		t.Errorf("after a new choice: %v", state)
	}
	if events := e.heldUnder(id)["events"].([]any); len(events) != 1 {
		t.Errorf("%d events under the ID of before", len(events))
	}
	// The first key was replaced, not revoked; the second was.
	e.wantCommand(0, []string{"verify", "--checkpoint", note}, "the rows up to 1 as they were")
	second, _ := e.checkpoint()
	e.wantCommand(0, []string{"rotate-keys", "--revoke"})
	e.wantCommand(0, []string{"verify", "--checkpoint", second}, "was revoked: whoever has it", "the rows up to 2 as they were")
	e.wantCommand(0, []string{"status"}, "no problems")
}

// TestCommandsAboutKeysNeedAServer pins that nothing is changed without one.
func TestCommandsAboutKeysNeedAServer(t *testing.T) {
	e := newEdge(t)
	e.wantCommand(1, []string{"keys"}, "no server answers at "+e.admin)
	e.wantCommand(1, []string{"rotate-keys"}, "no server answers at "+e.admin)
	e.wantCommand(1, []string{"rotate-keys", "now"}, "unknown command")
}
