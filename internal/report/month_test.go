package report

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/policy"
)

func TestMonthsAreReadAsTheyAreWritten(t *testing.T) {
	if first, err := ParseMonth("2026-02"); err != nil || first != day(2026, time.February, 1) {
		t.Errorf("%v, %v", first, err)
	}
	for _, text := range []string{"", "2026", "2026-2", "2026-00", "2026-13", "2026-02-01", "02-2026", " 2026-02", "2026-02\n", "february"} {
		if _, err := ParseMonth(text); err == nil || !strings.Contains(err.Error(), "YYYY-MM") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// Asia/Almaty is ahead of UTC: its month begins while UTC has the one before.
func TestMonthEndsInItsZone(t *testing.T) {
	location := almaty(t)
	midnight := time.Date(2026, 11, 1, 0, 0, 0, 0, location) // 2026-10-31 19:00 UTC
	for _, test := range []struct {
		now      time.Time
		last     policy.Day
		complete bool
		days     int
	}{
		{midnight.Add(-time.Nanosecond), day(2026, time.September, 1), false, 31},
		{midnight, day(2026, time.October, 1), true, 31},
		{time.Date(2026, 10, 1, 0, 0, 0, 0, location), day(2026, time.September, 1), false, 1},
		{time.Date(2026, 10, 3, 0, 0, 1, 0, location), day(2026, time.September, 1), false, 3},
	} {
		if last := LastComplete(test.now, location); last != test.last {
			t.Errorf("%v: the last complete month begins on %v, want %v", test.now, last, test.last)
		}
		m, err := New(day(2026, time.October, 1), test.now.UTC(), location)
		if err != nil || m.Complete != test.complete || len(m.Days) != test.days || m.To.After(test.now) && m.Complete {
			t.Errorf("%v: %+v, %v; want complete %v, %d days", test.now, m, err, test.complete, test.days)
		}
	}
	if m, err := New(day(2026, time.November, 1), midnight.Add(-time.Second), location); err == nil || m != nil || !strings.Contains(err.Error(), "2026-11 hasn't begun: name one up to 2026-10") {
		t.Errorf("a month that hasn't begun: %v, %v", m, err)
	}
}

func TestCountsAreSummedUpInEachWay(t *testing.T) {
	m := october(t, time.Date(2026, 10, 2, 9, 0, 0, 0, almaty(t)))
	m.Count(day(2026, time.October, 2), "refused", "page", "ru", Signals{GPC: true}, 1)
	m.Count(day(2026, time.October, 2), "refused", "page", "ru", Signals{GPC: true, DNT: true}, 2)
	m.Count(day(2026, time.October, 1), "given", "banner", "kk", Signals{GPC: true, DNT: true}, 1)
	m.Count(day(2026, time.October, 1), "withdrawn", "page", "kk", Signals{}, 1)
	m.Count(day(2026, time.October, 1), "erased", "admin", "", Signals{}, 1)
	if want := (Tally{"2026-10", 1, 3, 1, 1}); m.Choices != want {
		t.Errorf("choices %+v", m.Choices)
	}
	if want := []Tally{{"2026-10-01", 1, 0, 1, 1}, {"2026-10-02", 0, 3, 0, 0}}; !reflect.DeepEqual(m.Days, want) {
		t.Errorf("days %+v", m.Days)
	}
	if want := []Tally{{"admin", 0, 0, 0, 1}, {"banner", 1, 0, 0, 0}, {"page", 0, 3, 1, 0}}; !reflect.DeepEqual(m.Methods, want) {
		t.Errorf("methods %+v", m.Methods)
	}
	if want := []Tally{{"", 0, 0, 0, 1}, {"kk", 1, 0, 1, 0}, {"ru", 0, 3, 0, 0}}; !reflect.DeepEqual(m.Languages, want) {
		t.Errorf("languages %+v", m.Languages)
	}
	if m.GPC != 3 || m.DNT != 2 {
		t.Errorf("%d refusals under Global Privacy Control, %d under Do Not Track", m.GPC, m.DNT)
	}
}

func TestTwelveMonthsBeforeEndWhereTheReportBegins(t *testing.T) {
	m := october(t, time.Date(2026, 11, 2, 9, 0, 0, 0, almaty(t)))
	m.Count(day(2026, time.October, 2), "given", "banner", "kk", Signals{}, 7)
	var last time.Time
	err := m.Before(func(from, to time.Time) (Tally, error) {
		if !last.IsZero() && !from.Equal(last) {
			t.Errorf("a month begins at %v, and the one before ends at %v", from, last)
		}
		last = to
		return Tally{Refused: 1}, nil
	})
	if err != nil || !last.Equal(m.From) || len(m.Months) != 13 || m.Months[0] != (Tally{Name: "2025-10", Refused: 1}) || m.Months[12] != m.Choices {
		t.Errorf("%v, the last ends at %v: %+v", err, last, m.Months)
	}
	failure := errors.New("x")
	if err := m.Before(func(_, _ time.Time) (Tally, error) { return Tally{}, failure }); err != failure {
		t.Errorf("got %v", err)
	}
}

// Policy 3.1 row 7: a record is past its window exactly when its age in whole
// calendar months has reached it.
func TestAgesAgreeWithWindows(t *testing.T) {
	location := almaty(t)
	for n := day(2023, time.January, 1).Number(); n < day(2027, time.January, 1).Number(); n++ {
		collected := policy.DayFromNumber(n)
		for _, window := range []policy.Window{policy.Months14, policy.Months24} {
			dropAt := window.DropAt(collected, location)
			for _, now := range []time.Time{dropAt.Add(-time.Nanosecond), dropAt} {
				held := Hold([]Part{{Kind: "visits", Day: collected, DropAt: dropAt, Rows: 5, Window: window}}, now, location)[0]
				if (held.Overdue == 1) != (held.pastWindow() == 5) {
					t.Fatalf("collected on %v, seen at %v: overdue %d, past %d, ages %v", collected, now, held.Overdue, held.pastWindow(), held.Ages)
				}
			}
		}
	}
}

func TestHoldingsAreByKind(t *testing.T) {
	location := almaty(t)
	now := time.Date(2026, 11, 2, 9, 0, 0, 0, location)
	part := func(kind string, visits bool, on policy.Day, rows int64) Part {
		return Part{kind, visits, on, policy.Months14.DropAt(on, location), rows, policy.Months14}
	}
	got := Hold([]Part{
		part("visits", false, day(2026, time.November, 2), 3), part("visits", true, day(2026, time.October, 2), 4),
		part("audience", false, day(2026, time.October, 3), 5), part("empty", true, day(2020, time.January, 1), 0),
	}, now, location)
	want := []Holding{
		{Kind: "audience", Window: 14, IPs: 5, Tables: 1, Oldest: day(2026, time.October, 3), NextDrop: time.Date(2027, 12, 3, 0, 0, 0, 0, location), Ages: []int64{5}},
		{Kind: "visits", Window: 14, IPs: 3, Visits: 4, Tables: 2, Oldest: day(2026, time.October, 2), NextDrop: time.Date(2027, 12, 2, 0, 0, 0, 0, location), Ages: []int64{3, 4}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}
