package sqlite

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage"
)

// The tests in this file look at the files' bytes. What they search for is found
// before the destruction, so that a search that sees nothing can't pass.

// shapes are the day tables whose bytes are hard to destroy, each in its way.
var shapes = map[string]struct {
	rows  int
	shape rowShape
}{
	"one row":                      {1, fixedRows},
	"a few rows of a fixed length": {15, fixedRows},
	"rows of a fixed length":       {250, fixedRows},
	"rows of varying length":       {250, varyingRows},
	"rows with overflow pages":     {40, overflowingRows},
}

// mustLeave fails the test unless exactly all of the needles are found, or none.
func mustLeave(t *testing.T, data []byte, what string, needles [][]byte, all bool) {
	t.Helper()
	want := 0
	if all {
		want = len(needles)
	}
	if n := left(data, needles); n != want {
		t.Errorf("%s: %d of %d values are in the files, want %d", what, n, len(needles), want)
	}
}

func mustBeSound(t *testing.T, s *Store) {
	t.Helper()
	var check string
	if err := s.readers.QueryRow("PRAGMA quick_check").Scan(&check); err != nil || check != "ok" {
		t.Errorf("quick_check: %s, %v", check, err)
	}
}

// mustHold fails the test unless each visitor of the crowds holds a visit, its IP
// record and that of the consent in each of them.
func mustHold(t *testing.T, s *Store, crowds ...crowd) {
	t.Helper()
	for _, visit := range crowds[0].visits {
		held, err := s.Held(t.Context(), visit.ConsentID)
		if err != nil || len(held.Visits) != len(crowds) || len(held.IPs) != 2*len(crowds) {
			t.Fatalf("%d visits, %d IP records, %v; want %d and %[4]d twice", len(held.Visits), len(held.IPs), err, len(crowds))
		}
	}
}

func TestBytesAreGoneAfterTheWindow(t *testing.T) {
	for name, test := range shapes {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s, clock := openAt(t, dir)
			const days = 3 // the last of which stays
			var crowds []crowd
			var doomed [][]byte
			for day := range days {
				clock.Set(noon.AddDate(0, 0, day))
				ids := newCrowd(test.rows, fixedRows).ids()
				c := newCrowdOf(ids, test.shape, clock.Now())
				c.give(t, s)
				c.record(t, s)
				crowds = append(crowds, c)
				if day < days-1 {
					doomed = append(doomed, c.all()...)
				}
			}
			kept := crowds[days-1]
			data := fileBytes(t, s)
			mustLeave(t, data, "before", doomed, true)
			mustLeave(t, data, "before", kept.all(), true)
			parts, err := s.Parts(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, part := range parts {
				if part.Day == policy.DayOf(kept.visits[0].At, s.location) {
					continue
				}
				act, err := s.DropPart(t.Context(), part.Name, storage.WindowEnded, "test")
				want := int64(test.rows)
				if part.Table == ipTable {
					want *= 2
				}
				if err != nil || act.Rows != want {
					t.Fatalf("%+v, %v", act, err)
				}
			}
			scrub(t, s)
			if info, err := os.Stat(s.logPath()); err != nil || info.Size() > 64<<10 {
				t.Errorf("the write-ahead log has %d bytes, %v", info.Size(), err)
			}
			var free int
			if err := raw(t, s.path).QueryRow("PRAGMA freelist_count").Scan(&free); err != nil || free != 0 {
				t.Errorf("%d free pages weren't given back, %v", free, err)
			}
			data = fileBytes(t, s)
			mustLeave(t, data, "destroyed", doomed, false)
			mustLeave(t, data, "kept", kept.all(), true)
			mustHold(t, s, kept)
			mustBeSound(t, s)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			mustLeave(t, readDirectory(t, dir), "destroyed, after Close", doomed, false)
		})
	}
}

