//go:build !windows

package sqlite

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/retention"
	"github.com/mamen-ai/consentgate/storage"
)

// withdraw writes the event as an acknowledged row.
func withdraw(dir string) (*Store, error) {
	s, err := openInChild(dir)
	if err != nil {
		return nil, err
	}
	row := someConsent(crashID)
	row.Event = storage.Withdrawn
	_, err = s.AppendConsent(context.Background(), row, nil)
	return s, err
}

// withdrawAndWait never comes to Erase.
func withdrawAndWait(dir string) error {
	if _, err := withdraw(dir); err != nil {
		return err
	}
	fmt.Println("withdrawn")
	select {}
}

// withdrawAndErase says so when one part is done and others aren't: the writer
// stays where it is.
func withdrawAndErase(dir string) error {
	s, err := withdraw(dir)
	if err != nil {
		return err
	}
	holding, _, err := s.recordsUnder(context.Background(), crashID)
	if err != nil {
		return err
	}
	return s.alone(context.Background(), func(w *writer) error {
		err := w.transact(func() error {
			_, err := w.rebuild(holding[0], crashID, storage.ConsentRevoked, "visitor")
			return err
		})
		if err != nil {
			return err
		}
		fmt.Println("one part of", len(holding))
		select {}
	})
}

func TestErasureIsFinishedAfterAKill(t *testing.T) {
	for role, printed := range map[string]string{"withdraw": "withdrawn", "erase": "one part of 2"} {
		t.Run(role, func(t *testing.T) {
			dir := t.TempDir()
			s, _ := openAt(t, dir)
			doomed, kept := newCrowd(60, varyingRows), newCrowd(20, varyingRows)
			var gone [][]byte
			for i, visit := range doomed.visits {
				doomed.visits[i].ConsentID = crashID
				gone = append(gone, doomed.needles[visit.ConsentID][1:]...) // all but the ID
			}
			doomed.record(t, s)
			kept.record(t, s)
			s.Close()
			if lines := killAfter(t, role, dir, 1); lines[0] != printed {
				t.Fatalf("the child printed %q", lines)
			}
			s, clock := openAt(t, dir)
			pending, err := s.PendingErasures(t.Context())
			if err != nil || len(pending) != 1 || pending[0] != (storage.Erasure{ConsentID: crashID, Reason: storage.ConsentRevoked, At: noon}) {
				t.Errorf("after the kill: %+v, %v", pending, err)
			}
			if n := left(fileBytes(t, s), gone); n == 0 {
				t.Fatal("nothing was left to destroy")
			}
			// The clock is behind its mark, so that nothing else goes.
			if err := s.SetClockMark(t.Context(), noon.Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			purger := retention.New(retention.Options{Store: s, Location: almaty(t), Clock: clock.Now})
			result, err := purger.Tick(t.Context(), false)
			if err != nil || !result.ClockTripped || result.PendingErasures != 0 || result.Residual != 0 {
				t.Errorf("tick %+v, %v", result, err)
			}
			if pending, err := s.PendingErasures(t.Context()); err != nil || len(pending) != 0 {
				t.Errorf("after the tick: %+v, %v", pending, err)
			}
			acts, err := s.Acts(t.Context(), 9)
			if err != nil || len(acts) != 2 || acts[0].Rows != 60 || acts[1].Rows != 60 || acts[0].Actor != "scheduler" {
				t.Errorf("acts %+v, %v", acts, err)
			}
			held, err := s.Held(t.Context(), crashID)
			if err != nil || len(held.IPs)+len(held.Visits) != 0 || len(held.Events) != 1 {
				t.Errorf("held %+v, %v", held, err)
			}
			data := fileBytes(t, s)
			if n := left(data, gone); n != 0 {
				t.Errorf("%d of %d erased values are left", n, len(gone))
			}
			if n := left(data, kept.all()); n != len(kept.all()) {
				t.Errorf("%d of %d kept values are left", n, len(kept.all()))
			}
		})
	}
}
