package report

import (
	"cmp"
	"slices"
	"time"

	"github.com/mamen-ai/consentgate/internal/policy"
)

// Part is a day table that is there.
type Part struct {
	Kind   string
	Visits bool // it holds visits; else IP records
	Day    policy.Day
	DropAt time.Time
	Rows   int64
	Window policy.Window // of the kind
}

// Holding is what is held of one kind of records.
type Holding struct {
	Kind     string        `json:"kind"`
	Window   policy.Window `json:"window"`
	IPs      int64         `json:"ip_records"`
	Visits   int64         `json:"visits"`
	Tables   int           `json:"tables"`
	Oldest   policy.Day    `json:"oldest"`    // day of collection
	NextDrop time.Time     `json:"next_drop"` // when the first of the tables must be gone
	Overdue  int           `json:"overdue"`   // tables past that time
	// Ages counts records by their age in whole calendar months.
	Ages []int64 `json:"ages"`
}

// Records returns how many records are held.
func (h Holding) Records() int64 { return h.IPs + h.Visits }

// Hold sums up day tables by kind, as they are at a time. Empty ones hold nothing.
func Hold(parts []Part, now time.Time, location *time.Location) []Holding {
	holdings := []Holding{}
	today := policy.DayOf(now, location)
	for _, part := range parts {
		if part.Rows == 0 {
			continue
		}
		i, found := slices.BinarySearchFunc(holdings, part.Kind, func(h Holding, kind string) int { return cmp.Compare(h.Kind, kind) })
		if !found {
			holdings = slices.Insert(holdings, i, Holding{Kind: part.Kind, Window: part.Window, Oldest: part.Day, NextDrop: part.DropAt})
		}
		holdings[i].add(part, now, monthsBetween(part.Day, today))
	}
	return holdings
}

func (h *Holding) add(part Part, now time.Time, age int) {
	if part.Visits {
		h.Visits += part.Rows
	} else {
		h.IPs += part.Rows
	}
	h.Tables++
	if part.Day.Before(h.Oldest) {
		h.Oldest = part.Day
	}
	if part.DropAt.Before(h.NextDrop) {
		h.NextDrop = part.DropAt
	}
	if !part.DropAt.After(now) {
		h.Overdue++
	}
	for len(h.Ages) <= age {
		h.Ages = append(h.Ages, 0)
	}
	h.Ages[age] += part.Rows
}

// monthsBetween returns how many whole calendar months after from the day to is,
// counted forward as windows are; 0 when it is before.
func monthsBetween(from, to policy.Day) int {
	months := 12*(to.Year-from.Year) + int(to.Month) - int(from.Month)
	if to.Before(from.AddMonths(months)) {
		months--
	}
	return max(months, 0)
}