func TestBytesAreGoneAfterARevocation(t *testing.T) {
	t.Parallel()
	for name, test := range shapes {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s, clock := openAt(t, dir)
			// Of every fifty visitors one goes, of a single one that one.
			var gone, stay []consent.ID
			for i, id := range newCrowd(test.rows, fixedRows).ids() {
				if i%50 == 0 {
					gone = append(gone, id)
				} else {
					stay = append(stay, id)
				}
			}
			var doomed [][]byte
			var kept []crowd
			for day := range 3 {
				clock.Set(noon.AddDate(0, 0, day))
				c := newCrowdOf(append(gone[:len(gone):len(gone)], stay...), test.shape, clock.Now())
				c.give(t, s)
				c.record(t, s)
				for _, id := range gone {
					doomed = append(doomed, c.needles[id]...)
					delete(c.needles, id)
				}
				c.visits = c.visits[len(gone):]
				kept = append(kept, c)
			}
			var keep [][]byte
			for _, c := range kept {
				keep = append(keep, c.all()...)
			}
			doomed, keep = distinct(doomed), distinct(keep)
			data := fileBytes(t, s)
			mustLeave(t, data, "before", doomed, true)
			mustLeave(t, data, "before", keep, true)
			for i, id := range gone {
				event := []storage.Event{storage.Withdrawn, storage.Erased}[i%2]
				if _, err := s.AppendConsent(t.Context(), storage.Consent{ConsentID: id, Event: event, At: clock.Now()}, nil); err != nil {
					t.Fatal(err)
				}
				reason, _ := event.Revokes()
				acts, err := s.Erase(t.Context(), id, reason, "test")
				if err != nil || len(acts) != 2*3 {
					t.Fatalf("%+v, %v", acts, err)
				}
			}
			scrub(t, s)
			data = fileBytes(t, s)
			mustLeave(t, data, "destroyed", doomed, false)
			mustLeave(t, data, "kept", keep, true)
			for _, id := range gone { // the ledger's, in hexadecimal
				if !strings.Contains(string(data), id.String()) {
					t.Error("the evidence of a consent is gone with the records")
				}
			}
			if len(stay) > 0 {
				mustHold(t, s, kept...)
			}
			mustBeSound(t, s)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			mustLeave(t, readDirectory(t, dir), "destroyed, after Close", doomed, false)
		})
	}
}

// While another program reads an old state of the database, what was destroyed is
// still in the files. Scrub waits for it, says so when it doesn't end, and the
// act stays open until the bytes are gone.
func TestBytesGoOnceTheLastReaderEnds(t *testing.T) {
	s, _ := openAt(t, t.TempDir())
	s.attempts = 3
	doomed := newCrowd(300, varyingRows)
	doomed.give(t, s)
	doomed.record(t, s)
	reader, err := raw(t, s.path).Begin()
	if err != nil {
		t.Fatal(err)
	}
	var rows int
	if err := reader.QueryRow("SELECT count(*) FROM ip_visits_20261123").Scan(&rows); err != nil || rows != 2*300+1 {
		t.Fatalf("%d rows with the canary, %v", rows, err)
	}
	for _, name := range []string{"ip_visits_20261123", "visits_visits_20261123"} {
		if _, err := s.DropPart(t.Context(), name, storage.WindowEnded, "test"); err != nil {
			t.Fatal(err)
		}
	}
	if residual, err := s.Scrub(t.Context()); !errors.Is(err, errLogInUse) || !strings.Contains(err.Error(), s.path) {
		t.Errorf("Scrub under a reader = %d, %v", residual, err)
	}
	mustLeave(t, fileBytes(t, s), "under a reader", doomed.all(), true)
	if v, err := s.Verify(t.Context()); err != nil || v.Residual != 2 {
		t.Errorf("Verify = %+v, %v", v, err)
	}
	for _, act := range mustActs(t, s) {
		if !act.Scrubbed.IsZero() {
			t.Errorf("marked as scrubbed under a reader: %+v", act)
		}
	}
	if held, err := s.Held(t.Context(), doomed.visits[0].ConsentID); err != nil || len(held.IPs)+len(held.Visits) != 0 {
		t.Errorf("held %+v, %v", held, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := s.Scrub(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Scrub that was told to end: %v", err)
	}

	s.attempts = checkpointAttempts
	waited := make(chan error)
	go func() {
		_, err := s.Scrub(context.Background())
		waited <- err
	}()
	// Others write meanwhile; the scrub is at it when they have.
	for range 3 {
		if _, err := s.AppendConsent(t.Context(), someConsent(consent.NewID()), nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := reader.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := <-waited; err != nil {
		t.Errorf("Scrub that waited for the reader: %v", err)
	}
	mustLeave(t, fileBytes(t, s), "after the reader", doomed.all(), false)
	for _, act := range mustActs(t, s) {
		if act.Scrubbed.IsZero() {
			t.Errorf("not marked as scrubbed: %+v", act)
		}
	}
}

func mustActs(t *testing.T, s *Store) []storage.Act {
	t.Helper()
	acts, err := s.Acts(t.Context(), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return acts
}
