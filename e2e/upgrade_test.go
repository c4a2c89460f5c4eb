package e2e

import (
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	_ "modernc.org/sqlite"
)

// openDatabase opens a store's file as an operator does with sqlite3.
func openDatabase(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// An older release that finds the store of a newer one doesn't start, says why in
// one sentence, and leaves the store to the newer one.
func TestOlderReleaseRefusesTheStoreOfANewer(t *testing.T) {
	s := startServer(t)
	newVisitor(t).choose(s, "accept")
	s.stop()
	path := filepath.Join(s.dataPath(), "consentgate.db")
	db := openDatabase(t, path)
	var known int
	if err := db.QueryRow("PRAGMA user_version").Scan(&known); err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(fmt.Sprintf("PRAGMA user_version = %d", known+1)); err != nil {
		t.Fatal(err)
	}
	db.Close()
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	run := exec.Command(program, "run", "--config", s.configPath())
	run.Dir, run.Env = s.dir, s.environment()
	output, err := run.CombinedOutput()
	want := fmt.Sprintf("database %s: the database has schema version %d, this consentgate knows up to %d: run the newer consentgate that wrote it", path, known+1, known)
	if err == nil || !strings.Contains(string(output), want) {
		t.Errorf("%v, want %q in\n%s", err, want, output)
	}
	if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
		t.Errorf("the store was changed, %v", err)
	}
}

// quotedSQL finds the statement by which docs/operating.md looks for those who
// withdrew after the copy.
var quotedSQL = regexp.MustCompile("`(SELECT consent_id FROM ledger [^`]*)`")

// A copy is put back as docs/operating.md tells: what it lacks is known, and whoever
// withdrew meanwhile is erased again.
func TestCopyIsPutBackAsTheManualTells(t *testing.T) {
	manual, err := os.ReadFile("../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	quoted := quotedSQL.FindSubmatch(manual)
	if quoted == nil {
		t.Fatal("the manual has no statement any more")
	}
	s := startServer(t)
	guest, leaving := newVisitor(t), newVisitor(t)
	for _, v := range []*visitor{guest, leaving} {
		v.choose(s, "accept")
		v.get(s.url("/product.html"))
	}
	copied := filepath.Join(s.dir, "copy.db")
	if output, code := s.command("consent", "backup", copied, "--address", s.adminAddress()); code != 0 {
		t.Fatal(output)
	}
	leaving.choose(s, "withdraw")
	checkpoint, code := s.command("consent", "checkpoint", "--address", s.adminAddress())
	if code != 0 {
		t.Fatal(checkpoint)
	}
	note := filepath.Join(s.dir, "checkpoint.txt")
	if err := os.WriteFile(note, []byte(checkpoint), 0o600); err != nil {
		t.Fatal(err)
	}
	s.stop()

	database := filepath.Join(s.dataPath(), "consentgate.db")
	evidence := filepath.Join(s.dir, "evidence.db")
	if err := os.Rename(database, evidence); err != nil {
		t.Fatal(err)
	}
	copyTo(t, copied, database)
	s.start()
	if output, code := s.command("consent", "verify", "--checkpoint", note, "--address", s.adminAddress()); code != 2 || !strings.Contains(output, "the ledger has no row 3") {
		t.Errorf("verify: code %d: %s", code, output)
	}
	var verified struct{ Rows int }
	s.consent(&verified, "verify")
	var id string
	query := strings.Replace(string(quoted[1]), "> N", fmt.Sprint("> ", verified.Rows), 1)
	if err := openDatabase(t, evidence).QueryRow(query).Scan(&id); err != nil {
		t.Fatal(err)
	}
	var held struct{ Visits, Events []any }
	if s.consent(&held, "export", id); len(held.Visits) != 1 {
		t.Errorf("the copy brought %d visits back", len(held.Visits))
	}
	if output, code := s.command("consent", "erase", id, "--address", s.adminAddress()); code != 0 {
		t.Errorf("erase: %s", output)
	}
	if s.consent(&held, "export", id); len(held.Visits) != 0 || len(held.Events) != 2 {
		t.Errorf("erased, %d visits and %d events are held", len(held.Visits), len(held.Events))
	}
	if state := guest.state(s); state != "allowed" {
		t.Errorf("the guest's choice is %s", state)
	}
	if output, code := s.command("consent", "backup", "--destroyed", "1", "--address", s.adminAddress()); code != 0 {
		t.Errorf("backup --destroyed: %s", output)
	}
	var status Status
	if s.consent(&status, "status"); len(status.Problems) > 0 {
		t.Errorf("problems %v", status.Problems)
	}
}
