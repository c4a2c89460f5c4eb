package policy

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func builtinCalendar(t *testing.T) Calendar {
	t.Helper()
	c, err := BuiltinCalendar()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// calendarOf returns the built-in calendar with the years of the text.
func calendarOf(t *testing.T, text string) (Calendar, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "holidays.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return ReadCalendar(path)
}

// Policy 3.4.1 (3) gives 10 working days, the Digital Code 15 calendar days.
func TestRequestIsDueAfter10WorkingOr15CalendarDays(t *testing.T) {
	own, err := calendarOf(t, `{
		"2026": {"holidays": ["2026-06-01"], "days_off": ["2026-06-05"], "working_days": ["2026-06-13"]},
		"2030": {"holidays": ["2030-01-01", "2030-01-02", "2030-01-07"], "days_off": ["2030-01-03", "2030-01-04", "2030-01-08"]}
	}`)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name                 string
		calendar             Calendar
		received, tenth, due string
		complete             bool
	}{
		{"Nauryz", builtinCalendar(t), "2026-03-19", "2026-04-07", "2026-04-03", true},
		{"women's day, constitution and Nauryz", builtinCalendar(t), "2027-03-05", "2027-03-26", "2027-03-20", true},
		{"no holiday", builtinCalendar(t), "2026-11-02", "2026-11-16", "2026-11-16", true},
		{"received on a Saturday", builtinCalendar(t), "2026-11-07", "2026-11-20", "2026-11-20", true},
		{"received on a holiday", builtinCalendar(t), "2026-10-25", "2026-11-09", "2026-11-09", true},
		{"no holiday on 30 August from 2026 on", builtinCalendar(t), "2026-08-21", "2026-09-04", "2026-09-04", true},
		{"year end", builtinCalendar(t), "2026-12-25", "2027-01-13", "2027-01-09", true},
		{"into a year that isn't known", builtinCalendar(t), "2027-12-24", "2028-01-07", "2028-01-07", false},
		{"in a year that isn't known", builtinCalendar(t), "2031-03-05", "2031-03-19", "2031-03-19", false},
		{"out of a year that isn't known", own, "2029-12-28", "2030-01-21", "2030-01-12", false},
		{"received on the last day of a year that isn't known", own, "2029-12-31", "2030-01-22", "2030-01-15", true},
		{"known to the last day", builtinCalendar(t), "2027-12-16", "2027-12-30", "2027-12-30", true},
		{"day off for a Saturday that is worked", own, "2026-05-29", "2026-06-15", "2026-06-13", true},
		{"Saturday that is worked, without the day off", own, "2026-06-05", "2026-06-18", "2026-06-18", true},
		{"the file's year replaces the built-in one", own, "2026-03-19", "2026-04-02", "2026-04-02", true},
		{"no calendar", Calendar{}, "2026-03-19", "2026-04-02", "2026-04-02", false},
	} {
		received := mustDay(t, test.received)
		due, complete := test.calendar.Due(received)
		tenth := test.calendar.workingDay(received, requestWorkingDays)
		if tenth.String() != test.tenth || due.String() != test.due || complete != test.complete {
			t.Errorf("%s: received %s, 10th working day %s, due %s, complete %v; want %s, %s, %v",
				test.name, received, tenth, due, complete, test.tenth, test.due, test.complete)
		}
	}
}

// TestDueOfEveryDay pins, for each day of receipt, that neither term is exceeded
// and that a later receipt is never due earlier.
func TestDueOfEveryDay(t *testing.T) {
	calendar := builtinCalendar(t)
	longer := 0
	var last Day
	for n := (Day{2025, time.January, 1}).Number(); n <= (Day{2029, time.December, 31}).Number(); n++ {
		received := DayFromNumber(n)
		due, complete := calendar.Due(received)
		worked := 0
		for day := n + 1; day <= due.Number(); day++ {
			if calendar.Works(DayFromNumber(day)) {
				worked++
			}
		}
		calendarDays := due.Number() - n
		if calendarDays > 15 || worked > 10 || calendarDays < 15 && (worked != 10 || !calendar.Works(due)) {
			t.Errorf("received %s, due %s: %d working and %d calendar days", received, due, worked, calendarDays)
		}
		if due.Before(last) {
			t.Errorf("received %s, due %s, and the day before was due %s", received, due, last)
		}
		last = due
		tomorrow := DayFromNumber(n + 1).Year
		if want := (tomorrow == 2026 || tomorrow == 2027) && (due.Year == 2026 || due.Year == 2027); complete != want {
			t.Errorf("received %s, due %s: complete %v", received, due, complete)
		}
		if worked < 10 {
			longer++
		}
	}
	if longer < 100 {
		t.Errorf("the 15 days are sooner for %d days of receipt only", longer)
	}
}

