package sqlite

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/storage"
)

func withTargets(o *Options) {
	o.Target = func(_, visitorID string) (string, bool) { return visitorID, true }
}

// queueCrowd has the deletion of many visitors queued, each by the withdrawal
// itself.
func queueCrowd(t *testing.T, s *Store, n int) (needles [][]byte) {
	t.Helper()
	for i := range n {
		id := consent.NewID()
		needle := fmt.Sprintf("vendor-%x", id[:])
		visitor := needle + strings.Repeat("x", i%40) // rows of varying length are the harder case
		row := someConsent(id)
		row.Event = storage.Withdrawn
		if _, err := s.AppendRevocation(t.Context(), row, []storage.Target{{Service: "matomo", Visitor: visitor}}); err != nil {
			t.Fatal(err)
		}
		needles = append(needles, []byte(needle))
	}
	return needles
}

// visitAsMany records visits under one ID, each with another vendor's identifier.
func visitAsMany(t *testing.T, s *Store, id consent.ID, n int) {
	t.Helper()
	for i := range n {
		visit := storage.Visit{At: noon, ConsentID: id, Host: "mamen.ai", Path: "/",
			Services: []storage.VisitService{{Service: "matomo", VisitorID: fmt.Sprintf("vendor-%d", i)}}}
		if !s.AppendVisit(visit) {
			t.Fatal("AppendVisit: false")
		}
	}
	if err := s.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func dueIDs(t *testing.T, s *Store, limit int) (ids []int64) {
	t.Helper()
	due, err := s.DueDeletions(t.Context(), []string{"matomo"}, limit)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range due {
		ids = append(ids, d.ID)
	}
	return ids
}

func TestFinishedDeletionLeavesNoBytesOfItsVisitor(t *testing.T) {
	dir := t.TempDir()
	s, clock := openAt(t, dir)
	needles := queueCrowd(t, s, 300)
	if n := left(fileBytes(t, s), needles); n != 300 {
		t.Fatalf("%d of 300 identifiers are queued", n)
	}
	for _, id := range dueIDs(t, s, 100) { // pages are changed in between
		if err := s.DeletionFailed(t.Context(), id, "unavailable", clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	for _, size := range []int{1, 99, 100} {
		if _, err := s.DeletionsDone(t.Context(), dueIDs(t, s, size), "test"); err != nil {
			t.Fatal(err)
		}
	}
	scrub(t, s)
	data := fileBytes(t, s)
	if n := left(data, needles[:200]); n != 0 {
		t.Errorf("%d of 200 identifiers are left", n)
	}
	if n := left(data, needles[200:]); n != 100 {
		t.Errorf("%d of 100 pending identifiers are left", n)
	}
	if acts, err := s.Acts(t.Context(), 9); err != nil || len(acts) != 3 || acts[0].Scrubbed.IsZero() || acts[0].Rows != 100 {
		t.Errorf("acts %+v, %v", acts, err)
	}
	if v, err := s.Verify(t.Context()); err != nil || v.Residual != 0 {
		t.Errorf("Verify = %+v, %v", v, err)
	}
	s.Close()
	if n := left(readDirectory(t, dir), needles[:200]); n != 0 {
		t.Errorf("%d identifiers are left after Close", n)
	}
}

// The identifiers' table carries a canary of its own from the first on.
func TestRemainingIdentifiersAreReported(t *testing.T) {
	s, _ := openAt(t, t.TempDir())
	for round := range 2 {
		queueCrowd(t, s, 3)
		db := raw(t, s.path)
		var canary []byte
		if err := db.QueryRow("SELECT target FROM deletion_targets WHERE id = 0").Scan(&canary); err != nil || len(canary) != canarySize {
			t.Fatalf("canary %x, %v", canary, err)
		}
		if _, err := s.DeletionsDone(t.Context(), dueIDs(t, s, 3), "test"); err != nil {
			t.Fatal(err)
		}
		mustExec(t, db, "CREATE TABLE IF NOT EXISTS copy (c BLOB)")
		mustExec(t, db, "INSERT INTO copy VALUES (?)", canary)
		if n, err := s.Scrub(t.Context()); err != nil || n != 1 {
			t.Errorf("round %d: %d canaries found, %v", round, n, err)
		}
		mustExec(t, db, "PRAGMA secure_delete = 1")
		mustExec(t, db, "DROP TABLE copy")
		scrub(t, s)
	}
}

func TestFinishedDeletionsCannotBeChanged(t *testing.T) {
	s, _ := openAt(t, t.TempDir())
	queueCrowd(t, s, 2)
	if _, err := s.DeletionsDone(t.Context(), dueIDs(t, s, 1), "test"); err != nil {
		t.Fatal(err)
	}
	db := raw(t, s.path)
	for _, change := range []string{"UPDATE deletions SET tries = 9 WHERE done_at <> 0", "DELETE FROM deletions"} {
		if _, err := db.Exec(change); err == nil {
			t.Errorf("%s: allowed", change)
		}
	}
}

// A withdrawal and what it queues are one commit.
func TestDeletionIsQueuedOnlyWithItsLedgerRow(t *testing.T) {
	s, _ := openAt(t, t.TempDir(), withTargets)
	mustExec(t, raw(t, s.path), "CREATE TRIGGER no BEFORE INSERT ON deletion_targets BEGIN SELECT RAISE(ABORT, 'no'); END")
	row := someConsent(crashID)
	row.Event = storage.Withdrawn
	if _, err := s.AppendRevocation(t.Context(), row, []storage.Target{{Service: "matomo", Visitor: "a"}}); err == nil {
		t.Error("the withdrawal is acknowledged")
	}
	if v, err := s.Verify(t.Context()); err != nil || v.Rows != 0 || len(dueIDs(t, s, 9)) != 0 || pendingCount(t, s) != 0 {
		t.Errorf("Verify = %+v, %v", v, err)
	}
}

// What can't be queued must not be destroyed: it stands nowhere else.
func TestErasureWaitsForTheQueue(t *testing.T) {
	s, _ := openAt(t, t.TempDir(), withTargets)
	id := crashID
	visitAsMany(t, s, id, 1)
	db := raw(t, s.path)
	mustExec(t, db, "CREATE TRIGGER no BEFORE INSERT ON deletion_targets BEGIN SELECT RAISE(ABORT, 'no'); END")
	acts, err := s.Erase(t.Context(), id, storage.SubjectRequest, "test")
	held, heldErr := s.Held(t.Context(), id)
	if err == nil || len(acts) != 0 || len(held.IPs) != 1 || heldErr != nil {
		t.Errorf("Erase = %+v, %v; held %+v, %v", acts, err, held, heldErr)
	}
	if strings.Contains(err.Error(), "vendor-0") {
		t.Errorf("the error names the visitor: %v", err)
	}
	mustExec(t, db, "DROP TRIGGER no")
	if acts, err := s.Erase(t.Context(), id, storage.SubjectRequest, "test"); err != nil || len(acts) != 2 || len(dueIDs(t, s, 9)) != 1 {
		t.Errorf("Erase = %+v, %v", acts, err)
	}
}

func TestDeletionsOfAClosedStore(t *testing.T) {
	s, _ := openAt(t, t.TempDir())
	s.Close()
	row := someConsent(crashID)
	row.Event = storage.Withdrawn
	_, appended := s.AppendRevocation(t.Context(), row, nil)
	_, due := s.DueDeletions(t.Context(), nil, 1)
	_, done := s.DeletionsDone(t.Context(), nil, "test")
	_, counts := s.DeletionCounts(t.Context())
	_, finished := s.FinishedDeletions(t.Context(), 1)
	for _, err := range []error{appended, due, done, counts, finished, s.DeletionFailed(t.Context(), 1, "", noon)} {
		if !errors.Is(err, storage.ErrClosed) {
			t.Errorf("got %v", err)
		}
	}
}
