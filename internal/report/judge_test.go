package report

import (
	"strings"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/policy"
)

// TestEachBrokenPromiseIsAProblem pins what breaks a promise and what is only to be
// known, each alone.
func TestEachBrokenPromiseIsAProblem(t *testing.T) {
	location := almaty(t)
	made := time.Date(2026, 11, 2, 9, 0, 0, 0, location)
	today := policy.DayOf(made, location)
	yesterday := policy.DayFromNumber(today.Number() - 1)
	for _, test := range []struct {
		name, problem, gap string
		spoil              func(*Month)
	}{
		{"nothing", "", "", func(*Month) {}},
		{"table past its window", "1 day table is past", "", func(m *Month) { m.Holdings = []Holding{{Overdue: 1}} }},
		{"bytes of an act", "what 2 acts of the month destroyed", "", func(m *Month) { m.Acts = []Act{{Unproven: 2, Residual: 2}} }},
		{"act not proven", "", "Of 2 acts", func(m *Month) { m.Acts = []Act{{Unproven: 2}} }},
		{"broken ledger", "from row 7 on: x.", "", func(m *Month) { m.Ledger.OK, m.Ledger.FirstBad, m.Ledger.Problem = false, 7, "x." }},
		{"bytes", "1 destroyed day table are", "", func(m *Month) { m.Ledger.Residual = 1 }},
		{"missing notice", "", "1 row of the ledger refers", func(m *Month) { m.Ledger.Unresolved = 1 }},
		{"no checkpoint", "", "signed checkpoint", func(m *Month) { m.Ledger.Checkpoint = nil }},
		{"checkpoint of the month before", "", "signed checkpoint", func(m *Month) { m.Ledger.Checkpoint.Month = "2026-09" }},
		{"checkpoint of a month after", "", "", func(m *Month) { m.Ledger.Checkpoint.Month = "2027-01" }},
		{"request due yesterday", "1 request is open past", "", func(m *Month) { m.Requests = []Request{{Due: yesterday}} }},
		{"request due today", "", "", func(m *Month) { m.Requests = []Request{{Due: today}} }},
		{"request closed late", "1 request was closed after", "", func(m *Month) {
			m.Requests = []Request{{Due: yesterday, Closed: today.Start(location)}}
		}},
		{"request closed in its last second", "", "", func(m *Month) {
			m.Requests = []Request{{Due: yesterday, Closed: today.Start(location).Add(-time.Second).UTC()}}
		}},
		{"no list of requests", "", "no list of requests", func(m *Month) { m.Requests = nil }},
		{"copy past its time", "1 copy of the database is past", "", func(m *Month) { m.Copies = []Copy{{DeleteBy: made}} }},
		{"copy in time", "", "", func(m *Month) { m.Copies = []Copy{{DeleteBy: made.Add(1)}, {DeleteBy: made, Destroyed: made}} }},
		{"no list of copies", "", "no list of copies", func(m *Month) { m.Copies = nil }},
		{"overdue deletion", "3 deletions are at X past the day", "", func(m *Month) { m.Deletions = []Deletion{{Service: "X", Overdue: 3}} }},
		{"no deletion at vendors", "", "asks no vendor", func(m *Month) { m.Deletions = nil }},
		{"another edition", "", "2026-01-01, isn't the one", func(m *Month) { m.Edition = day(2026, time.January, 1) }},
		{"nameless controller", "", "controller's name, mail address", func(m *Month) { m.Controller.Name, m.Controller.Email = "", "" }},
		{"running month", "", "incomplete", func(m *Month) { m.Complete, m.Ledger.Checkpoint = false, nil }},
		{"no choice", "", "Nobody made a choice", func(m *Month) { m.Choices.Given, m.Ledger.Checkpoint = 0, nil }},
		{"service abroad", "", "X may run and process data outside KZ", func(m *Month) { m.Services = []Service{{Name: "X", Abroad: true, Deletable: true}} }},
		{"no deletion of one visitor", "", "isn't deleted by this edge at X.", func(m *Month) { m.Services = []Service{{Name: "X", Optional: true}} }},
		{"necessary service", "", "", func(m *Month) { m.Services = []Service{{Name: "X"}} }},
		{"unknown third party", "", "1 third party is named by nothing", func(m *Month) { m.Unknown = []Host{{Host: "x"}} }},
	} {
		m := october(t, made)
		m.Requests, m.Copies, m.Deletions = []Request{}, []Copy{}, []Deletion{}
		m.Choices.Given, m.Ledger.Checkpoint = 1, &Checkpoint{Month: m.Month}
		test.spoil(m)
		document, err := policy.Builtin()
		if err != nil {
			t.Fatal(err)
		}
		m.Judge(document)
		for what, pair := range map[string]struct {
			got  []string
			want string
		}{"problems": {m.Problems, test.problem}, "gaps": {m.Gaps, test.gap}} {
			if pair.want == "" && len(pair.got) > 0 || pair.want != "" && (len(pair.got) != 1 || !strings.Contains(pair.got[0], pair.want)) {
				t.Errorf("%s: %s %q, want %q", test.name, what, pair.got, pair.want)
			}
		}
	}
}
