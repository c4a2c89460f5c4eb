package module_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
)

// firstRelease puts what the first release left in its directories where the edge
// looks for it: a store of the first schema, and keys.
func (e *edge) firstRelease() {
	e.t.Helper()
	read := func(name string) []byte {
		raw, err := os.ReadFile(name)
		if err != nil {
			e.t.Fatal(err)
		}
		return raw
	}
	keys := filepath.Join(e.dir, "caddy", "consent")
	for _, dir := range []string{keys, e.store()} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			e.t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(keys, "keys.json"), read("testdata/released/keys.json"), 0o600); err != nil {
		e.t.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+filepath.Join(e.store(), "consentgate.db")+"?_pragma=auto_vacuum(2)")
	if err != nil {
		e.t.Fatal(err)
	}
	defer db.Close()
	for _, script := range []string{string(read("../storage/sqlite/testdata/first-schema.sql")), "PRAGMA user_version = 1"} {
		if _, err := db.Exec(script); err != nil {
			e.t.Fatal(err)
		}
	}
}

// TestFirstReleaseIsTakenOver pins that an upgrade is seen by nobody: the visitor's
// choice and receipt, and the auditor's checkpoint, hold as they did.
func TestFirstReleaseIsTakenOver(t *testing.T) {
	e := start(t, options{prepare: (*edge).firstRelease})
	zone, err := time.LoadLocation("Asia/Almaty")
	if err != nil {
		t.Fatal(err)
	}
	codec, err := consent.NewCodec(e.keyring(), "mamen.ai")
	if err != nil {
		t.Fatal(err)
	}
	id, err := consent.ParseID("a1b2030405060708090a0b0c0d0e0f10")
	if err != nil {
		t.Fatal(err)
	}
	v := e.visit(t)
	v.host = "mamen.ai"
	v.cookies["privacy_choice"] = codec.Encode(consent.Choice{
		State: consent.Allowed, Categories: consent.SetOf(consent.Statistics), ID: id,
		Edition: policy.Day{Year: 2025, Month: 3, Day: 12}, Day: policy.DayOf(time.Now(), zone).AddMonths(-1),
	})
	const key = "consentgate+7980cfdf+AdhkvrOyK8dBfByE3y1c5IrOsDEBChwob9KCYczVXY4P"
	check := func(when string) {
		t.Helper()
		if state := v.state(); state["state"] != "allowed" || v.consentID() != id.String() {
			t.Errorf("%s the choice is %v", when, state)
		}
		e.wantCommand(0, []string{"verify-receipt", "testdata/released/receipt.json", "--key", key}, "The receipt is valid", id.String())
		e.wantCommand(0, []string{"verify", "--checkpoint", "testdata/released/checkpoint.txt"}, "ledger: 4 rows, the chain is whole", "the rows up to 4 as they were")
		e.wantCommand(0, []string{"keys"}, key)
	}
	check("upgraded,")
	e.wantCommand(0, []string{"rotate-keys"}, "signed before by\n")
	check("upgraded and rotated,")
}
