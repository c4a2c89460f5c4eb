package storagetest

import (
	"context"
	"errors"
	"net/netip"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/storage"
)

func consentComesBack(t *testing.T, f *fixture) {
	given := f.consent()
	given.At = given.At.Add(123456 * time.Nanosecond)
	row := f.append(t, given, f.person())
	if row.Seq != 1 || row.RecordID == "" || row.RowHash == "" || row.Commitment == "" {
		t.Errorf("the store set too little: %+v", row)
	}
	if row.At != given.At.Truncate(time.Millisecond) {
		t.Errorf("At = %v, want whole milliseconds of %v", row.At, given.At)
	}
	given.At, given.Seq, given.RecordID, given.Format = row.At, row.Seq, row.RecordID, row.Format
	given.Commitment, given.PrevHash, given.RowHash = row.Commitment, row.PrevHash, row.RowHash
	if !reflect.DeepEqual(row, given) {
		t.Errorf("row differs from what was given:\n%+v\n%+v", row, given)
	}
	held := f.held(t, f.id)
	if len(held.Events) != 1 || !reflect.DeepEqual(held.Events[0], row) {
		t.Errorf("Held.Events = %+v, want %+v", held.Events, row)
	}
	want := storage.HeldIP{At: row.At, IP: "203.0.113.0", Purpose: "consent", Browser: "Firefox",
		Kind: storage.VisitsKind, DropAt: time.Date(2028, 1, 22, 19, 0, 0, 0, time.UTC)}
	if len(held.IPs) != 1 || held.IPs[0] != want {
		t.Errorf("Held.IPs = %+v, want %+v", held.IPs, want)
	}
}

func refusalHasNoID(t *testing.T, f *fixture) {
	row := f.append(t, storage.Consent{Event: storage.Refused, At: f.clock.Now()}, nil)
	if !row.ConsentID.IsZero() || row.Commitment != "" || !row.ValidUntil.IsZero() {
		t.Errorf("row = %+v", row)
	}
	if parts := f.parts(t); len(parts) != 0 {
		t.Errorf("parts = %v, want none", parts)
	}
	if held := f.held(t, consent.ID{}); len(held.Events) != 0 {
		t.Errorf("the zero ID holds %+v", held)
	}
	totals, err := f.store.Totals(t.Context())
	if err != nil || totals.Events[storage.Refused] != 1 {
		t.Errorf("Totals = %+v, %v", totals, err)
	}
}

func chainLinks(t *testing.T, f *fixture) {
	first := f.append(t, f.consent(), nil)
	second := f.append(t, f.consent(), f.person())
	if first.PrevHash != strings.Repeat("0", 64) || second.PrevHash != first.RowHash || second.Seq != 2 {
		t.Errorf("first %+v\nsecond %+v", first, second)
	}
	if v := f.verify(t); !v.OK || v.Rows != 2 || v.Head != second.RowHash || v.Residual != 0 {
		t.Errorf("Verify = %+v", v)
	}
}

func concurrentConsents(t *testing.T, f *fixture) {
	const writers, each = 20, 10
	var group sync.WaitGroup
	var guard sync.Mutex
	seen := map[int64]bool{}
	for range writers {
		group.Go(func() {
			for range each {
				row, err := f.store.AppendConsent(t.Context(), f.consent(), f.person())
				if err != nil {
					t.Error(err)
					return
				}
				guard.Lock()
				seen[row.Seq] = true
				guard.Unlock()
			}
		})
	}
	group.Wait()
	if len(seen) != writers*each {
		t.Errorf("%d different rows acknowledged, want %d", len(seen), writers*each)
	}
	if v := f.verify(t); !v.OK || v.Rows != writers*each {
		t.Errorf("Verify = %+v", v)
	}
	if held := f.held(t, f.id); len(held.IPs) != writers*each {
		t.Errorf("%d IP records, want %d", len(held.IPs), writers*each)
	}
}

func otherTimes(t *testing.T, f *fixture) {
	for _, test := range []struct {
		offset time.Duration
		want   error
	}{
		{0, nil}, {5 * time.Minute, nil}, {-5 * time.Minute, nil},
		{5*time.Minute + time.Millisecond, storage.ErrClock}, {-5*time.Minute - time.Millisecond, storage.ErrClock},
	} {
		c := f.consent()
		c.At = f.clock.Now().Add(test.offset)
		if _, err := f.store.AppendConsent(t.Context(), c, nil); !errors.Is(err, test.want) {
			t.Errorf("offset %v: %v, want %v", test.offset, err, test.want)
		}
		v := f.visit()
		v.At = c.At
		if taken := f.store.AppendVisit(v); taken != (test.want == nil) {
			t.Errorf("offset %v: visit taken: %v", test.offset, taken)
		}
	}
}

