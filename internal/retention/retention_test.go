package retention

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mamen-ai/consentgate/storage"
)

func names(acts []storage.Act) (list []string) {
	for _, act := range acts {
		list = append(list, act.Part)
	}
	return list
}

func TestTickDropsWhatIsDueAndNothingElse(t *testing.T) {
	store := &memory{}
	store.fill(start, 2, "visits") // due now, and tomorrow
	now := start.Add(-time.Millisecond)
	p := New(Options{Store: store, Location: time.UTC, Clock: func() time.Time { return now }})
	result, err := p.Tick(t.Context(), false)
	if err != nil || len(result.Dropped) != 0 || result.Overdue != 0 {
		t.Errorf("1 ms before: %+v, %v", result, err)
	}
	now = start
	due, err := p.Due(t.Context())
	if err != nil || len(due) != 2 || due[0].Name != "ip_visits_000" {
		t.Errorf("Due = %+v, %v", due, err)
	}
	result, err = p.Tick(t.Context(), false)
	if err != nil || !slices.Equal(names(result.Dropped), []string{"ip_visits_000", "visits_visits_000"}) || result.Overdue != 0 {
		t.Errorf("at the instant: %+v, %v", result, err)
	}
	if act := result.Dropped[0]; act.Reason != storage.WindowEnded || act.Actor != "scheduler" {
		t.Errorf("act %+v", act)
	}
	if !store.mark.Equal(start) {
		t.Errorf("mark %v, want %v", store.mark, start)
	}
	result, err = p.Tick(t.Context(), false)
	if err != nil || len(result.Dropped) != 0 {
		t.Errorf("again: %+v, %v", result, err)
	}
}

func TestTickIsBoundedPerKindAndTable(t *testing.T) {
	store := &memory{}
	store.fill(start.AddDate(0, 0, -10), 10, "audience", "visits")
	p := New(Options{Store: store, Location: time.UTC, Clock: func() time.Time { return start }, PerTick: 2})
	result, err := p.Tick(t.Context(), false)
	if err != nil || len(result.Dropped) != 2*2*2 || result.Overdue != 40-8 {
		t.Errorf("dropped %v, overdue %d, %v", names(result.Dropped), result.Overdue, err)
	}
	for _, name := range names(result.Dropped) {
		if !strings.HasSuffix(name, "_000") && !strings.HasSuffix(name, "_001") {
			t.Errorf("%s went before older ones", name)
		}
	}
	result, err = p.Tick(t.Context(), true)
	if err != nil || len(result.Dropped) != 32 || result.Overdue != 0 {
		t.Errorf("forced: dropped %d, overdue %d, %v", len(result.Dropped), result.Overdue, err)
	}
}

func TestTrippedGuardDestroysNothingButScrubs(t *testing.T) {
	store := &memory{mark: start.Add(day)}
	store.fill(start.AddDate(0, 0, -1), 1, "visits")
	p := New(Options{Store: store, Location: time.UTC, Clock: func() time.Time { return start }})
	result, err := p.Tick(t.Context(), false)
	if err != nil || !result.ClockTripped || result.Clock != Behind || len(result.Dropped) != 0 || result.Overdue != 2 {
		t.Errorf("%+v, %v", result, err)
	}
	if store.scrubs != 1 || !store.mark.Equal(start.Add(day)) {
		t.Errorf("%d scrubs, mark %v", store.scrubs, store.mark)
	}
	result, err = p.Tick(t.Context(), true)
	if err != nil || result.ClockTripped || len(result.Dropped) != 2 {
		t.Errorf("forced: %+v, %v", result, err)
	}
}

// A mark raised by a clock that is wrong would trip the guard when it is set
// right.
func TestUnprovenClockDestroysSlowlyAndLeavesTheMark(t *testing.T) {
	store := &memory{mark: start}
	store.fill(start, 30, "visits")
	wrong := start.AddDate(1, 0, 0)
	p := New(Options{Store: store, Location: time.UTC, Clock: func() time.Time { return wrong }})
	result, err := p.Tick(t.Context(), false)
	if err != nil || result.Clock != Unproven || result.ClockTripped || len(result.Dropped) != 2*defaultPerTick {
		t.Errorf("%+v, %v", result, err)
	}
	if !store.mark.Equal(start) {
		t.Errorf("mark %v, want %v", store.mark, start)
	}
	if until := p.pause(result); until != pace {
		t.Errorf("next tick in %v, want %v", until, pace)
	}
}

