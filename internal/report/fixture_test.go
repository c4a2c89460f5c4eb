package report

import (
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/mamen-ai/consentgate/internal/policy"
)

func almaty(t testing.TB) *time.Location {
	t.Helper()
	location, err := time.LoadLocation("Asia/Almaty")
	if err != nil {
		t.Fatal(err)
	}
	return location
}

func day(year int, month time.Month, d int) policy.Day {
	return policy.Day{Year: year, Month: month, Day: d}
}

// october is the report on October 2026 as it is made at the given local time.
func october(t testing.TB, made time.Time) *Month {
	t.Helper()
	document, err := policy.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	m, err := New(day(2026, time.October, 1), made, almaty(t))
	if err != nil {
		t.Fatal(err)
	}
	m.Version = "1.0.0"
	m.Controller = Controller{Name: "ТОО «МАК IT»", ID: "191240029778", Address: "РК, Алматы, ул. Байзакова, 280", Email: "info@mamen.ai"}
	m.Edition, m.PolicyURL = document.Editions[0].Day, "https://mamen.ai/privacy.pdf"
	m.Jurisdiction, m.CrossBorder = "KZ", "deny"
	m.Purposes, m.Contradictions = document.Purposes, document.Contradictions
	m.Ledger.OK = true
	return m
}

// finish adds the months before and the findings.
func finish(t testing.TB, m *Month, before func(from, to time.Time) (Tally, error)) *Month {
	t.Helper()
	if err := m.Before(before); err != nil {
		t.Fatal(err)
	}
	document, err := policy.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	m.Judge(document)
	return m
}

func nothing(_, _ time.Time) (Tally, error) { return Tally{}, nil }

// emptyMonth is one in which nothing happened on a new edge.
func emptyMonth(t testing.TB) *Month {
	m := october(t, time.Date(2026, 11, 2, 9, 0, 0, 0, almaty(t)))
	m.Requests, m.Copies, m.Deletions = []Request{}, []Copy{}, []Deletion{}
	return finish(t, m, nothing)
}

// singleChoice is a running month on its second day, with one choice.
func singleChoice(t testing.TB) *Month {
	m := october(t, time.Date(2026, 10, 2, 9, 0, 0, 0, almaty(t)))
	m.Count(day(2026, time.October, 1), "given", "banner", "kk", Signals{}, 1)
	m.Ledger = Ledger{Rows: 1, OK: true, Head: head}
	m.Holdings = Hold([]Part{
		{Kind: "visits", Day: day(2026, time.October, 1), DropAt: time.Date(2027, 12, 1, 0, 0, 0, 0, almaty(t)), Rows: 1, Window: policy.Months14},
	}, m.Made, almaty(t))
	return finish(t, m, nothing)
}

const head = "5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef"

