// Package policytest reckons the ends of windows in Asia/Almaty apart from
// package policy and from the zone database: from the days of the months, and
// from the one change of the zone's offset since 2004. Tests compare the two.
package policytest

import (
	"iter"
	"math/rand/v2"
	"time"
)

const (
	dayLength = 24 * time.Hour
	eastern   = 6 * time.Hour // before the change, ahead of UTC
	western   = 5 * time.Hour // since
)

// change is when Asia/Almaty went from +06 to +05, by which 2024-02-29 got a
// second hour from 23:00 to 24:00 (IANA zone database, release 2024a).
var change = time.UnixMilli(1_709_229_600_000)

// offset returns how far the zone's clocks are ahead of UTC.
func offset(at time.Time) time.Duration {
	if at.Before(change) {
		return eastern
	}
	return western
}

// WindowEnd returns the instant at which a window of so many calendar months
// ends that began at the given one: the same time of day on the same day of the
// month, or on the last day of a shorter month. Of an hour that comes twice, it
// is the first.
func WindowEnd(at time.Time, months int) time.Time {
	wall := at.Add(offset(at)).UTC() // read as UTC, the zone's wall clock
	year, month, day := wall.Date()
	count := int(month) - 1 + months
	year, month = year+count/12, time.Month(count%12+1)
	day = min(day, monthLength(year, month))
	end := time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Add(wall.Sub(wall.Truncate(dayLength)))
	if east := end.Add(-eastern); east.Before(change) {
		return east
	}
	return end.Add(-western)
}

func monthLength(year int, month time.Month) int {
	switch month {
	case time.April, time.June, time.September, time.November:
		return 30
	case time.February:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// Days yields the beginning and the end of each local day of the years from
// first to last.
func Days(first, last int) iter.Seq2[time.Time, time.Time] {
	midnight := func(year int) time.Time {
		wall := time.Date(year, time.January, 1, 0, 0, 0, 0, time.UTC)
		return wall.Add(-offset(wall))
	}
	return func(yield func(begin, end time.Time) bool) {
		for begin, end := midnight(first), midnight(last+1); begin.Before(end); {
			next := begin.Add(dayLength)
			next = next.Add(offset(begin) - offset(next))
			if !yield(begin, next) {
				return
			}
			begin = next
		}
	}
}

// Instants yields instants of a local day, by the millisecond: its first and its
// last, an hour's half an hour and an hour and a half before its end (of
// 2024-02-29 both are 23:30), and some at random. A window's end moves with the
// time of day, so what holds for the first and the last holds between them.
func Instants(begin, end time.Time, random *rand.Rand) iter.Seq[time.Time] {
	return func(yield func(time.Time) bool) {
		list := []time.Time{begin, end.Add(-time.Millisecond), end.Add(-30 * time.Minute), end.Add(-90 * time.Minute)}
		for range 4 {
			list = append(list, begin.Add(time.Duration(random.Int64N(end.Sub(begin).Milliseconds()))*time.Millisecond))
		}
		for _, at := range list {
			if !yield(at) {
				return
			}
		}
	}
}
