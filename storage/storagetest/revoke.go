package storagetest

import (
	"slices"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/storage"
)

// wantPending compares what is pending.
func wantPending(t *testing.T, f *fixture, want ...storage.Erasure) {
	t.Helper()
	pending, err := f.store.PendingErasures(t.Context())
	if err != nil || !slices.Equal(pending, want) {
		t.Errorf("PendingErasures = %+v, %v; want %+v", pending, err, want)
	}
}

func pendingUntilErased(t *testing.T, f *fixture) {
	other := consent.NewID()
	f.append(t, f.consent(), f.person())
	f.record(t, f.visit())
	f.revoke(t, f.id, storage.Withdrawn)
	first := storage.Erasure{ConsentID: f.id, Reason: storage.ConsentRevoked, At: f.clock.Now()}
	f.clock.Set(f.clock.Now().Add(time.Second))
	f.revoke(t, other, storage.Erased)
	second := storage.Erasure{ConsentID: other, Reason: storage.SubjectRequest, At: f.clock.Now()}
	wantPending(t, f, first, second)
	if acts := f.erase(t, f.id); len(acts) != 2 {
		t.Errorf("%d acts, want 2", len(acts))
	}
	wantPending(t, f, second)
	if held := f.held(t, f.id); len(held.IPs)+len(held.Visits) != 0 || len(held.Events) != 2 {
		t.Errorf("held %+v", held)
	}
}

func pendingWithoutRecords(t *testing.T, f *fixture) {
	f.revoke(t, f.id, storage.Erased)
	wantPending(t, f, storage.Erasure{ConsentID: f.id, Reason: storage.SubjectRequest, At: f.clock.Now()})
	for range 2 {
		if acts := f.erase(t, f.id); len(acts) != 0 {
			t.Errorf("acts %+v of nothing", acts)
		}
		wantPending(t, f)
	}
}

func pendingKeepsFirst(t *testing.T, f *fixture) {
	f.revoke(t, f.id, storage.Withdrawn)
	first := storage.Erasure{ConsentID: f.id, Reason: storage.ConsentRevoked, At: f.clock.Now()}
	f.clock.Set(f.clock.Now().Add(time.Minute))
	f.append(t, f.consent(), f.person())
	f.revoke(t, f.id, storage.Erased)
	wantPending(t, f, first)
	f.erase(t, f.id)
	wantPending(t, f)
}

func nothingPending(t *testing.T, f *fixture) {
	f.append(t, f.consent(), f.person())
	f.revoke(t, consent.ID{}, storage.Refused)
	f.revoke(t, consent.ID{}, storage.Withdrawn) // nobody's
	wantPending(t, f)
	f.erase(t, f.id) // without an event, as of a letter
	wantPending(t, f)
}

func revokedByNewest(t *testing.T, f *fixture) {
	begin := f.clock.Now()
	withdrawn, erased, again, twice := f.id, consent.NewID(), consent.NewID(), consent.NewID()
	for _, id := range []consent.ID{withdrawn, erased, again, twice, consent.NewID()} {
		given := f.consent()
		given.ConsentID = id
		f.append(t, given, nil)
	}
	f.revoke(t, twice, storage.Withdrawn)
	f.revoke(t, withdrawn, storage.Withdrawn)
	f.revoke(t, consent.ID{}, storage.Withdrawn)
	f.revoke(t, again, storage.Withdrawn)
	f.clock.Set(begin.Add(time.Minute))
	f.revoke(t, erased, storage.Erased)
	f.revoke(t, twice, storage.Erased)
	given := f.consent()
	given.ConsentID = again
	f.append(t, given, nil)
	f.erase(t, withdrawn) // the ledger remembers
	for _, test := range []struct {
		since time.Time
		want  []consent.ID
	}{
		{time.Time{}, []consent.ID{withdrawn, erased, twice}},
		{begin, []consent.ID{withdrawn, erased, twice}},
		{begin.Add(time.Millisecond), []consent.ID{erased, twice}},
		{begin.Add(time.Minute), []consent.ID{erased, twice}},
		{begin.Add(time.Minute + time.Millisecond), nil},
	} {
		revoked, err := f.store.Revoked(t.Context(), test.since)
		if err != nil || !slices.Equal(revoked, test.want) {
			t.Errorf("since %v: %v, %v; want %v", test.since, revoked, err, test.want)
		}
	}
}
