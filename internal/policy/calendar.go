package policy

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"regexp"
	"strconv"
	"time"
)

//go:embed holidays.json
var holidays []byte

// Calendar knows the working days of Kazakhstan, by years. A year it doesn't know
// has working days from Monday to Friday. The zero Calendar knows no year.
type Calendar struct {
	years map[int]calendarYear
}

// calendarYear tells which days of a year aren't what their day of the week says.
type calendarYear map[Day]bool // true: a working day

// yearFile is a year as files describe it.
type yearFile struct {
	Source    string `json:"source"`       // which act or announcement tells
	Confirmed bool   `json:"confirmed"`    // false while it is computed and not yet announced
	Holidays  []Day  `json:"holidays"`     // on any day of the week
	DaysOff   []Day  `json:"days_off"`     // carried over from a weekend, or swapped by the government
	Working   []Day  `json:"working_days"` // days of a weekend that are worked instead
}

// maxCalendar bounds a calendar's file, in bytes.
const maxCalendar = 1 << 20

// BuiltinCalendar returns the calendar that comes with consentgate.
func BuiltinCalendar() (Calendar, error) {
	c, err := parseCalendar(holidays)
	if err != nil {
		return Calendar{}, fmt.Errorf("built-in holidays: %w", err)
	}
	return c, nil
}

// ReadCalendar returns the built-in calendar with the years of a file of the same
// form (holidays.json), which replace the built-in ones whole. The error names the
// file, the year and the value.
func ReadCalendar(path string) (Calendar, error) {
	c, err := BuiltinCalendar()
	if err != nil {
		return Calendar{}, err
	}
	file, err := os.Open(path)
	if err != nil {
		return Calendar{}, fmt.Errorf("holidays: %w", err)
	}
	defer file.Close()
	raw, err := io.ReadAll(io.LimitReader(file, maxCalendar+1))
	if err == nil && len(raw) > maxCalendar {
		err = fmt.Errorf("the file has more than %d bytes", maxCalendar)
	}
	var own Calendar
	if err == nil {
		own, err = parseCalendar(raw)
	}
	if err != nil {
		return Calendar{}, fmt.Errorf("holidays %s: %w", path, err)
	}
	maps.Copy(c.years, own.years)
	return c, nil
}

var yearName = regexp.MustCompile(`^[12][0-9]{3}$`)

// parseCalendar reads a JSON object of years. It goes through the object by hand:
// of a year that stands there twice, decoding whole would keep one in silence.
func parseCalendar(raw []byte) (Calendar, error) {
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if token, err := decoder.Token(); err != nil || token != json.Delim('{') {
		return Calendar{}, errors.Join(errors.New(`write a JSON object of years: {"2026": {"holidays": ["2026-01-01"]}}`), err)
	}
	c := Calendar{years: map[int]calendarYear{}}
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return Calendar{}, err
		}
		text := fmt.Sprint(name)
		if !yearName.MatchString(text) {
			return Calendar{}, fmt.Errorf("%q is no year: write it with four digits, for example 2026", text)
		}
		year, _ := strconv.Atoi(text) // four digits
		if _, known := c.years[year]; known {
			return Calendar{}, fmt.Errorf("the year %d is given twice", year)
		}
		var described yearFile
		if err := decoder.Decode(&described); err != nil {
			return Calendar{}, fmt.Errorf("year %d: %w", year, err)
		}
		if c.years[year], err = described.compile(year); err != nil {
			return Calendar{}, fmt.Errorf("year %d: %w", year, err)
		}
	}
	if _, err := decoder.Token(); err != nil {
		return Calendar{}, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return Calendar{}, errors.New("something follows after the years")
	}
	return c, nil
}

// compile checks a year: a slip of the pen would move a promise's day.
func (f yearFile) compile(year int) (calendarYear, error) {
	if len(f.Holidays) == 0 {
		return nil, errors.New("it has no holidays: list them, or leave the year out")
	}
	days := calendarYear{}
	for _, list := range []struct {
		name    string
		days    []Day
		working bool
		fits    func(weekend bool) bool
		needs   string
	}{
		{"holidays", f.Holidays, false, func(bool) bool { return true }, ""},
		{"days_off", f.DaysOff, false, func(weekend bool) bool { return !weekend }, "is on a weekend and free anyway"},
		{"working_days", f.Working, true, func(weekend bool) bool { return weekend }, "isn't on a weekend and worked anyway"},
	} {
		for _, day := range list.days {
			_, known := days[day]
			switch {
			case day.Year != year: // an absent day has the year 0
				return nil, fmt.Errorf("%s: %q is no day of %d", list.name, day, year)
			case known:
				return nil, fmt.Errorf("%s: %s is listed twice", list.name, day)
			case !list.fits(day.weekend()):
				return nil, fmt.Errorf("%s: %s %s", list.name, day, list.needs)
			}
			days[day] = list.working
		}
	}
	return days, nil
}

func (d Day) weekend() bool {
	weekday := d.Start(time.UTC).Weekday()
	return weekday == time.Saturday || weekday == time.Sunday
}

// Works reports whether the day is a working day.
func (c Calendar) Works(day Day) bool {
	if works, ok := c.years[day.Year][day]; ok {
		return works
	}
	return !day.weekend()
}

// Within what time a request must be answered: the policy's working days (3.4.1
// (3)), and the calendar days of the Digital Code, which are sooner around
// holidays.
const (
	requestWorkingDays  = 10
	requestCalendarDays = 15
)

// Due returns the day by whose end a request that was received on the given day
// must be answered: the 10th working day or the 15th calendar day, the earlier.
// Day 1 is the day after the receipt.
//
// complete is false when the calendar lacks a year that matters: then Monday to
// Friday count, which is as the law has it or earlier, unless a day of a weekend
// was made a working day.
func (c Calendar) Due(received Day) (due Day, complete bool) {
	due = c.workingDay(received, requestWorkingDays)
	if latest := received.plus(requestCalendarDays); latest.Before(due) {
		due = latest
	}
	return due, c.knows(received.plus(1)) && c.knows(due)
}

func (c Calendar) knows(day Day) bool {
	_, ok := c.years[day.Year]
	return ok
}

// workingDay returns the nth working day after the given day.
func (c Calendar) workingDay(after Day, n int) Day {
	day := after
	for n > 0 {
		if day = day.plus(1); c.Works(day) {
			n--
		}
	}
	return day
}

// plus returns the day n days after d.
func (d Day) plus(n int) Day { return DayFromNumber(d.Number() + n) }
