package retention_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/internal/policytest"
	"github.com/mamen-ai/consentgate/internal/retention"
	"github.com/mamen-ai/consentgate/storage"
	"github.com/mamen-ai/consentgate/storage/sqlite"
	"github.com/mamen-ai/consentgate/storage/storagetest"
)

// seed is printed when a test fails whose instants are drawn.
const seed = 20260228

// record is what the visits of a day, all under one ID, left in the tables of one
// window.
type record struct {
	id     consent.ID
	months int
	visits int
}

// chosenInstants are those of the days on which windows are hard to reckon: the
// day of 25 hours, leap days and those around them, ends of months and years,
// days whose windows end on any of these, and some others.
func chosenInstants(almaty *time.Location, random *rand.Rand) []time.Time {
	days := map[string]bool{}
	for _, day := range []string{
		"2022-12-29", "2022-12-30", "2022-12-31", // 14 months on, the day of 25 hours
		"2023-01-01", "2023-01-31", "2023-02-28", "2023-12-28", "2023-12-29", "2023-12-30", "2023-12-31",
		"2024-01-01", "2024-02-28", "2024-02-29", "2024-03-01", "2024-03-31", "2024-08-31", "2024-12-31",
		"2026-02-28", "2026-12-28", "2026-12-29", "2026-12-30", "2026-12-31", // 14 months on, a leap day and the day before
		"2028-02-29", "2030-06-30", "2030-12-29", "2032-02-29", "2032-12-31",
	} {
		days[day] = true
	}
	var list []time.Time
	for begin, end := range policytest.Days(2022, 2032) {
		if !days[begin.In(almaty).Format(time.DateOnly)] && random.IntN(400) > 0 {
			continue
		}
		list = slices.AppendSeq(list, policytest.Instants(begin, end, random))
	}
	slices.SortFunc(list, time.Time.Compare)
	return list
}

// idOf returns the ID under which the visits of a day are recorded.
func idOf(day string) (id consent.ID) {
	copy(id[:], day)
	return id
}

// The whole way, on a real database and through the scheduler's tick: what was
// collected at any instant of a day can be read until a millisecond before the
// first window of that day ends, not from that instant on, and its table is
// proven gone by the tick at that instant. A kind without a name goes after 14
// months.
func TestWindowsEndOnARealDatabase(t *testing.T) {
	almaty, err := time.LoadLocation("Asia/Almaty")
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(seed, 1))
	instants := chosenInstants(almaty, random)
	clock := storagetest.NewClock(instants[0])
	store, err := sqlite.Open(t.Context(), sqlite.Options{
		Dir: t.TempDir(), Location: almaty, Clock: clock.Now,
		Window: func(kind string) policy.Window { return map[string]policy.Window{"audience": policy.Months24}[kind] },
	})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()

	visits := map[string]int{} // by day
	for _, at := range instants {
		clock.Set(at)
		day := at.In(almaty).Format(time.DateOnly)
		// Each by another browser: of records that differ in their time alone one is kept.
		browser := storage.Person{Browser: at.String()}
		if !store.AppendVisit(storage.Visit{At: at, ConsentID: idOf(day), Person: browser, Services: []storage.VisitService{
			{Service: "matomo"}, {Service: "ads", Kind: "audience"}}}) {
			t.Fatalf("the visit at %v was not taken", at)
		}
		visits[day]++
	}
	ending := map[time.Time][]record{} // by the end of the first window of their day
	for day, count := range visits {
		begin, err := time.ParseInLocation(time.DateOnly, day, almaty)
		if err != nil {
			t.Fatal(err)
		}
		for _, months := range []int{14, 24} {
			ends := policytest.WindowEnd(begin, months).UTC()
			ending[ends] = append(ending[ends], record{idOf(day), months, count})
		}
	}
	for _, at := range instants {
		begin, _ := time.ParseInLocation(time.DateOnly, at.In(almaty).Format(time.DateOnly), almaty)
		for _, months := range []int{14, 24} {
			if early := policytest.WindowEnd(at, months).Sub(policytest.WindowEnd(begin, months)); early < 0 || early >= 24*time.Hour {
				t.Fatalf("the window of %v ends %v after that of its day's first instant", at.In(almaty), early)
			}
		}
	}
	if err := store.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}

	began := clock.Now()
	p := retention.New(retention.Options{Store: store, Location: almaty, Clock: clock.Now,
		Running: func() time.Duration { return clock.Now().Sub(began) }})
	tick := func() retention.Result {
		t.Helper()
		result, err := p.Tick(t.Context(), false)
		if err != nil || result.Residual != 0 || result.ClockTripped || result.Overdue != 0 {
			t.Fatalf("tick %+v, %v (seed %d)", result, err, seed)
		}
		return result
	}
	// readable counts the records of a window that can be read under the ID.
	readable := func(r record) int {
		t.Helper()
		held, err := store.Held(t.Context(), r.id)
		if err != nil {
			t.Fatal(err)
		}
		count := len(held.Visits)
		if r.months == 24 {
			count = 0
		}
		for _, ip := range held.IPs {
			if (ip.Kind == "audience") == (r.months == 24) {
				count++
			}
		}
		return count
	}
	full := map[int]int{14: 2, 24: 1} // of each visit: itself and an IP record; another

	checked := 0
	for _, at := range slices.SortedFunc(maps.Keys(ending), time.Time.Compare) {
		clock.Set(at.Add(-time.Millisecond))
		for _, r := range ending[at] {
			if n := readable(r); n != r.visits*full[r.months] {
				t.Errorf("%d of %d records of %d months are readable a millisecond before %v (seed %d)", n, r.visits*full[r.months], r.months, at, seed)
			}
		}
		if result := tick(); len(result.Dropped) != 0 {
			t.Errorf("a millisecond before %v %+v went", at, result.Dropped)
		}
		clock.Set(at)
		for _, r := range ending[at] {
			if n := readable(r); n != 0 {
				t.Errorf("%d records of %d months are readable at %v (seed %d)", n, r.months, at, seed)
			}
			checked++
		}
		tick()
		parts, err := store.Parts(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, part := range parts {
			if gone := !part.DropAt.After(at); gone != (part.State == storage.Scrubbed) {
				t.Errorf("%s is %s at %v", part.Name, part.State, at)
			}
		}
	}
	parts, err := store.Parts(t.Context())
	if err != nil || len(parts) != 3*len(visits) || checked != 2*len(visits) {
		t.Errorf("%d parts of %d days, %d of %d ends checked, %v", len(parts), len(visits), checked, 2*len(visits), err)
	}
	for _, part := range parts {
		if part.State != storage.Scrubbed {
			t.Errorf("%s is %s at the end", part.Name, part.State)
		}
	}
	if v, err := store.Verify(t.Context()); err != nil || !v.OK || v.Residual != 0 {
		t.Errorf("Verify = %+v, %v", v, err)
	}
	t.Logf("%d days, %d instants", len(visits), len(instants))
}
