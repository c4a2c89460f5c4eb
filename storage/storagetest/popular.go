package storagetest

import (
	"reflect"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/storage"
)

// popularNamesNobody pins that what fewer than five visitors share isn't named,
// however often they came, and that neither days before nor expired ones count.
func popularNamesNobody(t *testing.T, f *fixture) {
	look := func(visitors, times int, path, browser, device string) {
		for range visitors {
			id := consent.NewID()
			for range times {
				v := f.visit()
				v.ConsentID, v.At, v.Path, v.Person.Browser, v.Device = id, f.clock.Now(), path, browser, device
				if !f.store.AppendVisit(v) {
					t.Fatal("the visit is refused")
				}
			}
		}
	}
	wantPopular := func(since time.Time, want storage.Popular) {
		t.Helper()
		if err := f.store.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
		got, err := f.store.Popular(t.Context(), since)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, %v\nwant %+v", got, err, want)
		}
	}
	wantPopular(time.Time{}, storage.Popular{Pages: []storage.Share{}, Browsers: []storage.Share{}, Devices: []storage.Share{}})

	look(5, 1, "/old", "Firefox", "desktop")
	f.clock.Set(f.clock.Now().AddDate(0, 0, 1))
	today := f.clock.Now()
	look(5, 2, "/news", "Firefox", "mobile")
	look(3, 1, "/shop", "Chrome", "mobile")
	look(4, 9, "/secret", "Lynx", "")
	look(2, 1, "/shop", "Safari", "desktop")
	wantPopular(today, storage.Popular{
		Visits:   51,
		Pages:    []storage.Share{{Name: "mamen.ai/news", Visits: 10}, {Name: "mamen.ai/shop", Visits: 5}, {Visits: 36}},
		Browsers: []storage.Share{{Name: "Firefox", Visits: 10}, {Visits: 41}},
		Devices:  []storage.Share{{Name: "mobile", Visits: 13}, {Visits: 38}},
	})
	all, err := f.store.Popular(t.Context(), today.AddDate(0, 0, -1))
	if err != nil || all.Visits != 56 {
		t.Errorf("%+v, %v", all, err)
	}
	f.clock.Set(today.AddDate(0, 14, 1))
	wantPopular(time.Time{}, storage.Popular{Pages: []storage.Share{}, Browsers: []storage.Share{}, Devices: []storage.Share{}})
}
