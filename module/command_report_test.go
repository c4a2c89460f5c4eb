package module_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/report"
)

// thisMonth is the running month in the edge's zone.
func thisMonth(t *testing.T) string {
	t.Helper()
	almaty, err := time.LoadLocation("Asia/Almaty")
	if err != nil {
		t.Fatal(err)
	}
	return time.Now().In(almaty).Format("2006-01")
}

// TestReportOfTheRunningMonth pins that choices, records, acts, services and third
// parties of real traffic stand in the report, and nobody who caused them.
func TestReportOfTheRunningMonth(t *testing.T) {
	e := start(t, options{app: "controller \"ТОО «МАК IT»\" {\nid 191240029778\naddress Алматы\nemail info@mamen.ai\n}"})
	month := thisMonth(t)
	v := e.person(t)
	v.choose("accept")
	v.get("/page?secret=1")
	id := v.consentID()
	e.person(t).choose("refuse")
	other := e.person(t)
	other.choose("accept")
	other.choose("withdraw")
	e.report("application/csp-report", `{"csp-report":{"blocked-uri":"https://203.0.113.77/x?secret=2","document-uri":"http://shop.test/"}}`)
	e.report("application/csp-report", `{"csp-report":{"blocked-uri":"https://`+id+`.example.net/","document-uri":"http://shop.test/"}}`)

	var m report.Month
	raw := e.wantCommand(0, []string{"report", "--month", month, "--json"})
	if err := json.Unmarshal([]byte(raw), &m); err != nil {
		t.Fatal(err)
	}
	if m.Month != month || m.Complete || m.Timezone != "Asia/Almaty" || m.Controller.ID != "191240029778" || m.Edition.String() != "2025-03-12" {
		t.Errorf("head: %s", raw)
	}
	if want := (report.Tally{Name: month, Given: 2, Refused: 1, Withdrawn: 1}); m.Choices != want || len(m.Months) != 13 || m.Months[12] != want {
		t.Errorf("choices %+v, months %+v", m.Choices, m.Months)
	}
	if len(m.Holdings) != 1 || m.Holdings[0].Kind != "visits" || m.Holdings[0].Window != 14 || m.Holdings[0].Visits != 1 || m.Holdings[0].IPs == 0 || m.Holdings[0].Overdue != 0 {
		t.Errorf("holdings %+v", m.Holdings)
	}
	if len(m.Acts) != 1 || m.Acts[0].Reason != "consent_revoked" || m.Acts[0].Rows == 0 || m.Acts[0].Unproven != 0 {
		t.Errorf("acts %+v", m.Acts)
	}
	if m.Ledger.Rows != 4 || !m.Ledger.OK || len(m.Ledger.Head) != 64 || len(m.Purposes) != 10 || len(m.Contradictions) != 11 {
		t.Errorf("ledger %+v, %d purposes, %d contradictions", m.Ledger, len(m.Purposes), len(m.Contradictions))
	}
	if !strings.Contains(raw, `"id":"visits"`) || len(m.Unknown) == 0 {
		t.Errorf("services %+v, unknown %+v", m.Services, m.Unknown)
	}
	for kind, out := range map[string]string{
		"json": raw,
		"text": e.wantCommand(0, []string{"report", "--month", month}, "(running, incomplete)", "none: every promise", "CONTRADICTIONS"),
		"html": e.wantCommand(0, []string{"report", "--month", month, "--html"}, "<!doctype html>", "<svg ", "</html>"),
	} {
		for _, secret := range []string{id, "203.0.113", "secret", "127.0."} {
			if strings.Contains(out, secret) {
				t.Errorf("the %s has %q:\n%s", kind, secret, out)
			}
		}
	}
}

// TestReportOfTheLastMonth pins the month that is meant when none is named.
func TestReportOfTheLastMonth(t *testing.T) {
	e := start(t, options{})
	first, err := report.ParseMonth(thisMonth(t))
	if err != nil {
		t.Fatal(err)
	}
	var m report.Month
	if err := json.Unmarshal([]byte(e.wantCommand(0, []string{"report", "--json"})), &m); err != nil {
		t.Fatal(err)
	}
	if want := first.AddMonths(-1).String()[:7]; m.Month != want || !m.Complete || m.Choices.Asked() != 0 {
		t.Errorf("month %s, complete %v, choices %+v; want %s", m.Month, m.Complete, m.Choices, want)
	}
}

