package policy

import (
	"fmt"
	"time"
)

// Window is how long analytics data of one kind may be kept, in calendar
// months. The policy knows two (3.1 row 7: "14, 24 months, by kind of
// analytics").
type Window int

const (
	// Months14 is the window of every kind the configuration doesn't name.
	Months14 Window = 14
	// Months24 is the longer window.
	Months24 Window = 24
)

// ParseWindow reads "14mo" or "24mo".
func ParseWindow(text string) (Window, error) {
	switch text {
	case "14mo":
		return Months14, nil
	case "24mo":
		return Months24, nil
	}
	return 0, fmt.Errorf("window %q: the policy (3.1 row 7) allows 14mo or 24mo", text)
}

// Valid reports whether the policy knows the window.
func (w Window) Valid() bool { return w == Months14 || w == Months24 }

// String returns the window as it is written in configurations.
func (w Window) String() string { return fmt.Sprintf("%dmo", int(w)) }

// MarshalText writes "14mo" or "24mo".
func (w Window) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// UnmarshalText reads "14mo" or "24mo".
func (w *Window) UnmarshalText(text []byte) error {
	parsed, err := ParseWindow(string(text))
	if err != nil {
		return err
	}
	*w = parsed
	return nil
}

// DropAt returns the instant at which everything collected on the given local
// day must be gone. It is counted forward from the start of the day, so that no
// record outlives its window; the earliest go up to a day early.
func (w Window) DropAt(collected Day, loc *time.Location) time.Time {
	return collected.AddMonths(int(w)).Start(loc)
}

// evidenceMonths is how long a consent event is kept as evidence after the
// consent is over: the general limitation period of three years (Civil Code of
// Kazakhstan, article 178).
const evidenceMonths = 36

// EvidenceEnds returns the instant at which evidence of a consent that was over
// at the given time must be gone.
func EvidenceEnds(over time.Time, loc *time.Location) time.Time {
	return DayOf(over, loc).AddMonths(evidenceMonths).Start(loc)
}
