package module_test

import (
	"bytes"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	caddycmd "github.com/caddyserver/caddy/v2/cmd"
	"github.com/spf13/cobra"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage"
	"github.com/mamen-ai/consentgate/storage/sqlite"
)

// command runs "consentgate consent …" and returns its exit code and output.
func (e *edge) command(args ...string) (code int, out string, err error) {
	e.t.Helper()
	root := &cobra.Command{Use: "consent"}
	caddycmd.Commands()["consent"].CobraFunc(root)
	var written bytes.Buffer
	root.SetOut(&written)
	root.SetErr(&written)
	root.SetArgs(append([]string{"--address", e.admin}, args...))
	err = root.Execute()
	switch value := reflect.Indirect(reflect.ValueOf(err)); {
	case err == nil:
	case value.Kind() == reflect.Struct && value.FieldByName("ExitCode").IsValid(): // Caddy's own error for codes above 1
		code = int(value.FieldByName("ExitCode").Int())
	default:
		code = 1
	}
	return code, written.String(), err
}

// wantCommand fails unless the command ends with the code and prints the words.
func (e *edge) wantCommand(code int, args []string, words ...string) string {
	e.t.Helper()
	got, out, err := e.command(args...)
	if got != code {
		e.t.Errorf("%q: exit code %d, want %d (%v):\n%s", args, got, code, err, out)
	}
	for _, word := range words {
		if !strings.Contains(out+fmt.Sprint(err), word) {
			e.t.Errorf("%q: %q isn't in:\n%s%v", args, word, out, err)
		}
	}
	return out
}

// TestCommandsOnAFreshServer pins text and JSON of each command while all is in
// order.
func TestCommandsOnAFreshServer(t *testing.T) {
	e := start(t, options{app: "policy 2026-02-01\ncross_border allow"})
	v := e.person(t)
	v.choose("accept")
	v.get("/page")
	id := v.consentID()
	e.wantCommand(0, []string{"status"}, "policy edition 2026-02-01", "cross-border allow", "1 handle", "1 given", "ip_visits_", "no problems")
	e.wantCommand(0, []string{"verify"}, "the chain is whole", "nothing of what was destroyed is found")
	e.wantCommand(0, []string{"purge", "--dry-run"}, "0 day tables are past their window")
	e.wantCommand(0, []string{"purge"}, "0 day tables destroyed, 0 overdue, 0 markers")
	e.wantCommand(0, []string{"export", id}, `"/page"`, `"203.0.113.0"`, `"given"`)
	for _, command := range [][]string{{"status", "--json"}, {"verify", "--json"}, {"purge", "--json"}, {"purge", "--dry-run", "--json"}, {"export", id, "--json"}} {
		decode(t, []byte(e.wantCommand(0, command)))
	}
	e.wantCommand(0, []string{"erase", id}, "destroyed 3 records in 2 day tables")
	out := e.wantCommand(0, []string{"status"}, "subject_request", "operator", "bytes proven gone", "1 erased")
	if strings.Contains(out, id) {
		t.Error("the status names a consent ID")
	}
	e.wantCommand(0, []string{"erase", id}, "destroyed 0 records")
}

// TestCommandsRefuse pins what the commands say to a wrong request.
func TestCommandsRefuse(t *testing.T) {
	e := start(t, options{})
	unknown := consent.NewID().String()
	e.wantCommand(1, []string{"export", unknown}, "no record has this consent ID")
	e.wantCommand(1, []string{"erase", unknown}, "no record has this consent ID")
	if _, _, err := e.command("export", unknown); strings.ContainsAny(err.Error(), "{}") {
		t.Errorf("the reason isn't in plain words: %v", err)
	}
	e.wantCommand(2, []string{"export", "abc"}, `"abc"`, "32 hexadecimal digits")
	e.wantCommand(2, []string{"erase", "../../x"}, `"../../x"`, "32 hexadecimal digits")
	e.wantCommand(2, []string{"backup", "--destroyed", "x"}, `"x"`, "--destroyed")
	e.wantCommand(2, []string{"status", "--address", "localhost:2000-3000"}, "invalid admin address localhost:2000-3000")
	e.wantCommand(2, []string{"catalogue", "--file", "absent.json"}, "absent.json")
	e.wantCommand(1, []string{"export"}, "accepts 1 arg(s)")
	e.wantCommand(1, []string{"status", "now"}, "unknown command")
	for path, want := range map[string]int{
		"GET /consent/export": 400, "GET /consent/export?id=x": 400, "POST /consent/erase": 400,
		"POST /consent/status": 405, "GET /consent/purge": 405, "GET /consent/erase": 405, "DELETE /consent/verify": 405, "GET /consent/x": 404,
	} {
		method, path, _ := strings.Cut(path, " ")
		if code, body := e.askAdmin(method, path); code != want {
			t.Errorf("%s %s: %d %s, want %d", method, path, code, body, want)
		}
	}
}

