//go:build !windows

package sqlite

import (
	"context"
	"fmt"
	"testing"

	"github.com/mamen-ai/consentgate/storage"
)

// finishForEver ends one deletion after the other and scrubs after each.
func finishForEver(dir string) error {
	s, err := openInChild(dir)
	if err != nil {
		return err
	}
	for {
		due, err := s.DueDeletions(context.Background(), []string{"matomo"}, 1)
		if err != nil {
			return err
		}
		if len(due) == 0 {
			select {}
		}
		if _, err := s.DeletionsDone(context.Background(), []int64{due[0].ID}, "child"); err != nil {
			return err
		}
		fmt.Println("done")
		if _, err := s.Scrub(context.Background()); err != nil {
			return err
		}
		fmt.Println("scrubbed")
	}
}

func TestDeletionsKilledAnywhereAreResumed(t *testing.T) {
	dir := t.TempDir()
	s, _ := openAt(t, dir)
	needles := queueCrowd(t, s, 40)
	s.Close()
	for _, lines := range []int{1, 2, 3, 4, 5} {
		killAfter(t, "finish", dir, lines)
	}
	s, _ = openAt(t, dir)
	var check string
	if err := raw(t, s.path).QueryRow("PRAGMA integrity_check").Scan(&check); err != nil || check != "ok" {
		t.Fatalf("integrity_check: %s, %v", check, err)
	}
	counts, err := s.DeletionCounts(t.Context())
	if err != nil || len(counts) != 1 || counts[0].Done+counts[0].Pending != 40 || counts[0].Done < 8 {
		t.Fatalf("counts %+v, %v", counts, err)
	}
	done := counts[0].Done
	scrub(t, s)
	data := fileBytes(t, s)
	if n := left(data, needles[:done]); n != 0 {
		t.Errorf("%d of %d identifiers are left", n, done)
	}
	if n := left(data, needles[done:]); n != 40-done {
		t.Errorf("%d of %d pending identifiers are left", n, 40-done)
	}
	if acts, err := s.Acts(t.Context(), 99); err != nil || len(acts) != done || acts[0].Scrubbed.IsZero() {
		t.Errorf("acts %+v, %v", acts, err)
	}
}

// The kill comes after one day table was rebuilt: what stood in it must be queued
// by then.
func TestErasureKilledHalfwayLosesNoDeletion(t *testing.T) {
	dir := t.TempDir()
	s, _ := openAt(t, dir)
	visitAsMany(t, s, crashID, 5)
	s.Close()
	killAfter(t, "eraseHalf", dir, 1)
	s, _ = openAt(t, dir, withTargets)
	if n := len(dueIDs(t, s, 9)); n != 5 {
		t.Errorf("%d of 5 deletions are queued", n)
	}
	if _, err := s.Erase(t.Context(), crashID, storage.ConsentRevoked, "test"); err != nil {
		t.Fatal(err)
	}
	if n := len(dueIDs(t, s, 9)); n != 5 {
		t.Errorf("%d of 5 deletions are queued after the second erasure", n)
	}
}

// eraseHalf is what Erase does up to its first rebuilt part.
func eraseHalf(dir string) error {
	s, err := openInChild(dir)
	if err != nil {
		return err
	}
	s.target = func(_, visitorID string) (string, bool) { return visitorID, true }
	ctx := context.Background()
	holding, _, err := s.recordsUnder(ctx, crashID)
	if err == nil {
		err = s.queueFrom(ctx, holding, crashID, storage.ConsentRevoked)
	}
	if err != nil {
		return err
	}
	return s.alone(ctx, func(w *writer) error {
		err := w.transact(func() error {
			_, err := w.rebuild(holding[0], crashID, storage.ConsentRevoked, "child")
			return err
		})
		if err != nil {
			return err
		}
		fmt.Println("rebuilt", holding[0].name)
		select {}
	})
}
