package retention

import (
	"testing"
	"time"
)

var start = time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

func TestGuardJudgesTheClock(t *testing.T) {
	// Each step is a tick: what the wall clock shows and how long the process has
	// run, both counted from start, and the mark as the tick finds it.
	type step struct {
		wall, ran time.Duration
		mark      time.Duration // from start; noMark is none
		force     bool
		want      Trust
	}
	const noMark = -1 << 62
	for name, steps := range map[string][]step{
		"a new store trusts the clock": {
			{0, 0, noMark, false, Trusted},
		},
		"a steady clock is trusted": {
			{0, 0, -time.Hour, false, Trusted},
			{time.Hour, time.Hour, 0, false, Trusted},
			{30 * day, 30 * day, time.Hour, false, Trusted},
		},
		"a small step back is skew": {
			{0, 0, 5 * time.Minute, false, Trusted},
		},
		"a clock behind the mark trips until it has passed": {
			{0, 0, 5*time.Minute + time.Millisecond, false, Behind},
			{time.Minute, time.Minute, 5*time.Minute + time.Millisecond, false, Trusted},
		},
		"a forced tick passes a clock that is behind": {
			{0, 0, day, true, Trusted},
			{time.Hour, time.Hour, day, false, Behind},
		},
		"48 hours more than the process ran are borne": {
			{0, 0, 0, false, Trusted},
			{49 * time.Hour, time.Hour, 0, false, Trusted},
		},
		"a leap trips until the clock is back": {
			{0, 0, 0, false, Trusted},
			{49*time.Hour + time.Millisecond, time.Hour, 0, false, Leapt},
			{50*time.Hour + time.Millisecond, 2 * time.Hour, 0, false, Leapt},
			{3 * time.Hour, 3 * time.Hour, 0, false, Trusted},
		},
		"a forced tick accepts a leap": {
			{0, 0, 0, false, Trusted},
			{365 * day, time.Hour, 0, false, Leapt},
			{365 * day, time.Hour, 0, true, Trusted},
			{365*day + time.Hour, 2 * time.Hour, 365 * day, false, Trusted},
		},
		"a short downtime is trusted": {
			{0, 0, -48 * time.Hour, false, Trusted},
		},
		"a long downtime is unproven for a day": {
			{0, time.Minute, -48*time.Hour - time.Millisecond, false, Unproven},
			{23 * time.Hour, 23 * time.Hour, -48*time.Hour - time.Millisecond, false, Unproven},
			{day, day + time.Minute, -48*time.Hour - time.Millisecond, false, Trusted},
			{day + time.Hour, day + time.Hour + time.Minute, day, false, Trusted},
		},
		"an unproven clock that is set right is trusted at once": {
			{400 * day, 0, 0, false, Unproven},
			{time.Hour, time.Hour, 0, false, Trusted},
		},
		"an unproven clock may still leap": {
			{400 * day, 0, 0, false, Unproven},
			{800 * day, time.Hour, 0, false, Leapt},
		},
		"a forced tick proves the clock": {
			{400 * day, 0, 0, true, Trusted},
			{400*day + time.Hour, time.Hour, 400 * day, false, Trusted},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var ran time.Duration
			g := guard{running: func() time.Duration { return ran }}
			for i, step := range steps {
				ran = step.ran
				mark := time.Time{}
				if step.mark != noMark {
					mark = start.Add(step.mark)
				}
				if got := g.judge(start.Add(step.wall), mark, step.force); got != step.want {
					t.Errorf("tick %d: %s, want %s", i+1, got, step.want)
				}
			}
		})
	}
}