func TestFailuresAreReportedAndDoNotKeepOthers(t *testing.T) {
	for name, want := range map[string]struct{ dropped, scrubs int }{
		"PendingErasures": {2, 1}, "Parts": {0, 1}, "ClockMark": {0, 1}, "ip_visits_000": {1, 1}, "Scrub": {2, 1}, "SetClockMark": {2, 1},
		"Seal": {2, 1}, "DropSegments": {2, 1}, "DropRequests": {2, 1},
	} {
		t.Run(name, func(t *testing.T) {
			failure := errors.New("disk on fire")
			store := &memory{failing: map[string]error{name: failure}}
			store.fill(start, 1, "visits")
			p := New(Options{Store: store, Location: time.UTC, Clock: func() time.Time { return start }})
			result, err := p.Tick(t.Context(), false)
			if !errors.Is(err, failure) || result.Err != err {
				t.Errorf("err %v, result %+v", err, result)
			}
			if len(result.Dropped) != want.dropped || store.scrubs != want.scrubs {
				t.Errorf("dropped %v, %d scrubs", names(result.Dropped), store.scrubs)
			}
			store.failing = nil
			result, err = p.Tick(t.Context(), false)
			if err != nil || len(result.Dropped) != 2-want.dropped || result.Overdue != 0 {
				t.Errorf("retry: %+v, %v", result, err)
			}
		})
	}
}

// observed runs a purger in a bubble for the given time and returns its ticks.
func observed(t *testing.T, store *memory, location *time.Location, d time.Duration) []Result {
	t.Helper()
	var results []Result
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	p := New(Options{Store: store, Location: location, Observe: func(r Result) { results = append(results, r) }})
	p.Run(ctx)
	return results
}

func TestRunTicksAtOnceHourlyAndAtMidnight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // begins at 2000-01-01 00:00 UTC
		location := time.FixedZone("+05:30", 5*3600+1800)
		var at []string
		for _, result := range observed(t, &memory{}, location, 20*time.Hour) {
			at = append(at, result.At.In(location).Format("15:04"))
		}
		want := "05:30 06:30 07:30 08:30 09:30 10:30 11:30 12:30 13:30 14:30 15:30 16:30 17:30 18:30 " +
			"19:30 20:30 21:30 22:30 23:30 00:00 01:00"
		if got := strings.Join(at, " "); got != want {
			t.Errorf("ticks at %s\nwant     %s", got, want)
		}
	})
}

func TestRunWorksOffABacklogByTheMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memory{}
		store.fill(time.Now().AddDate(0, 0, -10), 10, "visits")
		results := observed(t, store, time.UTC, 30*time.Minute)
		var overdue []int
		for _, result := range results {
			overdue = append(overdue, result.Overdue)
		}
		if want := []int{12, 4, 0}; !slices.Equal(overdue, want) {
			t.Errorf("overdue %v, want %v", overdue, want)
		}
	})
}

func TestRunRetriesAndLogsAFailureOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := &memory{failing: map[string]error{"Scrub": errors.New("disk on fire")}}
		var log strings.Builder
		ticks := 0
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute+time.Second)
		defer cancel()
		New(Options{
			Store: store, Location: time.UTC, Logger: slog.New(slog.NewTextHandler(&log, nil)),
			Observe: func(Result) {
				if ticks++; ticks == 5 {
					store.failing = nil
				}
			},
		}).Run(ctx)
		if ticks != 6 {
			t.Errorf("%d ticks, want 5 failures and one that succeeds", ticks)
		}
		if n := strings.Count(log.String(), "disk on fire"); n != 1 {
			t.Errorf("logged %d times:\n%s", n, log.String())
		}
	})
}

func TestRunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	New(Options{Store: &memory{}, Location: time.UTC}).Run(ctx)
}
