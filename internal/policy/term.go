package policy

import (
	"fmt"
	"regexp"
	"strconv"
)

// Term is how long somebody keeps something, as they say themselves: a length, or a
// word where there is none. The zero Term says nothing.
type Term struct {
	Unit Unit
	// Least and Most are how many of the unit, 1 to 999; they are the same but in a
	// range, and 0 for the words.
	Least, Most int
}

// Unit is what a term is counted in, or the word that stands for it.
type Unit string

// The units of a length.
const (
	Minutes Unit = "min"
	Hours   Unit = "h"
	Days    Unit = "d"
	Months  Unit = "mo"
	Years   Unit = "y"
)

// The words.
const (
	Session      Unit = "session"    // until the browser is closed
	UntilDeleted Unit = "deleted"    // until somebody deletes it
	AsConfigured Unit = "configured" // as the site has set the service up
	NotKept      Unit = "none"       // nothing is kept
)

var termForm = regexp.MustCompile(`^(?:(?:([1-9]\d{0,2})-)?([1-9]\d{0,2})(min|h|d|mo|y)|(session|deleted|configured|none))$`)

// ParseTerm reads "30min", "1h", "90d", "13mo", "2y", a range such as "1-24mo", or
// one of "session", "deleted", "configured" and "none".
func ParseTerm(text string) (Term, error) {
	part := termForm.FindStringSubmatch(text)
	if part == nil {
		return Term{}, fmt.Errorf("term %q: write a length such as 30min, 1h, 90d, 13mo, 2y or 1-24mo, or one of session, deleted, configured, none", text)
	}
	if part[4] != "" {
		return Term{Unit: Unit(part[4])}, nil
	}
	most, _ := strconv.Atoi(part[2])
	term := Term{Unit: Unit(part[3]), Least: most, Most: most}
	if part[1] != "" {
		term.Least, _ = strconv.Atoi(part[1])
	}
	if term.Least > term.Most {
		return Term{}, fmt.Errorf("term %q: the shorter end comes first", text)
	}
	return term, nil
}

// String returns the term as it is written in configurations, nothing for the zero
// Term.
func (t Term) String() string {
	switch {
	case t.Most == 0:
		return string(t.Unit)
	case t.Least == t.Most:
		return fmt.Sprintf("%d%s", t.Most, t.Unit)
	}
	return fmt.Sprintf("%d-%d%s", t.Least, t.Most, t.Unit)
}

// MarshalText writes what ParseTerm reads.
func (t Term) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads what ParseTerm reads.
func (t *Term) UnmarshalText(text []byte) error {
	parsed, err := ParseTerm(string(text))
	if err != nil {
		return err
	}
	*t = parsed
	return nil
}
