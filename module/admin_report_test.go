package module

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/internal/report"
	"github.com/mamen-ai/consentgate/storage"
)

// reportedStore is a store of which only what a report sums up is used.
type reportedStore struct {
	storage.Store
	copies   []storage.Copy
	segments []storage.Segment
	acts     []storage.ActCount
	parts    []storage.Part
	err      error
}

func (s *reportedStore) Copies(context.Context) ([]storage.Copy, error) { return s.copies, s.err }
func (s *reportedStore) Segments(context.Context) ([]storage.Segment, error) {
	return s.segments, s.err
}
func (s *reportedStore) Parts(context.Context) ([]storage.Part, error) { return s.parts, s.err }
func (s *reportedStore) Verify(context.Context) (storage.Verification, error) {
	return storage.Verification{Rows: 9, Head: "ab", OK: true}, s.err
}
func (s *reportedStore) ActsBetween(context.Context, time.Time, time.Time) ([]storage.ActCount, error) {
	return s.acts, s.err
}

// october is the report on October 2026, made a day after it.
func october(t *testing.T) *report.Month {
	t.Helper()
	first := policy.Day{Year: 2026, Month: time.October, Day: 1}
	m, err := report.New(first, time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC), time.UTC)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestReportListsTheCopiesThatWereThere pins which copies a month answers for.
func TestReportListsTheCopiesThatWereThere(t *testing.T) {
	at := func(month time.Month, day int) time.Time { return time.Date(2026, month, day, 0, 0, 0, 0, time.UTC) }
	store := &reportedStore{copies: []storage.Copy{
		{Path: "gone before", Made: at(9, 1), Destroyed: at(9, 30)},
		{Path: "gone in it", Made: at(9, 1), Destroyed: at(10, 1)},
		{Path: "there", Made: at(8, 1), DeleteBy: at(8, 12)},
		{Path: "made after", Made: at(11, 1)},
	}}
	m := october(t)
	if err := reportCopies(t.Context(), store, m); err != nil {
		t.Fatal(err)
	}
	want := []report.Copy{{Path: "gone in it", Made: at(9, 1), Destroyed: at(10, 1)}, {Path: "there", Made: at(8, 1), DeleteBy: at(8, 12)}}
	if !reflect.DeepEqual(m.Copies, want) {
		t.Errorf("copies %+v", m.Copies)
	}
}

// TestReportTakesWhatTheStoreSums pins acts, the newest checkpoint, and that a day
// table which is gone isn't held.
func TestReportTakesWhatTheStoreSums(t *testing.T) {
	signed := time.Date(2026, 11, 1, 0, 10, 0, 0, time.UTC)
	day := policy.Day{Year: 2026, Month: time.October, Day: 5}
	dropAt := policy.Months14.DropAt(day, time.UTC)
	store := &reportedStore{
		acts: []storage.ActCount{{Kind: "visits", Reason: storage.WindowEnded, Acts: 4, Rows: 9, Slowest: time.Second, Unproven: 2, Residual: 1}},
		segments: []storage.Segment{
			{Checkpoint: storage.Checkpoint{Month: "2026-09", Size: 1, Head: "a"}},
			{Checkpoint: storage.Checkpoint{Month: "2026-10", Size: 7, Head: "b", At: signed}},
		},
		parts: []storage.Part{
			{Kind: "visits", Table: "visits", Day: day, DropAt: dropAt, State: storage.Live, Rows: 2},
			{Kind: "visits", Table: "ip", Day: day, DropAt: dropAt, State: storage.Live, Rows: 3},
			{Kind: "visits", Table: "ip", Day: day, DropAt: dropAt, State: storage.Scrubbed, Rows: 99},
			{Kind: "visits", Table: "ip", Day: day, DropAt: dropAt, State: storage.Dropped, Rows: 99},
		},
	}
	app := &App{location: time.UTC, metrics: newSharedStore("unused").metrics}
	m := october(t)
	for _, fill := range []func(context.Context, storage.Store, *report.Month) error{reportActs, app.reportLedger, app.reportHoldings} {
		if err := fill(t.Context(), store, m); err != nil {
			t.Fatal(err)
		}
	}
	if want := []report.Act{{Kind: "visits", Reason: "window_ended", Acts: 4, Rows: 9, Slowest: time.Second, Unproven: 2, Residual: 1}}; !reflect.DeepEqual(m.Acts, want) {
		t.Errorf("acts %+v", m.Acts)
	}
	if want := (report.Ledger{Rows: 9, Head: "ab", OK: true, Checkpoint: &report.Checkpoint{Month: "2026-10", Rows: 7, Head: "b", Signed: signed}}); !reflect.DeepEqual(m.Ledger, want) {
		t.Errorf("ledger %+v", m.Ledger)
	}
	if len(m.Holdings) != 1 || m.Holdings[0].Visits != 2 || m.Holdings[0].IPs != 3 || m.Holdings[0].Window != policy.Months14 || m.Holdings[0].NextDrop != dropAt {
		t.Errorf("holdings %+v", m.Holdings)
	}
}

// TestReportFailsWithItsStore pins that no report passes over what can't be read.
func TestReportFailsWithItsStore(t *testing.T) {
	store := &reportedStore{err: errors.New("disk")}
	app := &App{location: time.UTC, metrics: newSharedStore("unused").metrics}
	for i, fill := range []func(context.Context, storage.Store, *report.Month) error{reportActs, reportCopies, app.reportLedger, app.reportHoldings} {
		if err := fill(t.Context(), store, october(t)); !errors.Is(err, store.err) {
			t.Errorf("step %d: %v", i, err)
		}
	}
}
