package module

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage"
)

// demoVisits is how many made-up visits each demonstration day has.
const demoVisits = 25

// The kinds of the made-up visits that are past their windows.
const (
	demoKind14 = "demo14"
	demoKind24 = "demo24"
)

// setDemoWindows gives the demonstration's kinds their windows. It belongs to
// provisioning: once the store is open, its writer reads the windows.
func (a *App) setDemoWindows() error {
	return errors.Join(a.setWindow(demoKind14, policy.Months14), a.setWindow(demoKind24, policy.Months24))
}

// seed fills an empty store with visits of three days: one whose window of 14
// months has just ended, one whose window of 24 months has, and yesterday. The
// schedule destroys the first two while one watches.
func (a *App) seed(ctx context.Context, store storage.Store) error {
	today := policy.DayOf(a.now(), a.location)
	var visits []storage.Visit
	for _, day := range []struct {
		day  policy.Day
		kind string
	}{
		{today.AddMonths(-14), demoKind14},
		{today.AddMonths(-24), demoKind24},
		{policy.DayFromNumber(today.Number() - 1), storage.VisitsKind},
	} {
		for i := range demoVisits {
			visits = append(visits, demoVisit(day.day.Start(a.location), day.kind, i))
		}
	}
	if err := store.Seed(ctx, visits); err != nil {
		return err
	}
	a.logger.Warn("demo: the store holds made-up visits; those past their window are destroyed now", "visits", len(visits))
	return nil
}

// demoVisit is one made-up visit; its address is of a block reserved for
// documentation (RFC 5737).
func demoVisit(start time.Time, kind string, i int) storage.Visit {
	return storage.Visit{
		At:        start.Add(time.Duration(i) * 30 * time.Minute),
		ConsentID: consent.NewID(),
		Person:    storage.Person{IP: netip.AddrFrom4([4]byte{192, 0, 2, byte(i)}), Browser: []string{"Firefox", "Chrome", "Safari"}[i%3]},
		OS:        []string{"Linux", "Android", "iOS"}[i%3],
		Device:    []string{"desktop", "mobile", "mobile"}[i%3],
		Host:      "demo.localhost",
		Path:      fmt.Sprintf("/page-%d", i%5),
		Services:  []storage.VisitService{{Service: "demo", Kind: kind, VisitorID: fmt.Sprintf("demo-%04d", i)}},
	}
}
