package report

import (
	"fmt"
	"strings"
	"time"
)

// title is the month in words.
func (m Month) title() string {
	title := m.From.In(m.Location()).Format("January 2006")
	if !m.Complete {
		title += " (running, incomplete)"
	}
	return title
}

// period says from when to when.
func (m Month) period() string {
	location := m.Location()
	end := m.To.In(location)
	text := fmt.Sprintf("%s to %s", m.From.In(location).Format(minute), end.Format(minute))
	return text + " (" + m.Timezone + ")"
}

// chain says how the ledger's hash chain stands.
func (m Month) chain() string {
	switch {
	case !m.Ledger.OK:
		return fmt.Sprintf("BROKEN at row %d", m.Ledger.FirstBad)
	case m.Ledger.Rows == 0:
		return "empty"
	}
	return "whole"
}

// checkpoint says which one is the newest.
func (m Month) checkpoint() string {
	c := m.Ledger.Checkpoint
	if c == nil {
		return "none"
	}
	return fmt.Sprintf("%s, %s, signed %s", c.Month, number(c.Rows, "row", "rows"), moment(c.Signed, minute, m.Location()))
}

// gone says when a copy was destroyed.
func (c Copy) gone(now time.Time, location *time.Location) string {
	if c.past(now) {
		return "NO, PAST ITS TIME"
	}
	if c.Destroyed.IsZero() {
		return "not yet"
	}
	return moment(c.Destroyed, minute, location)
}

// absent says why a list has nothing.
func absent(unknown bool) string {
	if unknown {
		return "This edge keeps no list."
	}
	return "None."
}

// slowest says how long the proof took at most.
func slowest(a Act) string {
	if a.Unproven == a.Acts {
		return "-"
	}
	return a.Slowest.Round(time.Millisecond).String()
}

// countries says where a service processes data.
func countries(s Service) string {
	if len(s.Countries) == 0 {
		return "not said"
	}
	return strings.ReplaceAll(strings.Join(s.Countries, ", "), "operator", "own host")
}
