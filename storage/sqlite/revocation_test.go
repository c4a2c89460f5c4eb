package sqlite

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/storage"
)

func revoke(t *testing.T, s *Store, id consent.ID, event storage.Event) {
	t.Helper()
	if _, err := s.AppendConsent(t.Context(), storage.Consent{ConsentID: id, Event: event, At: noon}, nil); err != nil {
		t.Fatal(err)
	}
}

func pendingCount(t *testing.T, s *Store) int {
	t.Helper()
	pending, err := s.PendingErasures(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return len(pending)
}

func TestRevocationSurvivesReopening(t *testing.T) {
	dir := t.TempDir()
	s, _ := openAt(t, dir)
	id := consent.NewID()
	revoke(t, s, id, storage.Erased)
	s.Close()
	s, _ = openAt(t, dir)
	pending, err := s.PendingErasures(t.Context())
	if err != nil || len(pending) != 1 || pending[0] != (storage.Erasure{ConsentID: id, Reason: storage.SubjectRequest, At: noon}) {
		t.Errorf("pending %+v, %v", pending, err)
	}
	if revoked, err := s.Revoked(t.Context(), noon); err != nil || len(revoked) != 1 || revoked[0] != id {
		t.Errorf("revoked %v, %v", revoked, err)
	}
}

func TestErasureIsPendingOnlyWithItsLedgerRow(t *testing.T) {
	s, _ := openAt(t, t.TempDir())
	mustExec(t, raw(t, s.path), "CREATE TRIGGER full BEFORE INSERT ON erasures BEGIN SELECT RAISE(ABORT, 'disk full'); END")
	id := consent.NewID()
	if _, err := s.AppendConsent(t.Context(), storage.Consent{ConsentID: id, Event: storage.Withdrawn, At: noon}, nil); err == nil {
		t.Error("a withdrawal was acknowledged whose erasure isn't pending")
	}
	if held, err := s.Held(t.Context(), id); err != nil || len(held.Events) != 0 {
		t.Errorf("held %+v, %v", held, err)
	}
}

func TestErasureThatFailsStaysPending(t *testing.T) {
	s, _ := openAt(t, t.TempDir())
	visitors := newCrowd(3, fixedRows)
	visitors.record(t, s)
	id := visitors.visits[0].ConsentID
	revoke(t, s, id, storage.Withdrawn)
	db := raw(t, s.path)
	mustExec(t, db, "CREATE TRIGGER full BEFORE INSERT ON acts WHEN NEW.part LIKE 'visits%' BEGIN SELECT RAISE(ABORT, 'disk full'); END")
	acts, err := s.Erase(t.Context(), id, storage.ConsentRevoked, "visitor")
	if err == nil || len(acts) != 1 || pendingCount(t, s) != 1 {
		t.Errorf("acts %+v, %v, %d pending; want one act and one pending", acts, err, pendingCount(t, s))
	}
	mustExec(t, db, "DROP TRIGGER full")
	acts, err = s.Erase(t.Context(), id, storage.ConsentRevoked, "visitor")
	if err != nil || len(acts) != 1 || pendingCount(t, s) != 0 {
		t.Errorf("again: acts %+v, %v, %d pending", acts, err, pendingCount(t, s))
	}
}

// A consent that is given and revoked again while it is being erased may have
// left records which that erasure didn't see.
func TestErasureDoesNotEndANewerOne(t *testing.T) {
	s, _ := openAt(t, t.TempDir())
	id := consent.NewID()
	revoke(t, s, id, storage.Withdrawn)
	_, demand, err := s.recordsUnder(t.Context(), id)
	if err != nil || demand != 1 {
		t.Fatalf("demand %d, %v", demand, err)
	}
	revoke(t, s, id, storage.Given)
	revoke(t, s, id, storage.Withdrawn)
	if err := s.endErasure(t.Context(), id, demand); err != nil || pendingCount(t, s) != 1 {
		t.Errorf("%v, %d pending, want the newer one", err, pendingCount(t, s))
	}
}

func TestRevocationsHonourTheContext(t *testing.T) {
	s, _ := openAt(t, t.TempDir())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.PendingErasures(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("PendingErasures: %v", err)
	}
	if _, err := s.Revoked(ctx, time.Time{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Revoked: %v", err)
	}
}
