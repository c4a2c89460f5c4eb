package storagetest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/storage"
)

func exactEnd(t *testing.T, f *fixture) {
	f.append(t, f.consent(), f.person())
	f.record(t, f.visit(storage.VisitService{Service: "ads", Kind: longKind}))
	collected := f.clock.Now()
	for _, test := range []struct {
		at          time.Time
		ips, visits int
	}{
		{time.Date(2028, 1, 22, 18, 59, 59, 999e6, time.UTC), 2, 1},
		{time.Date(2028, 1, 22, 19, 0, 0, 0, time.UTC), 1, 0}, // 14 months: 2028-01-23 in Almaty
		{time.Date(2028, 11, 22, 18, 59, 59, 999e6, time.UTC), 1, 0},
		{time.Date(2028, 11, 22, 19, 0, 0, 0, time.UTC), 0, 0},
	} {
		f.clock.Set(test.at)
		held := f.held(t, f.id)
		if len(held.IPs) != test.ips || len(held.Visits) != test.visits || len(held.Events) != 1 {
			t.Errorf("at %v: %d IPs, %d visits, %d events; want %d, %d, 1",
				test.at, len(held.IPs), len(held.Visits), len(held.Events), test.ips, test.visits)
		}
		oldest, err := f.store.Oldest(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if got := oldest[storage.VisitsKind].Equal(collected); got != (test.visits == 1) {
			t.Errorf("at %v: oldest = %v", test.at, oldest)
		}
	}
}

func monthEnd(t *testing.T, f *fixture) {
	f.clock.Set(time.Date(2024, 12, 31, 12, 0, 0, 0, f.almaty))
	f.record(t, f.visit(storage.VisitService{Service: "ads", Kind: longKind}))
	parts := f.parts(t)
	for name, want := range map[string]time.Time{
		"visits_visits_20241231":       time.Date(2026, 2, 28, 0, 0, 0, 0, f.almaty),
		"ip_" + longKind + "_20241231": time.Date(2026, 12, 31, 0, 0, 0, 0, f.almaty),
	} {
		if got := parts[name].DropAt; !got.Equal(want) {
			t.Errorf("%s: DropAt = %v, want %v", name, got, want)
		}
	}
}

// longDay pins 2024-02-29 in Almaty, whose last hour came twice: the zone went
// from +06 to +05 at its end.
func longDay(t *testing.T, f *fixture) {
	for _, at := range []time.Time{
		time.Date(2024, 2, 28, 18, 0, 0, 0, time.UTC),   // 00:00 +06
		time.Date(2024, 2, 29, 17, 59, 0, 0, time.UTC),  // 23:59 +06
		time.Date(2024, 2, 29, 18, 59, 59, 0, time.UTC), // 23:59 +05
	} {
		f.clock.Set(at)
		f.record(t, f.visit())
	}
	f.clock.Set(time.Date(2024, 2, 29, 19, 0, 0, 0, time.UTC)) // 00:00 +05 on 1 March
	f.record(t, f.visit())
	parts := f.parts(t)
	if got := parts["visits_visits_20240229"]; got.Rows != 3 || !got.DropAt.Equal(time.Date(2025, 4, 28, 19, 0, 0, 0, time.UTC)) {
		t.Errorf("29 February: %+v", got)
	}
	if got := parts["visits_visits_20240301"]; got.Rows != 1 {
		t.Errorf("1 March: %+v", got)
	}
}

func dropping(t *testing.T, f *fixture) {
	f.record(t, f.visit(), f.visit())
	const name = "visits_visits_20261123"
	act, err := f.store.DropPart(t.Context(), name, storage.WindowEnded, "scheduler")
	if err != nil {
		t.Fatal(err)
	}
	now := f.clock.Now()
	want := storage.Act{ID: act.ID, Part: name, Kind: "visits", Reason: storage.WindowEnded, Actor: "scheduler",
		Rows: 2, From: now, To: now, At: now}
	if act != want {
		t.Errorf("act %+v\nwant %+v", act, want)
	}
	if part := f.parts(t)[name]; part.State != storage.Dropped || part.Rows != 2 {
		t.Errorf("part %+v", part)
	}
	if held := f.held(t, f.id); len(held.Visits) != 0 || len(held.IPs) != 1 {
		t.Errorf("held %+v", held)
	}
	if _, err := f.store.DropPart(t.Context(), name, storage.WindowEnded, "scheduler"); err == nil {
		t.Error("a part was dropped twice")
	}
	if _, err := f.store.DropPart(t.Context(), "parts", storage.WindowEnded, "scheduler"); err == nil {
		t.Error("the registry was dropped")
	}
	for range 2 { // the second has nothing to do
		if residual, err := f.store.Scrub(t.Context()); residual != 0 || err != nil {
			t.Fatalf("Scrub = %d, %v", residual, err)
		}
	}
	want.Scrubbed = now
	acts, err := f.store.Acts(t.Context(), 10)
	if err != nil || !slices.Equal(acts, []storage.Act{want}) {
		t.Errorf("Acts = %+v, %v; want %+v", acts, err, want)
	}
	if part := f.parts(t)[name]; part.State != storage.Scrubbed {
		t.Errorf("part %+v", part)
	}
	if v := f.verify(t); !v.OK || v.Residual != 0 {
		t.Errorf("Verify = %+v", v)
	}
}

func droppedToday(t *testing.T, f *fixture) {
	const name = "visits_visits_20261123"
	f.record(t, f.visit())
	if _, err := f.store.DropPart(t.Context(), name, storage.SubjectRequest, "operator"); err != nil {
		t.Fatal(err)
	}
	f.record(t, f.visit())
	if part := f.parts(t)[name]; part.State != storage.Live || part.Rows != 1 {
		t.Errorf("part %+v", part)
	}
	if residual, err := f.store.Scrub(t.Context()); residual != 0 || err != nil {
		t.Fatalf("Scrub = %d, %v", residual, err)
	}
	if part := f.parts(t)[name]; part.State != storage.Live {
		t.Errorf("after the scrub: %+v", part)
	}
	if held := f.held(t, f.id); len(held.Visits) != 1 {
		t.Errorf("held %+v", held)
	}
}

func erasing(t *testing.T, f *fixture) {
	other := f.visit()
	other.ConsentID = consent.NewID()
	f.append(t, f.consent(), f.person())
	f.record(t, f.visit(), other)
	yesterday := f.clock.Now()
	f.clock.Set(yesterday.Add(24 * time.Hour))
	f.record(t, f.visit(storage.VisitService{Service: "ads", Kind: longKind}))
	acts, err := f.store.Erase(t.Context(), f.id, storage.ConsentRevoked, "visitor")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]int64{}
	for _, act := range acts {
		rows[act.Part] = act.Rows
		if act.Reason != storage.ConsentRevoked || act.Actor != "visitor" || act.From.IsZero() || act.To.IsZero() {
			t.Errorf("act %+v", act)
		}
	}
	want := map[string]int64{"ip_visits_20261123": 2, "visits_visits_20261123": 1,
		"ip_" + longKind + "_20261124": 1, "visits_visits_20261124": 1}
	for part, n := range want {
		if rows[part] != n {
			t.Errorf("%s: %d rows erased, want %d", part, rows[part], n)
		}
	}
	if len(acts) != len(want) {
		t.Errorf("%d acts, want %d", len(acts), len(want))
	}
	if held := f.held(t, f.id); len(held.IPs)+len(held.Visits) != 0 || len(held.Events) != 1 {
		t.Errorf("held %+v", held)
	}
	if held := f.held(t, other.ConsentID); len(held.IPs) != 1 || len(held.Visits) != 1 {
		t.Errorf("the other visitor holds %+v", held)
	}
	if part := f.parts(t)["ip_visits_20261123"]; part.State != storage.Live || part.Rows != 1 {
		t.Errorf("part %+v", part)
	}
	if residual, err := f.store.Scrub(t.Context()); residual != 0 || err != nil {
		t.Errorf("Scrub = %d, %v", residual, err)
	}
	f.record(t, f.visit()) // into the rebuilt table
	if part := f.parts(t)["visits_visits_20261124"]; part.Rows != 1 {
		t.Errorf("part %+v", part)
	}
	if again, err := f.store.Erase(t.Context(), consent.NewID(), storage.SubjectRequest, "x"); len(again) != 0 || err != nil {
		t.Errorf("an unknown ID: %v, %v", again, err)
	}
	if v := f.verify(t); !v.OK || v.Residual != 0 {
		t.Errorf("Verify = %+v", v)
	}
}

