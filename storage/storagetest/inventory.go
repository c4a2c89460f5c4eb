package storagetest

import (
	"reflect"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/inventory"
	"github.com/mamen-ai/consentgate/storage"
)

// sighting is one of an unknown host.
func (f *fixture) sighting(name string) inventory.Sighting {
	hour := f.clock.Now().Truncate(time.Hour)
	return inventory.Sighting{
		Key:   inventory.Key{Kind: inventory.Host, Source: inventory.Page, Name: name},
		Where: "mamen.ai/тест", Count: 3, Blocked: 1, First: hour.AddDate(0, -1, 0), Last: hour,
	}
}

// wantInventory compares what is kept.
func wantInventory(t *testing.T, f *fixture, want ...inventory.Sighting) {
	t.Helper()
	list, err := f.store.Inventory(t.Context())
	if err != nil {
		t.Fatalf("Inventory: %v", err)
	}
	got, wanted := map[inventory.Key]inventory.Sighting{}, map[inventory.Key]inventory.Sighting{}
	for _, s := range list {
		got[s.Key] = s
	}
	for _, s := range want {
		wanted[s.Key] = s
	}
	if len(list) != len(want) || !reflect.DeepEqual(got, wanted) {
		t.Errorf("Inventory = %+v, want %+v", list, want)
	}
}

func inventoryComesBack(t *testing.T, f *fixture) {
	save := func(seen []inventory.Sighting, gone ...inventory.Key) {
		t.Helper()
		if err := f.store.SaveInventory(t.Context(), seen, gone); err != nil {
			t.Fatalf("SaveInventory: %v", err)
		}
	}
	wantInventory(t, f)
	one, two, known := f.sighting("one.example"), f.sighting("two.example"), f.sighting("one.example")
	known.Service, known.Count = "video", 9
	known.Kind, known.Lifetime = inventory.Cookie, inventory.UntilClosed
	save([]inventory.Sighting{one, two, known})
	wantInventory(t, f, one, two, known)
	one.Count, one.Blocked, one.Last = 1<<40, 2, one.Last.Add(time.Hour)
	one.Lifetime = 180 * 24 * time.Hour
	save([]inventory.Sighting{one}, two.Key, f.sighting("never.example").Key)
	wantInventory(t, f, one, known)
	save([]inventory.Sighting{two}, two.Key) // it went and came again
	wantInventory(t, f, one, two, known)
	save(nil)
	wantInventory(t, f, one, two, known)
}

// inventoryIsNoRecord holds that it stands apart from what belongs to visitors.
func inventoryIsNoRecord(t *testing.T, f *fixture) {
	if err := f.store.SaveInventory(t.Context(), []inventory.Sighting{f.sighting("one.example")}, nil); err != nil {
		t.Fatalf("SaveInventory: %v", err)
	}
	visit := f.visit()
	visit.At = visit.At.AddDate(0, -1, 0)
	if err := f.store.Seed(t.Context(), []storage.Visit{visit}); err != nil {
		t.Errorf("Seed beside an inventory: %v", err)
	}
	f.erase(t, f.id)
	wantInventory(t, f, f.sighting("one.example"))
}
