package module_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestReadyServerSaysSo pins the health routes of a server in order, and that they
// take no other method.
func TestReadyServerSaysSo(t *testing.T) {
	e := start(t, options{})
	for path, want := range map[string]string{"/consent/live": `{"live":true}`, "/consent/ready": `{"ready":true,"reasons":[]}`} {
		if status, body := e.askAdmin(http.MethodGet, path); status != http.StatusOK || strings.TrimSpace(body) != want {
			t.Errorf("%s: %d %s", path, status, body)
		}
		if status, _ := e.askAdmin(http.MethodPost, path); status != http.StatusMethodNotAllowed {
			t.Errorf("POST %s: %d", path, status)
		}
	}
	e.wantCommand(0, []string{"ready"}, "ready")
	e.wantCommand(0, []string{"ready", "--json"}, `{"ready":true,"reasons":[]}`)
}

// TestServerThatCantStoreIsNotReady pins that the reason is said, that the server
// lives on, and that it's ready again when the reason is gone.
func TestServerThatCantStoreIsNotReady(t *testing.T) {
	e := start(t, options{})
	database := filepath.Join(e.store(), "consentgate.db")
	if err := os.Rename(database, database+".away"); err != nil {
		t.Fatal(err)
	}
	status, body := e.askAdmin(http.MethodGet, "/consent/ready")
	if status != http.StatusServiceUnavailable || !strings.Contains(body, "The store can't be read: ") || !strings.Contains(body, "isn't where it was opened") {
		t.Errorf("%d %s", status, body)
	}
	if status, _ := e.askAdmin(http.MethodGet, "/consent/live"); status != http.StatusOK {
		t.Errorf("live: %d", status)
	}
	e.wantCommand(1, []string{"ready"}, "the server isn't ready: The store can't be read: ")
	e.wantCommand(1, []string{"ready", "--json"}, `"ready":false`)
	if err := os.Rename(database+".away", database); err != nil {
		t.Fatal(err)
	}
	e.wantCommand(0, []string{"ready"}, "ready")
}

// TestServerWithoutKeysIsNotReady pins the other half of a choice: its signature.
func TestServerWithoutKeysIsNotReady(t *testing.T) {
	e := start(t, options{prepare: func(e *edge) {
		if err := os.WriteFile(filepath.Join(e.dir, "caddy"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}})
	e.wantCommand(1, []string{"ready"}, "the server isn't ready: Choices are refused, and nothing can be signed: keys in Caddy's storage")
	e.wantCommand(2, []string{"status"}, "PROBLEMS", "Choices are refused, and nothing can be signed")
}

// TestDoubtfulClockIsAProblem pins that "status" says why nothing is destroyed, and
// what to do.
func TestDoubtfulClockIsAProblem(t *testing.T) {
	e := start(t, options{})
	e.wantCommand(0, []string{"status"}, "no problems")
	e.execute("UPDATE meta SET value = 4398046511104 WHERE name = 'clock_mark'") // milliseconds, in 2109
	if err := e.load(options{}); err != nil {
		t.Fatal(err)
	}
	e.eventually("consentgate_clock_guard_tripped", func(tripped float64) bool { return tripped == 1 })
	e.wantCommand(2, []string{"status"}, "The clock is in doubt (behind), and nothing whose window has ended is destroyed: set it right, or, if it is right, run: consentgate consent purge")
	e.wantCommand(0, []string{"ready"}, "ready")
}
