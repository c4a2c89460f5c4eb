package retention

import (
	"slices"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/internal/policytest"
	"github.com/mamen-ai/consentgate/storage"
)

// Ten years of collection and what follows until all is gone, with a tick a
// millisecond before each midnight and at it: every day goes with the tick at
// which the first window in it ends, not a tick before, and never more than a
// day before the last one ends.
func TestEveryDayGoesWithTheTickAtItsEnd(t *testing.T) {
	almaty, err := time.LoadLocation("Asia/Almaty")
	if err != nil {
		t.Fatal(err)
	}
	type window struct{ first, last time.Time } // the ends of the windows in a day
	var now, began time.Time
	for _, months := range []policy.Window{policy.Months14, policy.Months24} {
		ends := map[string]window{}
		store := &memory{}
		p := New(Options{Store: store, Location: almaty, Clock: func() time.Time { return now },
			Running: func() time.Duration { return now.Sub(began) }})
		tick := func(at time.Time) Result {
			t.Helper()
			now = at
			result, err := p.Tick(t.Context(), false)
			if err != nil || result.Clock != Trusted || result.Overdue != 0 {
				t.Fatalf("%v: tick at %v: %+v, %v", months, at.In(almaty), result, err)
			}
			return result
		}
		began, gone := time.Time{}, 0
		for begin, end := range policytest.Days(2023, 2034) {
			if began.IsZero() {
				began = begin
			}
			if early := tick(begin.Add(-time.Millisecond)); len(early.Dropped) != 0 {
				t.Fatalf("%v: %v went a millisecond before %v", months, names(early.Dropped), begin.In(almaty))
			}
			for _, name := range names(tick(begin).Dropped) {
				if w := ends[name]; !w.first.Equal(begin) || w.last.Sub(begin) >= 24*time.Hour {
					t.Fatalf("%v: %s went at %v; its windows end from %v to %v", months, name, begin.In(almaty), w.first.In(almaty), w.last.In(almaty))
				}
				gone++
			}
			store.parts = slices.DeleteFunc(store.parts, func(part storage.Part) bool { return part.State != storage.Live })
			if day := policy.DayOf(begin, almaty); day.Year <= 2032 {
				ends[day.String()] = window{policytest.WindowEnd(begin, int(months)), policytest.WindowEnd(end.Add(-time.Millisecond), int(months))}
				store.parts = append(store.parts, storage.Part{Name: day.String(), State: storage.Live, DropAt: months.DropAt(day, almaty)})
			}
		}
		if gone != 3653 {
			t.Errorf("%v: %d days went, %d are left", months, gone, len(store.parts))
		}
	}
}
