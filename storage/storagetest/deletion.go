package storagetest

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/storage"
)

// Target is what the suite's stores must be opened with: vendors of services that
// begin with "v" can delete a visitor.
func Target(service, visitorID string) (string, bool) {
	return "target-" + visitorID, strings.HasPrefix(service, "v")
}

// withdrawFrom revokes the fixture's consent with targets that the request shows.
func (f *fixture) withdrawFrom(t *testing.T, targets ...storage.Target) {
	t.Helper()
	row, err := f.store.AppendRevocation(t.Context(), storage.Consent{ConsentID: f.id, Event: storage.Withdrawn, At: f.clock.Now()}, targets)
	if err != nil || row.Seq == 0 {
		t.Fatalf("AppendRevocation = %+v, %v", row, err)
	}
}

// due returns what is to be tried now, as "service visitor".
func (f *fixture) due(t *testing.T, services ...string) (due []storage.Deletion, names []string) {
	t.Helper()
	due, err := f.store.DueDeletions(t.Context(), services, 9)
	if err != nil {
		t.Fatalf("DueDeletions: %v", err)
	}
	for _, d := range due {
		names = append(names, d.Service+" "+d.Visitor)
	}
	return due, names
}

func (f *fixture) wantDue(t *testing.T, want ...string) []storage.Deletion {
	t.Helper()
	due, names := f.due(t, "v1", "v2")
	if !slices.Equal(names, want) {
		t.Errorf("due %q, want %q", names, want)
	}
	return due
}

func (f *fixture) wantCounts(t *testing.T, want ...storage.DeletionCount) {
	t.Helper()
	counts, err := f.store.DeletionCounts(t.Context())
	if err != nil || !slices.Equal(counts, want) {
		t.Errorf("DeletionCounts = %+v, %v; want %+v", counts, err, want)
	}
}

func revocationQueues(t *testing.T, f *fixture) {
	f.wantDue(t)
	f.withdrawFrom(t, storage.Target{Service: "v1", Visitor: "a"}, storage.Target{Service: "v2", Visitor: "a"}, storage.Target{Service: "v2"})
	due := f.wantDue(t, "v1 a", "v2 a")
	want := storage.Deletion{ID: due[0].ID, Service: "v1", Visitor: "a", Reason: storage.ConsentRevoked,
		Queued: f.clock.Now(), Due: f.clock.Now().AddDate(0, 0, 10), Next: f.clock.Now()}
	if due[0] != want {
		t.Errorf("got %+v, want %+v", due[0], want)
	}
	f.withdrawFrom(t, storage.Target{Service: "v1", Visitor: "a"}, storage.Target{Service: "v1", Visitor: "b"})
	f.wantDue(t, "v1 a", "v2 a", "v1 b")
	if _, names := f.due(t, "v2", "v3"); !slices.Equal(names, []string{"v2 a"}) {
		t.Errorf("of v2 and v3: %q", names)
	}
	if _, names := f.due(t); names != nil {
		t.Errorf("of no service: %q", names)
	}
	if pending, err := f.store.PendingErasures(t.Context()); err != nil || len(pending) != 1 {
		t.Errorf("PendingErasures = %+v, %v", pending, err)
	}
}

func onlyRevocationQueues(t *testing.T, f *fixture) {
	for _, event := range []storage.Event{storage.Given, storage.Refused} {
		if _, err := f.store.AppendRevocation(t.Context(), storage.Consent{ConsentID: f.id, Event: event, At: f.clock.Now()}, nil); err == nil {
			t.Errorf("%s is taken for a revocation", event)
		}
	}
	if v := f.verify(t); v.Rows != 0 {
		t.Errorf("%d rows were written", v.Rows)
	}
}