// Without a year's holidays no day is later than with them.
func TestMissingYearIsNeverLater(t *testing.T) {
	calendar := builtinCalendar(t)
	for n := (Day{2026, time.January, 1}).Number(); n <= (Day{2027, time.December, 31}).Number(); n++ {
		with, _ := calendar.Due(DayFromNumber(n))
		without, complete := Calendar{}.Due(DayFromNumber(n))
		if with.Before(without) || complete {
			t.Errorf("received %s: due %s, without the year's holidays %s (complete %v)", DayFromNumber(n), with, without, complete)
		}
	}
}

// A holiday on a weekend is carried over to the next working day (Labour Code,
// article 84), except for 7 January and Kurban Ait.
func TestBuiltinYearsCarryOver(t *testing.T) {
	calendar := builtinCalendar(t)
	for year, want := range map[int]int{2026: 5, 2027: 4} {
		carried := 0
		for n := (Day{year, time.January, 1}).Number(); n <= (Day{year, time.December, 31}).Number(); n++ {
			day := DayFromNumber(n)
			if works, special := calendar.years[year][day]; special && !works && day.weekend() {
				carried++
			}
		}
		if year == 2027 {
			carried-- // Kurban Ait
		}
		if carried != want {
			t.Errorf("%d: %d holidays on a weekend, %d days are carried over", year, carried, want)
		}
	}
}

func TestMalformedCalendarIsRefusedWithItsValue(t *testing.T) {
	for text, want := range map[string]string{
		``:                                       "JSON object of years",
		`[]`:                                     "JSON object of years",
		`null`:                                   "JSON object of years",
		`{`:                                      "EOF",
		`{"2026"`:                                "EOF",
		`{"26": {}}`:                             `"26" is no year`,
		`{"2026": {}}`:                           "year 2026: it has no holidays",
		`{"2026": []}`:                           "year 2026: ",
		`{"2026": {"days": 1}}`:                  `year 2026: json: unknown field "days"`,
		`{"2026": {"holidays": ["1 January"]}}`:  `year 2026: "1 January" is not a date`,
		`{"2026": {"holidays": ["2026-02-30"]}}`: `"2026-02-30" is not a date`,
		`{"2026": {"holidays": ["2027-01-01"]}}`: `holidays: "2027-01-01" is no day of 2026`,
		`{"2026": {"holidays": [""]}}`:           "is no day of 2026",
		`{"2026": {"holidays": ["2026-01-01", "2026-01-01"]}}`:                         "2026-01-01 is listed twice",
		`{"2026": {"holidays": ["2026-01-01"], "days_off": ["2026-01-01"]}}`:           "days_off: 2026-01-01 is listed twice",
		`{"2026": {"holidays": ["2026-01-01"], "days_off": ["2026-01-03"]}}`:           "days_off: 2026-01-03 is on a weekend",
		`{"2026": {"holidays": ["2026-01-01"], "working_days": ["2026-01-05"]}}`:       "working_days: 2026-01-05 isn't on a weekend",
		`{"2026": {"holidays": ["2026-01-01"]}, "2026": {"holidays": ["2026-01-01"]}}`: "2026 is given twice",
		`{"2026": {"holidays": ["2026-01-01"]}} {}`:                                    "something follows",
		`{"2026": {"holidays": ["2026-01-01"]}}` + strings.Repeat(" ", maxCalendar):    "more than 1048576 bytes",
	} {
		_, err := calendarOf(t, text)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "holidays.json: ") {
			t.Errorf("%.60s: %v, want %q and the file's name", text, err, want)
		}
	}
	if _, err := ReadCalendar("absent.json"); err == nil || !strings.Contains(err.Error(), "absent.json") {
		t.Errorf("an absent file: %v", err)
	}
}

func FuzzParseCalendar(f *testing.F) {
	f.Add(holidays)
	f.Add([]byte(`{"2028": {"holidays": ["2028-01-01"], "working_days": ["2028-01-08"]}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		calendar, err := parseCalendar(raw)
		if err != nil {
			return
		}
		for year, days := range calendar.years {
			for day := range days {
				if day.Year != year {
					t.Fatalf("%s stands in %d", day, year)
				}
			}
			received := Day{year, time.December, 20}
			if due, _ := calendar.Due(received); due.Number()-received.Number() > 15 {
				t.Errorf("received %s, due %s", received, due)
			}
		}
	})
}
