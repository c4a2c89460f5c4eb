package policy_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/internal/policytest"
)

// Policy 3.1 row 7: nothing may be kept longer than 14 or 24 months. A record
// belongs to the day on which it was collected; its day must be gone when the
// record's own window ends, and less than a day before that.
func TestNoInstantOutlivesItsWindow(t *testing.T) {
	almaty, err := time.LoadLocation("Asia/Almaty")
	if err != nil {
		t.Fatal(err)
	}
	const seed = 20250312
	random := rand.New(rand.NewPCG(seed, 0))
	for _, window := range []policy.Window{policy.Months14, policy.Months24} {
		days := 0
		before := policy.Day{Year: 2022, Month: time.December, Day: 31}
		for begin, end := range policytest.Days(2023, 2032) {
			days++
			day := policy.DayFromNumber(before.Number() + 1)
			dropAt := window.DropAt(day, almaty)
			for at := range policytest.Instants(begin, end, random) {
				if got := policy.DayOf(at, almaty); got != day {
					t.Fatalf("%v is on %v, not on %v (seed %d)", at, got, day, seed)
				}
				ends := policytest.WindowEnd(at, int(window))
				if early := ends.Sub(dropAt); early < 0 || early >= 24*time.Hour {
					t.Fatalf("%v of %v ends at %v and goes at %v (seed %d)", window, at.In(almaty), ends.In(almaty), dropAt, seed)
				}
			}
			before = day
		}
		if days != 3653 {
			t.Errorf("%d days were tried", days)
		}
	}
}