func visitRecords(t *testing.T, f *fixture) {
	f.record(t, f.visit(
		storage.VisitService{Service: "matomo", Kind: storage.VisitsKind, VisitorID: "pk1"},
		storage.VisitService{Service: "ads", Kind: longKind, VisitorID: "ad1"},
		storage.VisitService{Service: "unnamed"},
	))
	held := f.held(t, f.id)
	at, short := f.clock.Now(), time.Date(2028, 1, 22, 19, 0, 0, 0, time.UTC)
	long := time.Date(2028, 11, 22, 19, 0, 0, 0, time.UTC)
	ip := func(service, visitorID, kind string, dropAt time.Time) storage.HeldIP {
		return storage.HeldIP{At: at, IP: "203.0.113.0", Purpose: "analytics", Service: service, VisitorID: visitorID,
			Browser: "Firefox", Kind: kind, DropAt: dropAt}
	}
	wantIPs := []storage.HeldIP{
		ip("ads", "ad1", longKind, long), ip("matomo", "pk1", "visits", short), ip("unnamed", "", "visits", short)}
	wantVisits := []storage.HeldVisit{{At: at, Host: "mamen.ai", Path: "/page", Referrer: "example.org",
		Browser: "Firefox", OS: "Linux", Device: "desktop", Kind: "visits", DropAt: short}}
	if !reflect.DeepEqual(held.IPs, wantIPs) || !reflect.DeepEqual(held.Visits, wantVisits) {
		t.Errorf("held %+v\nwant %+v\n%+v", held, wantIPs, wantVisits)
	}
}

func visitWithoutService(t *testing.T, f *fixture) {
	f.record(t, f.visit())
	held := f.held(t, f.id)
	if len(held.IPs) != 1 || held.IPs[0].Service != "" || held.IPs[0].Kind != storage.VisitsKind || len(held.Visits) != 1 {
		t.Errorf("held %+v", held)
	}
}

// Of what a record tells of a visitor, once a day is enough (GDPR article 5 (1) (c)).
func ipOnceADay(t *testing.T, f *fixture) {
	want := 0
	record := func(what string, more int, change func(v *storage.Visit)) {
		t.Helper()
		v := f.visit(storage.VisitService{Service: "matomo", VisitorID: "pk1"})
		if change != nil {
			change(&v)
		}
		f.record(t, v, v)
		want += more
		if held := f.held(t, f.id); len(held.IPs) != want {
			t.Errorf("%s: %d IP records, want %d", what, len(held.IPs), want)
		}
	}
	record("first", 1, nil)
	f.clock.Set(f.clock.Now().Add(time.Hour))
	record("an hour later", 0, nil)
	record("another page", 0, func(v *storage.Visit) { v.Path = "/other" })
	record("another address", 1, func(v *storage.Visit) { v.Person.IP = netip.MustParseAddr("198.51.100.0") })
	record("another browser", 1, func(v *storage.Visit) { v.Person.Browser = "Safari" })
	record("another service", 1, func(v *storage.Visit) { v.Services[0].Service = "ads" })
	record("another vendor's ID", 1, func(v *storage.Visit) { v.Services[0].VisitorID = "pk2" })
	record("another kind", 1, func(v *storage.Visit) { v.Services[0].Kind = longKind })
	record("another visitor", 0, func(v *storage.Visit) { v.ConsentID = consent.NewID() })
	if visits := len(f.held(t, f.id).Visits); visits != 16 {
		t.Errorf("%d visits are held, want 16", visits)
	}

	if _, err := f.store.DropPart(t.Context(), "ip_visits_20261123", storage.WindowEnded, "scheduler"); err != nil {
		t.Fatal(err)
	}
	want = 1 // of the long kind
	record("day table made anew", 1, nil)
	f.clock.Set(f.clock.Now().Add(24 * time.Hour))
	record("the next day", 1, nil)
	f.erase(t, f.id)
	want = 0
	record("erased", 1, nil)
}

