package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/mamen-ai/consentgate/internal/policy"
)

// Judge says in Problems which promises aren't kept, and in Gaps what else an
// auditor should know, a sentence each. known is the policy that the report's
// tables are from.
func (m *Month) Judge(known policy.Document) {
	m.Problems, m.Gaps = []string{}, []string{}
	m.judgeRecords()
	m.judgeLedger()
	m.judgePeople()
	m.judgePolicy(known)
	m.judgeServices()
}

func (m *Month) problem(is bool, format string, args ...any) {
	if is {
		m.Problems = append(m.Problems, fmt.Sprintf(format, args...))
	}
}

func (m *Month) gap(is bool, format string, args ...any) {
	if is {
		m.Gaps = append(m.Gaps, fmt.Sprintf(format, args...))
	}
}

func (m *Month) judgeRecords() {
	overdue := 0
	for _, holding := range m.Holdings {
		overdue += holding.Overdue
	}
	m.problem(overdue > 0, "%s past the end of the window and still there; run: consentgate consent purge", number(overdue, "day table is", "day tables are"))
	var unproven, residual int64
	for _, act := range m.Acts {
		unproven += act.Unproven
		residual += act.Residual
	}
	m.problem(residual > 0, "Bytes of what %s of the month destroyed were still found in the database files.", number(residual, "act", "acts"))
	m.gap(unproven > residual, "Of %s of the month it isn't proven yet that the bytes are gone; the next scrub looks for them.", number(unproven-residual, "act", "acts"))
}

func (m *Month) judgeLedger() {
	m.problem(!m.Ledger.OK, "The ledger doesn't verify from row %d on: %s.", m.Ledger.FirstBad, strings.TrimSuffix(m.Ledger.Problem, "."))
	m.problem(m.Ledger.Residual > 0, "Bytes of %s are still in the database files.", number(m.Ledger.Residual, "destroyed day table", "destroyed day tables"))
	// The first schema kept no documents: this may be so for ever.
	m.gap(m.Ledger.Unresolved > 0, "%s to a notice, terms or an edition that isn't kept or was changed.", number(m.Ledger.Unresolved, "row of the ledger refers", "rows of the ledger refer"))
	sealed := m.Ledger.Checkpoint != nil && m.Ledger.Checkpoint.Month >= m.Month
	m.gap(m.Complete && !m.Choices.empty() && !sealed, "The month has no signed checkpoint of the ledger: rows cut off at its end can't be seen.")
}

func (m *Month) judgePeople() {
	today := policy.DayOf(m.Made, m.Location())
	var overdue, late int
	for _, request := range m.Requests {
		switch request.state(today, m.Location()) {
		case overdueRequest:
			overdue++
		case lateRequest:
			late++
		}
	}
	m.problem(overdue > 0, "%s open past the due date.", number(overdue, "request is", "requests are"))
	m.problem(late > 0, "%s after the due date.", number(late, "request was closed", "requests were closed"))
	m.gap(m.Requests == nil, "This edge keeps no list of requests by letter and mail (policy 3.4.1).")
	past := 0
	for _, c := range m.Copies {
		if c.past(m.Made) {
			past++
		}
	}
	m.problem(past > 0, "%s past the delete-by time and not recorded as destroyed.", number(past, "copy of the database is", "copies of the database are"))
	m.gap(m.Copies == nil, "This edge keeps no list of copies of its database.")
	for _, deletion := range m.Deletions {
		m.problem(deletion.Overdue > 0, "%s at %s past the day.", number(deletion.Overdue, "deletion is", "deletions are"), deletion.Service)
	}
	m.gap(m.Deletions == nil, "This edge asks no vendor to delete a visitor: withdrawals must be passed on by hand.")
}

func (m *Month) judgePolicy(known policy.Document) {
	_, ok := known.Edition(m.Edition)
	m.gap(!ok, "The edition in force, %s, isn't the one that the tables of purposes and contradictions below were taken from.", m.Edition)
	var missing []string
	for _, field := range []struct{ name, value string }{
		{"name", m.Controller.Name}, {"registration number", m.Controller.ID}, {"address", m.Controller.Address}, {"mail address", m.Controller.Email},
	} {
		if field.value == "" {
			missing = append(missing, field.name)
		}
	}
	m.gap(len(missing) > 0, "The configuration doesn't say the controller's %s (policy 7.2).", strings.Join(missing, ", "))
	m.gap(!m.Complete, "The month is running: all its numbers are incomplete.")
	m.gap(m.Complete && m.Choices.Asked() == 0, "Nobody made a choice in the month.")
}

func (m *Month) judgeServices() {
	var abroad, undeletable []string
	for _, service := range m.Services {
		if service.Abroad {
			abroad = append(abroad, service.Name)
		}
		if service.Optional && !service.Deletable {
			undeletable = append(undeletable, service.Name)
		}
	}
	m.gap(len(abroad) > 0, "%s may run and process data outside %s, which policy 3.2.6 rules out.", strings.Join(abroad, ", "), m.Jurisdiction)
	m.gap(len(undeletable) > 0, "A visitor who withdraws isn't deleted by this edge at %s.", strings.Join(undeletable, ", "))
	m.gap(len(m.Unknown) > 0, "%s named by nothing; see: consentgate consent inventory", number(len(m.Unknown), "third party is", "third parties are"))
}

// The states of a request.
const (
	openRequest    = "open"
	overdueRequest = "OVERDUE"
	inTimeRequest  = "in time"
	lateRequest    = "LATE"
)

// state returns how a request stands on a day.
func (r Request) state(today policy.Day, location *time.Location) string {
	switch {
	case r.Closed.IsZero() && r.Due.Before(today):
		return overdueRequest
	case r.Closed.IsZero():
		return openRequest
	case r.Due.Before(policy.DayOf(r.Closed, location)):
		return lateRequest
	}
	return inTimeRequest
}

// past reports whether the copy should be gone and isn't.
func (c Copy) past(now time.Time) bool { return c.Destroyed.IsZero() && !c.DeleteBy.After(now) }

// number writes a count with its words.
func number[N int | int64](count N, one, many string) string {
	if count == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", count, many)
}