// TestCommandsWithoutAServer pins that the message says what to do.
func TestCommandsWithoutAServer(t *testing.T) {
	e := newEdge(t)
	for _, args := range [][]string{{"status"}, {"verify"}, {"purge"}, {"purge", "--dry-run"}, {"export", consent.NewID().String()}} {
		e.wantCommand(1, args, "no server answers at "+e.admin, "consentgate run", "--address")
	}
}

// TestCommandsWithoutAGate pins the answer of a Caddy that has no consent_gate.
func TestCommandsWithoutAGate(t *testing.T) {
	e := start(t, options{})
	if err := e.reload([]byte(`{"admin":{"listen":"` + e.admin + `","origins":["` + e.admin + `"],"config":{"persist":false}}}`)); err != nil {
		t.Fatal(err)
	}
	e.wantCommand(1, []string{"status"}, "the running configuration has no consent_gate")
}

// TestOverdueDataIsAProblemUntilItIsPurged pins the exit codes that a monitor
// asks for, and that what is past its day goes by command (policy 3.1 row 7).
func TestOverdueDataIsAProblemUntilItIsPurged(t *testing.T) {
	dir := t.TempDir()
	seedOld(t, dir, 8)
	e := start(t, options{app: "storage sqlite " + dir})
	e.wantCommand(2, []string{"status"}, "PROBLEMS", "past their day; run: consentgate consent purge")
	e.wantCommand(0, []string{"purge", "--dry-run"}, "ip_visits_", "1 records, to be deleted by", "day tables are past their window")
	e.wantCommand(2, []string{"status"}, "PROBLEMS")
	e.wantCommand(0, []string{"purge"}, "destroyed visits_visits_", "0 overdue, 0 markers")
	e.wantCommand(0, []string{"purge", "--dry-run"}, "0 day tables are past their window")
	e.wantCommand(0, []string{"status"}, "window_ended", "scheduler", "bytes proven gone", "no problems")
	if got := e.metric("consentgate_purge_overdue_parts"); got != 0 {
		t.Errorf("%v parts overdue", got)
	}
	if got := e.metric(`consentgate_destroyed_rows_total{kind="visits",reason="window_ended"}`); got != 16 {
		t.Errorf("%v rows destroyed, want 16", got)
	}
}

// seedOld fills a store with one visit on each of so many days whose window has
// ended.
func seedOld(t *testing.T, dir string, days int) {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Almaty")
	if err != nil {
		t.Fatal(err)
	}
	store, err := sqlite.Open(t.Context(), sqlite.Options{Dir: dir, Location: zone, Window: func(string) policy.Window { return policy.Months14 }})
	if err != nil {
		t.Fatal(err)
	}
	var visits []storage.Visit
	for day := range days {
		visits = append(visits, storage.Visit{
			At: time.Now().AddDate(0, -15, -day), ConsentID: consent.NewID(),
			Person: storage.Person{IP: netip.MustParseAddr("198.51.100.0"), Browser: "Firefox"}, Host: "shop.test", Path: "/",
		})
	}
	if err := errors.Join(store.Seed(t.Context(), visits), store.Close()); err != nil {
		t.Fatal(err)
	}
}

// TestBrokenLedgerIsAProblem pins that a changed row is found and said.
func TestBrokenLedgerIsAProblem(t *testing.T) {
	e := start(t, options{})
	for range 3 {
		e.visit(t).choose("accept")
	}
	e.execute("DROP TRIGGER IF EXISTS ledger_no_update")
	e.execute("UPDATE ledger SET path = '/elsewhere' WHERE seq = 2")
	e.wantCommand(2, []string{"verify"}, "BROKEN: row 2 doesn't fit")
	e.wantCommand(2, []string{"status"}, "PROBLEMS", "from row 2 on")
	if got := e.metric("consentgate_ledger_verify_ok"); got != 0 {
		t.Errorf("ledger_verify_ok %v", got)
	}
}