// busyMonth has one of everything, good and bad.
func busyMonth(t testing.TB) *Month {
	location := almaty(t)
	made := time.Date(2026, 11, 2, 9, 0, 0, 0, location)
	m := october(t, made)
	for d := 1; d <= 31; d++ {
		on := day(2026, time.October, d)
		busy := int64(180 + 37*d%90)
		if weekday := on.Start(location).Weekday(); weekday == time.Saturday || weekday == time.Sunday {
			busy = int64(40 + 13*d%25)
		}
		if d == 12 {
			continue // the site was down
		}
		given := busy * int64(38+11*d%17) / 100
		m.Count(on, "given", "banner", "ru", Signals{}, given/2)
		m.Count(on, "given", "banner", "kk", Signals{}, given/3)
		m.Count(on, "given", "page", "en", Signals{}, given-given/2-given/3)
		m.Count(on, "refused", "banner", "ru", Signals{}, (busy-given)*3/5)
		m.Count(on, "refused", "banner", "kk", Signals{GPC: true, DNT: d%2 == 0}, 2)
		m.Count(on, "refused", "api", "en", Signals{}, (busy-given)-(busy-given)*3/5-2)
		m.Count(on, "withdrawn", "page", "ru", Signals{}, int64(d%4))
		if d%9 == 0 {
			m.Count(on, "erased", "admin", "", Signals{}, 1)
		}
	}
	m.Holdings = Hold(manyParts(location), made, location)
	m.Acts = []Act{
		{Kind: "audience", Reason: "window_ended", Acts: 31, Rows: 14_212, Slowest: 2_140 * time.Millisecond},
		{Kind: "visits", Reason: "consent_revoked", Acts: 46, Rows: 391, Slowest: 380 * time.Millisecond, Unproven: 2, Residual: 1},
		{Kind: "visits", Reason: "window_ended", Acts: 62, Rows: 60_433, Slowest: 1_204 * time.Millisecond},
	}
	m.Requests = []Request{
		{ID: 7, Kind: "withdraw", Channel: "mail", Received: day(2026, time.October, 2), Due: day(2026, time.October, 16), Closed: time.Date(2026, 10, 5, 11, 20, 0, 0, location), Result: "done"},
		{ID: 8, Kind: "access", Channel: "letter", Received: day(2026, time.October, 5), Due: day(2026, time.October, 19), Closed: time.Date(2026, 10, 21, 10, 0, 0, 0, location), Result: "exported, sent by post"},
		{ID: 9, Kind: "erase", Channel: "mail", Received: day(2026, time.October, 12), Due: day(2026, time.October, 27)},
		{ID: 10, Kind: "rectify", Channel: "mail", Received: day(2026, time.October, 30), Due: day(2026, time.November, 13)},
	}
	m.Copies = []Copy{
		{Path: "/srv/backup/consent-2026-10-01.db", Made: time.Date(2026, 10, 1, 3, 0, 0, 0, location), DeleteBy: time.Date(2026, 10, 13, 3, 0, 0, 0, location), Destroyed: time.Date(2026, 10, 12, 3, 0, 0, 0, location)},
		{Path: "/srv/backup/consent-2026-10-15.db", Made: time.Date(2026, 10, 15, 3, 0, 0, 0, location), DeleteBy: time.Date(2026, 10, 27, 3, 0, 0, 0, location)},
		{Path: "/srv/backup/consent-2026-10-29.db", Made: time.Date(2026, 10, 29, 3, 0, 0, 0, location), DeleteBy: time.Date(2026, 11, 10, 3, 0, 0, 0, location)},
	}
	m.Deletions = []Deletion{
		{Service: "Matomo", API: "PrivacyManager.deleteDataSubjects", Open: 1, Done: 44},
		{Service: "PostHog", API: "DELETE /api/projects/:id/persons/:id/", Open: 3, Overdue: 2, Done: 12},
	}
	m.Ledger = Ledger{Rows: 48_211, OK: true, Head: head, Checkpoint: &Checkpoint{Month: "2026-10", Rows: 5_044, Head: head, Signed: time.Date(2026, 11, 1, 0, 10, 0, 0, location)}}
	for _, s := range []Service{
		{ID: "matomo", Name: "Matomo", Category: "statistics", Countries: []string{"operator"}, Status: "when allowed", Optional: true},
		{ID: "visits", Name: "Visit statistics", Category: "statistics", Countries: []string{"operator"}, Status: "when allowed", Optional: true},
		{ID: "zero_kz", Name: "ZERO.kz", Category: "statistics", Countries: []string{"KZ"}, Status: "when allowed", Optional: true},
		{ID: "ga4", Name: "Google Analytics 4", Category: "statistics", Countries: []string{"US", "IE"}, Status: "never: data would leave the country"},
		{ID: "yandex_metrica", Name: "Yandex Metrica", Category: "statistics", Countries: []string{"RU"}, Status: "never: data would leave the country"},
	} {
		s.Deletable, s.How = s.Countries[0] == "operator", "by its API"
		m.Services = append(m.Services, s)
	}
	m.Unknown = []Host{
		{Host: "cdn.example.com", InPages: 12_044, Reported: 31, First: time.Date(2026, 8, 3, 6, 0, 0, 0, time.UTC), Last: time.Date(2026, 11, 1, 20, 0, 0, 0, time.UTC)},
		{Host: "widget.example.net", Reported: 4, First: time.Date(2026, 10, 20, 6, 0, 0, 0, time.UTC), Last: time.Date(2026, 10, 20, 7, 0, 0, 0, time.UTC)},
	}
	n := int64(0)
	return finish(t, m, func(time.Time, time.Time) (Tally, error) {
		n++
		return Tally{Given: 1500 + 140*n, Refused: 3100 - 60*n, Withdrawn: 20 + n, Erased: n % 3}, nil
	})
}

// manyParts are the day tables of two years, one of them past its window.
func manyParts(location *time.Location) []Part {
	var parts []Part
	add := func(kind string, window policy.Window, visits bool, on policy.Day, rows int64) {
		parts = append(parts, Part{kind, visits, on, window.DropAt(on, location), rows, window})
	}
	for n := day(2024, time.November, 2).Number(); n <= day(2026, time.November, 2).Number(); n++ {
		on := policy.DayFromNumber(n)
		add("audience", policy.Months24, false, on, int64(20+n%13))
		if !on.Before(day(2025, time.September, 1)) {
			add("visits", policy.Months14, false, on, int64(60+n%31))
			add("visits", policy.Months14, true, on, int64(150+n%71))
		}
	}
	return parts
}