func refusedVisits(t *testing.T, f *fixture) {
	for _, kind := range []string{"Visits", "a b", `x"; DROP TABLE parts; --`, "_x", strings.Repeat("a", 42)} {
		if f.store.AppendVisit(f.visit(storage.VisitService{Service: "s", Kind: kind})) {
			t.Errorf("kind %q was taken", kind)
		}
	}
	totals, err := f.store.Totals(t.Context())
	if err != nil || totals.Dropped != 5 {
		t.Errorf("Totals = %+v, %v: want 5 dropped", totals, err)
	}
	if parts := f.parts(t); len(parts) != 0 {
		t.Errorf("parts = %v", parts)
	}
}

func visitAfterWithdrawal(t *testing.T, f *fixture) {
	f.append(t, f.consent(), nil)
	f.record(t, f.visit())
	withdrawn := f.consent()
	withdrawn.Event = storage.Withdrawn
	f.append(t, withdrawn, nil)
	f.record(t, f.visit())
	if held := f.held(t, f.id); len(held.Visits) != 1 {
		t.Errorf("%d visits, want the one before the withdrawal", len(held.Visits))
	}
	f.append(t, f.consent(), nil)
	f.record(t, f.visit())
	if held := f.held(t, f.id); len(held.Visits) != 2 {
		t.Errorf("%d visits, want 2 after consent was given again", len(held.Visits))
	}
}

func holdingOfOneID(t *testing.T, f *fixture) {
	f.append(t, f.consent(), f.person())
	f.record(t, f.visit())
	if held := f.held(t, consent.NewID()); len(held.Events)+len(held.IPs)+len(held.Visits) != 0 {
		t.Errorf("another ID holds %+v", held)
	}
}

func closed(t *testing.T, f *fixture) {
	if !f.store.AppendVisit(f.visit()) {
		t.Fatal("AppendVisit: false")
	}
	if err := f.store.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	ctx := t.Context()
	for name, call := range map[string]func() error{
		"AppendConsent": func() error { _, err := f.store.AppendConsent(ctx, f.consent(), nil); return err },
		"Sync":          func() error { return f.store.Sync(ctx) },
		"Held":          func() error { _, err := f.store.Held(ctx, f.id); return err },
		"Erase":         func() error { _, err := f.store.Erase(ctx, f.id, storage.SubjectRequest, "x"); return err },
		"Pending":       func() error { _, err := f.store.PendingErasures(ctx); return err },
		"Revoked":       func() error { _, err := f.store.Revoked(ctx, time.Time{}); return err },
		"Parts":         func() error { _, err := f.store.Parts(ctx); return err },
		"DropPart":      func() error { _, err := f.store.DropPart(ctx, "x", storage.WindowEnded, "x"); return err },
		"Scrub":         func() error { _, err := f.store.Scrub(ctx); return err },
		"Acts":          func() error { _, err := f.store.Acts(ctx, 1); return err },
		"Verify":        func() error { _, err := f.store.Verify(ctx); return err },
		"Totals":        func() error { _, err := f.store.Totals(ctx); return err },
		"Oldest":        func() error { _, err := f.store.Oldest(ctx); return err },
		"ClockMark":     func() error { _, err := f.store.ClockMark(ctx); return err },
		"SetClockMark":  func() error { return f.store.SetClockMark(ctx, f.clock.Now()) },
		"Seed":          func() error { return f.store.Seed(ctx, nil) },
		"SaveInventory": func() error { return f.store.SaveInventory(ctx, nil, nil) },
		"Inventory":     func() error { _, err := f.store.Inventory(ctx); return err },
		"Choices":       func() error { _, err := f.store.Choices(ctx, time.Time{}, f.clock.Now()); return err },
		"EventsBetween": func() error { _, err := f.store.EventsBetween(ctx, time.Time{}, f.clock.Now()); return err },
		"ActsBetween":   func() error { _, err := f.store.ActsBetween(ctx, time.Time{}, f.clock.Now()); return err },
		"Close":         func() error { return f.store.Close() },
	} {
		if err := call(); !errors.Is(err, storage.ErrClosed) {
			t.Errorf("%s: %v, want ErrClosed", name, err)
		}
	}
	if f.store.AppendVisit(f.visit()) {
		t.Error("a closed store took a visit")
	}
}

func endedContext(t *testing.T, f *fixture) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.store.AppendConsent(ctx, f.consent(), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("AppendConsent: %v", err)
	}
	if _, err := f.store.DropPart(ctx, "x", storage.WindowEnded, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("DropPart: %v", err)
	}
	f.append(t, f.consent(), nil)
	if v := f.verify(t); !v.OK {
		t.Errorf("Verify = %+v", v)
	}
}
