package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/mamen-ai/consentgate/internal/policy"
)

// monthFormat is how a month is written.
const monthFormat = "2006-01"

// ParseMonth reads YYYY-MM and returns the month's first day.
func ParseMonth(text string) (policy.Day, error) {
	t, err := time.Parse(monthFormat, text)
	if err != nil {
		return policy.Day{}, fmt.Errorf("%q is not a month: write it as YYYY-MM, for example 2026-10", text)
	}
	return policy.DayOf(t, time.UTC), nil
}

// LastComplete returns the first day of the last month that is over.
func LastComplete(now time.Time, location *time.Location) policy.Day {
	today := policy.DayOf(now, location)
	return policy.Day{Year: today.Year, Month: today.Month, Day: 1}.AddMonths(-1)
}

// monthName returns the month of a day as YYYY-MM.
func monthName(day policy.Day) string { return day.String()[:len(monthFormat)] }

// New returns the empty report on the month that begins with first. A month that
// hasn't begun is refused.
func New(first policy.Day, now time.Time, location *time.Location) (*Month, error) {
	m := &Month{
		Month: monthName(first), From: first.Start(location), To: first.AddMonths(1).Start(location),
		Made: now, Timezone: location.String(),
	}
	if m.From.After(now) {
		return nil, fmt.Errorf("month %s hasn't begun: name one up to %s", m.Month, monthName(policy.DayOf(now, location)))
	}
	if m.Complete = !m.To.After(now); !m.Complete {
		m.To = now
	}
	m.Choices.Name = m.Month
	last := policy.DayOf(m.To.Add(-1), location).Number()
	for n := first.Number(); n <= last || n == first.Number(); n++ {
		m.Days = append(m.Days, Tally{Name: policy.DayFromNumber(n).String()})
	}
	return m, nil
}

// Signals are what a browser says for its owner: Global Privacy Control and Do Not
// Track.
type Signals struct{ GPC, DNT bool }

// Count adds events of the ledger that share day and manner.
func (m *Month) Count(day policy.Day, event, method, language string, signals Signals, count int64) {
	m.Choices.add(event, count)
	tally(&m.Days, day.String()).add(event, count)
	tally(&m.Methods, method).add(event, count)
	tally(&m.Languages, language).add(event, count)
	if event != "refused" {
		return
	}
	if signals.GPC {
		m.GPC += count
	}
	if signals.DNT {
		m.DNT += count
	}
}

// tally returns the one of the name, and puts it in its place when it is new.
func tally(list *[]Tally, name string) *Tally {
	i, found := slices.BinarySearchFunc(*list, name, func(t Tally, name string) int { return cmp.Compare(t.Name, name) })
	if !found {
		*list = slices.Insert(*list, i, Tally{Name: name})
	}
	return &(*list)[i]
}

// yearBefore is how many months are shown before the report's own.
const yearBefore = 12

// Before calls count with each of the twelve months before, and adds what it
// returns and the month's own choices to Months. The month's own must be counted.
func (m *Month) Before(count func(from, to time.Time) (Tally, error)) error {
	location := m.From.Location()
	first := policy.DayOf(m.From, location)
	for back := yearBefore; back > 0; back-- {
		start := first.AddMonths(-back)
		counted, err := count(start.Start(location), start.AddMonths(1).Start(location))
		if err != nil {
			return err
		}
		counted.Name = monthName(start)
		m.Months = append(m.Months, counted)
	}
	m.Months = append(m.Months, m.Choices)
	return nil
}
