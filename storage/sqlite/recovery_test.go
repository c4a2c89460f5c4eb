//go:build !windows

package sqlite

import (
	"fmt"
	"slices"
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/storage"
)

// checkAfter opens what a killed process left, does what a server does at its
// start, and judges the result.
func (d doomed) checkAfter(t *testing.T, dir string, printed []string) {
	t.Helper()
	s, _ := openAt(t, dir, withKey(1))
	defer s.Close()
	mustBeSound(t, s)
	revoked := map[consent.ID]bool{}
	for number := range revokedCount {
		held, err := s.Held(t.Context(), revokedID(number))
		if err != nil {
			t.Fatal(err)
		}
		_, isRevoked := held.Events[len(held.Events)-1].Event.Revokes()
		acknowledged, erased := false, false
		for _, line := range printed {
			acknowledged = acknowledged || line == fmt.Sprint("revoked ", number)
			erased = erased || line == fmt.Sprint("erased ", number)
		}
		if acknowledged && !isRevoked {
			t.Errorf("the acknowledged revocation %d is lost", number)
		}
		if n := len(held.IPs) + len(held.Visits); erased && n != 0 || !isRevoked && n != 3*liveDays {
			t.Errorf("visitor %d (revoked %v, erased %v): %d records are readable after the kill", number, isRevoked, erased, n)
		}
		revoked[revokedID(number)] = isRevoked
	}
	d.mustHideExpired(t, s)

	purger := newPurger(s)
	for overdue := 1; overdue > 0; {
		result, err := purger.Tick(t.Context(), false)
		if err != nil || result.Residual != 0 || result.ClockTripped || result.PendingErasures != 0 {
			t.Fatalf("tick %+v, %v", result, err)
		}
		overdue = result.Overdue
	}
	if n := pendingCount(t, s); n != 0 {
		t.Errorf("%d erasures are pending", n)
	}
	if v, err := s.Verify(t.Context()); err != nil || !v.OK || v.Residual != 0 || v.Rows < d.given {
		t.Errorf("Verify = %+v, %v", v, err)
	}
	mustBeSound(t, s)
	d.checkActs(t, s, revoked)
	d.checkBytes(t, s, revoked)
}

// mustHideExpired fails the test when a record whose window has ended is readable.
func (d doomed) mustHideExpired(t *testing.T, s *Store) {
	t.Helper()
	for _, c := range d.expired {
		for _, visit := range c.visits[revokedCount:] {
			if held, err := s.Held(t.Context(), visit.ConsentID); err != nil || len(held.IPs)+len(held.Visits) != 0 {
				t.Fatalf("past its window %+v is readable, %v", held, err)
			}
		}
	}
}

// checkActs holds the acts against what is gone.
func (d doomed) checkActs(t *testing.T, s *Store, revoked map[consent.ID]bool) {
	t.Helper()
	revocations := map[storage.Reason]int{} // visitors, each with records on each day
	for number := range revokedCount {
		if reason, _ := revocationOf(number).Revokes(); revoked[revokedID(number)] {
			revocations[reason]++
		}
	}
	type key struct {
		part   string
		reason storage.Reason
	}
	count, rows := map[key]int{}, map[string]int64{}
	for _, act := range mustActs(t, s) {
		count[key{act.Part, act.Reason}]++
		rows[act.Part] += act.Rows
		if act.Scrubbed.IsZero() || act.Residual != 0 || act.Actor == "" || act.Rows == 0 || act.From.IsZero() || act.To.Before(act.From) {
			t.Errorf("act %+v", act)
		}
	}
	parts, err := s.Parts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range parts {
		expired := !part.DropAt.After(noon)
		left := part.Rows
		if expired {
			left = 0
			if part.State != storage.Scrubbed {
				t.Errorf("%s is %s", part.Name, part.State)
			}
			if n := count[key{part.Name, storage.WindowEnded}]; n != 1 {
				t.Errorf("%s: %d acts of its end", part.Name, n)
			}
		}
		if got := d.rows[part.Name] - left; rows[part.Name] != got {
			t.Errorf("%s: the acts tell of %d rows, %d are gone", part.Name, rows[part.Name], got)
		}
		for _, reason := range []storage.Reason{storage.ConsentRevoked, storage.SubjectRequest} {
			if n := count[key{part.Name, reason}]; n > revocations[reason] || !expired && n != revocations[reason] {
				t.Errorf("%s: %d acts of %s, and %d visitors", part.Name, n, reason, revocations[reason])
			}
		}
	}
}

// checkBytes searches the files, and reads what must have stayed.
func (d doomed) checkBytes(t *testing.T, s *Store, revoked map[consent.ID]bool) {
	t.Helper()
	var gone, kept [][]byte
	for _, c := range d.expired {
		for _, visit := range c.visits {
			needles := c.needles[visit.ConsentID]
			if isRevoked, revokes := revoked[visit.ConsentID]; revokes && !isRevoked {
				needles = needles[1:] // the ID is on live days too
			}
			gone = append(gone, needles...)
		}
	}
	for _, c := range d.live {
		stay := c
		stay.visits = nil
		for _, visit := range c.visits {
			if revoked[visit.ConsentID] {
				gone = append(gone, c.needles[visit.ConsentID]...)
			} else {
				kept = append(kept, c.needles[visit.ConsentID]...)
				stay.visits = append(stay.visits, visit)
			}
		}
		mustHold(t, s, slices.Repeat([]crowd{stay}, liveDays)...)
	}
	data := fileBytes(t, s)
	mustLeave(t, data, "destroyed", distinct(gone), false)
	mustLeave(t, data, "kept", distinct(kept), true)
}
