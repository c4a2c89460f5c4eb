// Package policy holds the dates of a privacy policy: its editions, the windows of
// 14 or 24 calendar months after which analytics data must be gone (policy of
// 2025-03-12, 3.1 row 7), and the days by which requests must be answered (3.4.1).
//
// It is a leaf and reads no clock: every instant is given.
package policy

import (
	"fmt"
	"time"
)

// Day is a civil day of the Gregorian calendar, without a zone.
type Day struct {
	Year  int
	Month time.Month
	Day   int
}

// DayOf returns the civil day of the instant t in loc.
func DayOf(t time.Time, loc *time.Location) Day {
	year, month, day := t.In(loc).Date()
	return Day{year, month, day}
}

// ParseDay reads a day written as YYYY-MM-DD.
func ParseDay(text string) (Day, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return Day{}, fmt.Errorf("%q is not a date: write it as YYYY-MM-DD, for example 2025-03-12", text)
	}
	return DayOf(t, time.UTC), nil
}

// DayFromNumber is the inverse of Number.
func DayFromNumber(n int) Day {
	return DayOf(time.Unix(int64(n)*86400, 0), time.UTC)
}

// Number returns the count of days since 1970-01-01.
func (d Day) Number() int {
	return int(time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// IsZero reports whether d is unset.
func (d Day) IsZero() bool { return d == Day{} }

// Before reports whether d is earlier than other.
func (d Day) Before(other Day) bool { return d.Number() < other.Number() }

// String returns the day as YYYY-MM-DD.
func (d Day) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// MarshalText writes the day as YYYY-MM-DD, or nothing when it is unset.
func (d Day) MarshalText() ([]byte, error) {
	if d.IsZero() {
		return nil, nil
	}
	return []byte(d.String()), nil
}

// UnmarshalText reads a day written as YYYY-MM-DD.
func (d *Day) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*d = Day{}
		return nil
	}
	parsed, err := ParseDay(string(text))
	if err != nil {
		return err
	}
	*d = parsed
	return nil
}

// Start returns the first instant of the day in loc.
func (d Day) Start(loc *time.Location) time.Time {
	return time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, loc)
}

// End returns the first instant after the day in loc.
func (d Day) End(loc *time.Location) time.Time { return d.plus(1).Start(loc) }

// AddMonths returns the day n calendar months after d, clamped to the end of a
// shorter month: 2024-12-31 plus 14 months is 2026-02-28. time.Time.AddDate
// would run over into March and keep the data too long.
func (d Day) AddMonths(n int) Day {
	first := time.Date(d.Year, d.Month+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	lastDay := first.AddDate(0, 1, -1).Day()
	return Day{first.Year(), first.Month(), min(d.Day, lastDay)}
}