func erasingQueued(t *testing.T, f *fixture) {
	for range 50 {
		f.store.AppendVisit(f.visit())
	}
	if _, err := f.store.Erase(t.Context(), f.id, storage.SubjectRequest, "x"); err != nil {
		t.Fatal(err)
	}
	if held := f.held(t, f.id); len(held.Visits)+len(held.IPs) != 0 {
		t.Errorf("%d visits and %d IPs survived", len(held.Visits), len(held.IPs))
	}
}

func erasingExpired(t *testing.T, f *fixture) {
	f.record(t, f.visit())
	f.clock.Set(f.clock.Now().AddDate(3, 0, 0))
	acts, err := f.store.Erase(t.Context(), f.id, storage.SubjectRequest, "x")
	if err != nil || len(acts) != 2 {
		t.Errorf("Erase = %+v, %v; want 2 acts", acts, err)
	}
}

func newestActs(t *testing.T, f *fixture) {
	f.record(t, f.visit())
	for _, name := range []string{"ip_visits_20261123", "visits_visits_20261123"} {
		if _, err := f.store.DropPart(t.Context(), name, storage.WindowEnded, "x"); err != nil {
			t.Fatal(err)
		}
	}
	for limit, want := range map[int]int{-1: 0, 0: 0, 1: 1, 2: 2, 9: 2} {
		acts, err := f.store.Acts(t.Context(), limit)
		if err != nil || len(acts) != want || (want > 0 && acts[0].Part != "visits_visits_20261123") {
			t.Errorf("Acts(%d) = %+v, %v", limit, acts, err)
		}
	}
}