func erasureQueues(t *testing.T, f *fixture) {
	other := f.visit(storage.VisitService{Service: "v1", VisitorID: "other"})
	other.ConsentID = consent.NewID()
	f.append(t, f.consent(), f.person())
	f.record(t, other,
		f.visit(storage.VisitService{Service: "v1", VisitorID: "a"}, storage.VisitService{Service: "w", VisitorID: "a"}),
		f.visit(storage.VisitService{Service: "v1", VisitorID: "a"}, storage.VisitService{Service: "v2"}))
	f.clock.Set(f.clock.Now().AddDate(0, 0, 1))
	f.record(t, f.visit(storage.VisitService{Service: "v1", VisitorID: "a"}, storage.VisitService{Service: "v2", Kind: longKind, VisitorID: "b"}))
	f.withdrawFrom(t, storage.Target{Service: "v1", Visitor: "target-a"})
	f.erase(t, f.id)
	due := f.wantDue(t, "v1 target-a", "v2 target-b")
	if due[1].Reason != storage.ConsentRevoked {
		t.Errorf("reason %s", due[1].Reason)
	}
	f.erase(t, f.id)
	f.wantDue(t, "v1 target-a", "v2 target-b")
}

func deletionIsTriedAgain(t *testing.T, f *fixture) {
	f.withdrawFrom(t, storage.Target{Service: "v1", Visitor: "a"}, storage.Target{Service: "v2", Visitor: "b"})
	due := f.wantDue(t, "v1 a", "v2 b")
	next := f.clock.Now().Add(time.Hour)
	if err := f.store.DeletionFailed(t.Context(), due[0].ID, "timeout", next); err != nil {
		t.Fatal(err)
	}
	f.wantDue(t, "v2 b")
	f.clock.Set(next)
	if due = f.wantDue(t, "v2 b", "v1 a"); due[1].Tries != 1 || due[1].Failure != "timeout" {
		t.Errorf("got %+v", due[1])
	}
	f.wantCounts(t, storage.DeletionCount{Service: "v1", Pending: 1}, storage.DeletionCount{Service: "v2", Pending: 1})
	f.clock.Set(due[1].Due)
	f.wantCounts(t, storage.DeletionCount{Service: "v1", Pending: 1, Overdue: 1}, storage.DeletionCount{Service: "v2", Pending: 1, Overdue: 1})
	if first, err := f.store.DueDeletions(t.Context(), []string{"v1", "v2"}, 1); err != nil || len(first) != 1 || first[0].Visitor != "b" {
		t.Errorf("the first is %+v, %v", first, err)
	}
}

func deletionIsEvidence(t *testing.T, f *fixture) {
	f.withdrawFrom(t, storage.Target{Service: "v1", Visitor: "a"}, storage.Target{Service: "v1", Visitor: "b"}, storage.Target{Service: "v2", Visitor: "c"})
	queued := f.clock.Now()
	due := f.wantDue(t, "v1 a", "v1 b", "v2 c")
	f.clock.Set(f.clock.Now().Add(time.Minute))
	act, err := f.store.DeletionsDone(t.Context(), []int64{due[0].ID, due[2].ID, 99}, "scheduler")
	if err != nil || act.Rows != 2 || act.Part != "deletions" || act.Reason != storage.PurposeReached || !act.From.Equal(queued) {
		t.Errorf("act %+v, %v", act, err)
	}
	f.wantDue(t, "v1 b")
	f.wantCounts(t, storage.DeletionCount{Service: "v1", Pending: 1, Done: 1}, storage.DeletionCount{Service: "v2", Done: 1})
	want := storage.Deletion{ID: due[2].ID, Service: "v2", Reason: storage.ConsentRevoked, Queued: queued,
		Due: due[2].Due, Next: queued, Tries: 1, Done: f.clock.Now()}
	for range 2 {
		done, err := f.store.FinishedDeletions(t.Context(), 1)
		if err != nil || len(done) != 1 || done[0] != want {
			t.Errorf("got %+v, %v; want %+v", done, err, want)
		}
		if act, err = f.store.DeletionsDone(t.Context(), []int64{due[0].ID}, "scheduler"); err != nil || act.Rows != 0 {
			t.Errorf("once more: %+v, %v", act, err)
		}
	}
	if acts, err := f.store.Acts(t.Context(), 9); err != nil || len(acts) != 1 {
		t.Errorf("acts %+v, %v", acts, err)
	}
	f.withdrawFrom(t, storage.Target{Service: "v1", Visitor: "a"})
	f.wantDue(t, "v1 b", "v1 a")
}
