package module_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// An access log names the address only while the visitor lets visits be counted:
// not of the choice itself, and not of a cookie that is presented again after its
// withdrawal.
func TestAccessLogFollowsTheChoice(t *testing.T) {
	file := filepath.Join(t.TempDir(), "access.log")
	e := start(t, options{
		gate: "service visits matomo",
		site: "log {\noutput file " + file + "\nformat consent {\nwrap json\n}\n}\n" + directive + "\nrespond /own 200\n" + proxy,
	})
	v := e.person(t)
	const network = "203.0.113.0"
	read := 0
	logs := func(step, wantIP, wantConsent string) {
		t.Helper()
		read++
		var lines []string
		// An entry is written behind the answer, which a small page ends with.
		for deadline := time.Now().Add(10 * time.Second); len(lines) < read && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
			raw, err := os.ReadFile(file)
			if err != nil && !errors.Is(err, fs.ErrNotExist) {
				t.Fatal(err)
			}
			written := strings.SplitAfter(string(raw), "\n")
			lines = written[:len(written)-1] // what follows the last line end isn't complete
		}
		if len(lines) != read {
			t.Fatalf("%s: %d entries, want %d: %s", step, len(lines), read, lines)
		}
		var entry struct {
			Consent string
			Request struct {
				IP      string `json:"client_ip"`
				Headers map[string][]string
			}
		}
		if err := json.Unmarshal([]byte(lines[read-1]), &entry); err != nil {
			t.Fatal(err)
		}
		if entry.Request.IP != wantIP || entry.Consent != wantConsent {
			t.Errorf("%s: %s with consent %q, want %s with %q", step, entry.Request.IP, entry.Consent, wantIP, wantConsent)
		}
		if _, told := entry.Request.Headers["User-Agent"]; told != (wantIP == personIP) {
			t.Errorf("%s: the browser is told: %v", step, told)
		}
		if strings.Contains(lines[read-1], "privacy_choice") {
			t.Errorf("%s: the cookie of the choice is logged: %s", step, lines[read-1])
		}
	}
	v.get("/")
	logs("undecided", network, "none")
	v.choose("save", "matomo")
	logs("the choice of another service", network, "")
	v.get("/")
	logs("another service allowed", network, "none")
	v.choose("accept")
	logs("acceptance", network, "")
	v.get("/")
	logs("allowed", personIP, "statistics")
	v.get("/own", "Sec-Fetch-Dest", "image")
	logs("what isn't a page", personIP, "statistics")
	old := v.cookies["privacy_choice"]
	v.choose("withdraw")
	logs("withdrawal", network, "")
	v.get("/", "Cookie", "privacy_choice="+old)
	logs("a withdrawn cookie", network, "none")
	v.choose("refuse")
	logs("refusal", network, "")
	v.get("/")
	logs("refused", network, "none")
}

// The ledger keeps the page of a choice for years: without query, and without what
// may identify somebody.
func TestTheLedgerBlursThePageOfAChoice(t *testing.T) {
	e := start(t, options{})
	for from, want := range map[string]string{
		"/user/ivan@example.kz/x?code=1":   "/user/*/x",
		"/call/%2B7%20701%20123%2045%2067": "/call/*",
		"/order/123456789012":              "/order/*",
		"/%D1%82%D0%B0%D1%83%D0%B0%D1%80":  "/тауар",
	} {
		v := e.person(t)
		v.post("choice", url.Values{"choice": {"accept"}, "return": {from}})
		events := v.data()["events"].([]any)
		if got := events[0].(map[string]any)["path"]; got != want {
			t.Errorf("%s is kept as %v, want %s", from, got, want)
		}
	}
}
