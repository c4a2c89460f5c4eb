package policy

import (
	"testing"
	"time"
	_ "time/tzdata"
)

func mustDay(t *testing.T, text string) Day {
	t.Helper()
	day, err := ParseDay(text)
	if err != nil {
		t.Fatal(err)
	}
	return day
}

func almaty(t *testing.T) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation("Asia/Almaty")
	if err != nil {
		t.Fatal(err)
	}
	return loc
}

func TestMonthsAreClampedToTheShorterMonth(t *testing.T) {
	for _, c := range []struct {
		from   string
		months int
		want   string
	}{
		{"2024-12-31", 14, "2026-02-28"},
		{"2024-02-29", 24, "2026-02-28"},
		{"2022-12-29", 14, "2024-02-29"},
		{"2025-03-12", 14, "2026-05-12"},
		{"2025-03-31", 14, "2026-05-31"},
		{"2025-12-01", 24, "2027-12-01"},
		{"2026-11-23", -1, "2026-10-23"},
		{"2026-03-31", -1, "2026-02-28"},
	} {
		if got := mustDay(t, c.from).AddMonths(c.months).String(); got != c.want {
			t.Errorf("%s + %d months = %s, want %s", c.from, c.months, got, c.want)
		}
	}
}

func TestDayOf25HoursBelongsToOneDay(t *testing.T) {
	loc := almaty(t)
	// Asia/Almaty went from +06 to +05 at 2024-02-29T18:00Z: 23:00 came twice.
	for _, instant := range []string{"2024-02-29T17:30:00Z", "2024-02-29T18:30:00Z"} {
		at, err := time.Parse(time.RFC3339, instant)
		if err != nil {
			t.Fatal(err)
		}
		if got := DayOf(at, loc).String(); got != "2024-02-29" {
			t.Errorf("%s is on %s", instant, got)
		}
	}
	day := Day{2024, time.February, 29}
	if length := DayFromNumber(day.Number() + 1).Start(loc).Sub(day.Start(loc)); length != 25*time.Hour {
		t.Errorf("the day has %v", length)
	}
}

func TestDayNumberIsReversible(t *testing.T) {
	for n := 0; n < 40_000; n += 7 {
		if got := DayFromNumber(n).Number(); got != n {
			t.Fatalf("day %d became %d", n, got)
		}
	}
}

func TestOnlyThePolicysWindowsAreAccepted(t *testing.T) {
	for text, want := range map[string]Window{"14mo": Months14, "24mo": Months24} {
		if got, err := ParseWindow(text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"25mo", "14", "14m", "0mo", "-14mo", "forever", ""} {
		if _, err := ParseWindow(text); err == nil {
			t.Errorf("%q is accepted", text)
		}
	}
}

func FuzzParseDay(f *testing.F) {
	f.Add("2025-03-12")
	f.Fuzz(func(t *testing.T, text string) {
		day, err := ParseDay(text)
		if err == nil && day.String() != text {
			t.Errorf("%q was read as %s", text, day)
		}
	})
}
