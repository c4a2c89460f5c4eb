package module

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mamen-ai/consentgate/internal/inventory"
	"github.com/mamen-ai/consentgate/storage"
)

// savingStore is a store of which only the inventory is used.
type savingStore struct {
	storage.Store
	mu    sync.Mutex
	saved []int // how many sightings each call brought
	full  bool
}

func (s *savingStore) SaveInventory(_ context.Context, seen []inventory.Sighting, _ []inventory.Key) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.saved = append(s.saved, len(seen))
	if s.full {
		return errors.New("disk full")
	}
	return nil
}

func (s *savingStore) calls() []int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.saved)
}

func (s *savingStore) fill(full bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.full = full
}

// TestInventoryIsSavedWhileTheServerRuns pins that what changed is written twice a
// minute, again after a failure, and that a row of failures is logged once.
func TestInventoryIsSavedWhileTheServerRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var log strings.Builder
		store, shared := new(savingStore), newSharedStore("unused")
		app := &App{shared: shared, now: time.Now, logger: slog.New(slog.NewTextHandler(&log, nil))}
		shared.store, shared.users = store, []*App{app}
		ctx, stop := context.WithCancel(t.Context())
		app.running.Go(func() { app.keepInventory(ctx) })
		after := func(d time.Duration, want ...int) {
			t.Helper()
			time.Sleep(d)
			synctest.Wait()
			if got := store.calls(); !slices.Equal(got, want) {
				t.Errorf("saved %v, want %v", got, want)
			}
		}
		see := func(host string) {
			shared.inventory.Note(inventory.Sight{Kind: inventory.Host, Source: inventory.Page, Name: []byte(host), At: time.Now()})
		}
		after(time.Minute) // nothing to write
		see("a.example")
		see("b.example")
		after(inventorySaved, 2)
		store.fill(true)
		see("b.example")
		after(2*inventorySaved, 2, 1, 1)
		store.fill(false)
		after(2*inventorySaved, 2, 1, 1, 1)
		stop()
		app.running.Wait()
		if n := strings.Count(log.String(), "disk full"); n != 1 {
			t.Errorf("logged %d times: %s", n, log.String())
		}
	})
}