// TestReportOfServices pins that what the configuration names stands in the report
// before any traffic, that a month only knows the third parties of its time, and
// that transfer abroad and a nameless controller are gaps, not broken promises.
func TestReportOfServices(t *testing.T) {
	e := start(t, options{app: "cross_border allow", gate: "service ga4 matomo\nservice own_counter {\nname \"Own counter\"\ncategory statistics\nscript stat.shop.test\ncountry KZ\n}"})
	e.report("application/csp-report", `{"csp-report":{"blocked-uri":"https://cdn.example.com/","document-uri":"http://shop.test/"}}`)
	var m report.Month
	if err := json.Unmarshal([]byte(e.wantCommand(0, []string{"report", "--month", thisMonth(t), "--json"})), &m); err != nil {
		t.Fatal(err)
	}
	services := make(map[string]report.Service)
	for _, s := range m.Services {
		services[s.ID] = s
	}
	if len(services) != 4 || !services["ga4"].Abroad || services["matomo"].Abroad || services["own_counter"].Abroad {
		t.Errorf("services %+v", m.Services)
	}
	if s := services["own_counter"]; s.Name != "Own counter" || s.Deletable || !s.Optional || len(s.Countries) != 1 || s.Countries[0] != "KZ" || s.Status != "when allowed" {
		t.Errorf("own counter %+v", s)
	}
	if s := services["visits"]; !s.Deletable {
		t.Errorf("visits %+v", s)
	}
	gaps := strings.Join(m.Gaps, "\n")
	for _, want := range []string{"process data outside KZ", "at Google Analytics 4, Matomo, Own counter.", "controller's name", "1 third party is named by nothing"} {
		if !strings.Contains(gaps, want) {
			t.Errorf("%q isn't in the gaps:\n%s", want, gaps)
		}
	}
	if out := e.wantCommand(0, []string{"report"}, "UNKNOWN THIRD PARTIES"); strings.Contains(out, "cdn.example.com") {
		t.Errorf("the last month knows what was seen first in this one:\n%s", out)
	}
}

// TestReportRefusesWhatIsNoMonth pins message and exit code.
func TestReportRefusesWhatIsNoMonth(t *testing.T) {
	e := start(t, options{})
	for _, month := range []string{"2026-13", "2026-1", "October", "2026-10-01", "", "2026-10 "} {
		e.wantCommand(2, []string{"report", "--month", month}, `"`+month+`" is not a month`, "YYYY-MM")
	}
	e.wantCommand(2, []string{"report", "--month", "9999-01"}, "month 9999-01 hasn't begun", thisMonth(t))
	e.wantCommand(1, []string{"report", "2026-10"}, "unknown command")
	e.wantCommand(1, []string{"report", "--html", "--json"}, "name one of them")
	for query, want := range map[string]int{"?month=x": 400, "?month=9999-01": 400, "": 200} {
		if code, body := e.askAdmin("GET", "/consent/report"+query); code != want {
			t.Errorf("%s: %d %s", query, code, body)
		}
	}
	if code, _ := e.askAdmin("POST", "/consent/report"); code != 405 {
		t.Errorf("POST: %d", code)
	}
}

// TestReportOfABrokenLedger pins the exit code that a monitor sees.
func TestReportOfABrokenLedger(t *testing.T) {
	e := start(t, options{})
	e.person(t).choose("refuse")
	e.person(t).choose("refuse")
	e.execute("DROP TRIGGER IF EXISTS ledger_no_update")
	e.execute("UPDATE ledger SET language = 'xx' WHERE seq = 1")
	e.wantCommand(2, []string{"report", "--month", thisMonth(t)}, "BROKEN at row 1", "The ledger doesn't verify from row 1 on")
	e.wantCommand(2, []string{"report", "--month", thisMonth(t), "--html"}, "<h3>Promises that aren't kept</h3>")
}
