package retention

import (
	"context"
	"time"

	"github.com/mamen-ai/consentgate/internal/policy"
)

const (
	// pace is the time between ticks when nothing waits.
	pace = time.Hour
	// soon is the time to the next tick when something does.
	soon = time.Minute
)

// Run ticks at once, each hour and at each local midnight, when windows end;
// each minute while parts are overdue or a tick failed or was tripped. It
// returns when ctx ends.
func (p *Purger) Run(ctx context.Context) {
	var last Result
	for {
		result, _ := p.Tick(ctx, false)
		if ctx.Err() != nil {
			return
		}
		p.report(ctx, last, result)
		p.observe(result)
		last = result
		timer := time.NewTimer(p.pause(result))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// pause returns the time until the next tick.
func (p *Purger) pause(last Result) time.Duration {
	now := p.clock().Round(0)
	today := policy.DayOf(now, p.location)
	midnight := policy.DayFromNumber(today.Number() + 1).Start(p.location)
	until := min(pace, max(midnight.Sub(now), time.Second))
	backlog := last.Overdue > 0 && last.Clock == Trusted
	if backlog || last.ClockTripped || last.Err != nil {
		until = min(until, soon)
	}
	return until
}

// report logs what an operator must know; a state that lasts is logged when it
// begins.
func (p *Purger) report(ctx context.Context, last, now Result) {
	if now.Err != nil && (last.Err == nil || last.Err.Error() != now.Err.Error()) {
		p.logger.ErrorContext(ctx, "destroying personal data failed and is tried again",
			"error", now.Err, "overdue", now.Overdue, "pending_erasures", now.PendingErasures)
	}
	if now.Residual > 0 && now.Residual != last.Residual {
		p.logger.ErrorContext(ctx, "bytes of destroyed records are still in the database", "canaries", now.Residual)
	}
	if now.Clock != last.Clock {
		switch now.Clock {
		case Behind, Leapt:
			p.logger.ErrorContext(ctx, "the clock is in doubt, nothing whose window has ended is destroyed: set it right, or purge with force if it is right",
				"clock", now.Clock, "now", now.At)
		case Unproven:
			p.logger.WarnContext(ctx, "the clock is far past the last time seen, after a long downtime or because it is wrong: destroying slowly for a day",
				"now", now.At)
		}
	}
	for _, act := range now.Dropped {
		p.logger.InfoContext(ctx, "personal data destroyed", "part", act.Part, "rows", act.Rows, "reason", act.Reason)
	}
}
