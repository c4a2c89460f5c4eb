package e2e

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/internal/mounttest"
)

// Design §7: on a full disk pages flow and stay blocked, a choice answers 503 and
// unlocks nothing, the operator learns of it, and no choice that was answered is
// lost. Once there is room, choices are stored again.
func TestFullDiskStopsNoPageAndLosesNoChoice(t *testing.T) {
	mounttest.Run(t, func(t *testing.T) {
		s := newServer(t)
		disk := mounttest.NewDisk(t, s.dataPath(), 8<<10)
		s.start()
		s.untilPurged()
		guest := newVisitor(t)
		guest.choose(s, "accept")
		disk.Fill()
		answered, refused := 1, 0
		for refused < 3 && answered < 5000 {
			v := newVisitor(t)
			response, body, err := v.try(http.MethodPost, s.url("/.privacy/choice"), url.Values{"choice": {"accept"}, "return": {"/"}})
			switch {
			case err != nil:
				t.Fatal(err)
			case response.StatusCode == http.StatusSeeOther:
				answered++ // in what the write-ahead log had room for
			case response.StatusCode != http.StatusServiceUnavailable:
				t.Fatalf("a choice on the full disk: %s", response.Status)
			default:
				refused++
				if response.Header.Get("Set-Cookie") != "" || response.Header.Get("Retry-After") == "" || !strings.Contains(body, "</html>") {
					t.Errorf("the refusal: %v\n%s", response.Header, body)
				}
				if page := v.get(s.url("/")); !hasBanner(page) {
					t.Error("a page of the full disk has no banner")
				}
			}
		}
		if refused != 3 {
			t.Fatalf("the full disk took %d choices", answered)
		}
		if page := guest.get(s.url("/product.html")); hasBanner(page) || !hasControl(page) {
			t.Error("a choice that was made before is forgotten")
		}
		if failures := metric(t, s.metrics(), "consentgate_choice_failures_total"); failures != 3 {
			t.Errorf("%g failures are counted", failures)
		}
		if log := s.logTail(); !strings.Contains(log, "records can't be written") || !strings.Contains(log, "make room") {
			t.Errorf("the log doesn't say what to do:\n%s", log)
		}

		disk.Free()
		newVisitor(t).choose(s, "accept")
		answered++
		s.kill()
		s.start()
		// The file system is small, which is the only problem left.
		var status Status
		s.untilPurged()
		output, code := s.command("consent", "status", "--json", "--address", s.adminAddress())
		if err := json.Unmarshal([]byte(output), &status); err != nil || code != 2 {
			t.Fatalf("code %d, %v: %s", code, err, output)
		}
		if status.Totals.Events["given"] != answered || !status.Verification.OK || len(status.Problems) != 1 || !strings.Contains(status.Problems[0], "The store's disk has") {
			t.Errorf("%d choices were answered; the ledger has %v, problems %v", answered, status.Totals.Events, status.Problems)
		}
		t.Logf("%d choices were answered, %d refused", answered, refused)
	}, programVariable+"="+program)
}