func clockMark(t *testing.T, f *fixture) {
	mark := func() time.Time {
		t.Helper()
		mark, err := f.store.ClockMark(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return mark
	}
	if got := mark(); !got.IsZero() {
		t.Errorf("a new store has mark %v", got)
	}
	high := f.clock.Now()
	for _, at := range []time.Time{high.Add(-time.Hour), high, high.Add(-time.Minute)} {
		if err := f.store.SetClockMark(t.Context(), at); err != nil {
			t.Fatal(err)
		}
	}
	if got := mark(); !got.Equal(high) {
		t.Errorf("mark = %v, want %v", got, high)
	}
}

func seeding(t *testing.T, f *fixture) {
	past := f.visit()
	past.At = f.clock.Now().AddDate(0, -13, 0)
	expired := f.visit()
	expired.At = f.clock.Now().AddDate(0, -15, 0)
	if err := f.store.Seed(t.Context(), []storage.Visit{past, expired}); err != nil {
		t.Fatal(err)
	}
	if held := f.held(t, f.id); len(held.Visits) != 1 || !held.Visits[0].At.Equal(past.At) {
		t.Errorf("held %+v", held)
	}
	if parts := f.parts(t); len(parts) != 4 {
		t.Errorf("parts %+v, want 4", parts)
	}
	if err := f.store.Seed(t.Context(), []storage.Visit{past}); !errors.Is(err, storage.ErrNotEmpty) {
		t.Errorf("second Seed: %v, want ErrNotEmpty", err)
	}
}

func hiddenRows(t *testing.T, f *fixture) {
	f.record(t, f.visit())
	for name, part := range f.parts(t) {
		if part.Rows != 1 {
			t.Errorf("%s has %d rows, want 1", name, part.Rows)
		}
	}
	oldest, err := f.store.Oldest(t.Context())
	if err != nil || len(oldest) != 1 || !oldest[storage.VisitsKind].Equal(f.clock.Now()) {
		t.Errorf("Oldest = %v, %v", oldest, err)
	}
	totals, err := f.store.Totals(t.Context())
	if err != nil || totals.Handles != 1 {
		t.Errorf("Totals = %+v, %v", totals, err)
	}
}
