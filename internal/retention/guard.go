package retention

import "time"

const (
	// skew is how far the clock may step back, as time servers make it do.
	skew = 5 * time.Minute
	// leap is how much further the clock may have moved than the process can
	// explain.
	leap = 48 * time.Hour
	// probation is how long a clock that leapt while the process was down must
	// run steadily until it is trusted.
	probation = 24 * time.Hour
)

// Trust is the guard's judgement of the clock.
type Trust string

// The judgements.
const (
	// Trusted clocks agree with the highest time the store has seen.
	Trusted Trust = "trusted"
	// Unproven clocks are more than 48 hours past the store's mark at the first
	// tick of a process. A long downtime looks the same as a wrong clock.
	Unproven Trust = "unproven"
	// Behind clocks are more than five minutes before the store's mark.
	Behind Trust = "behind"
	// Leapt clocks moved more than 48 hours further than the process ran.
	Leapt Trust = "leapt"
)

// tripped reports whether nothing may be destroyed.
func (t Trust) tripped() bool { return t == Behind || t == Leapt }

// guard keeps a wrong clock from destroying what isn't due. The rule:
//
//   - The store persists its mark, the highest time at which a tick trusted the
//     clock. A clock more than 5 minutes before it has been, or is, wrong:
//     nothing is destroyed until it has passed the mark again.
//   - While the process runs, the clock may gain at most 48 hours on the
//     monotonic clock since the last tick that wasn't tripped. A greater leap
//     destroys nothing until the clock is back, the process is started again or
//     an operator forces a tick. (A machine that slept for two days looks the
//     same.)
//   - At the first tick of a process a clock more than 48 hours past the mark is
//     unproven: the process may have been down for long. Then parts go at the
//     usual number per tick, and Run ticks hourly instead of each minute, so
//     that a wrong clock costs days and not everything. The mark stays where it
//     is, so that a clock set right isn't behind. After 24 hours without a leap
//     the clock is trusted, and the mark follows.
//   - A forced tick trusts the clock: a person has looked at it.
//
// A store without a mark is new and trusts the clock.
type guard struct {
	running func() time.Duration
	// The last tick that wasn't tripped, by both clocks.
	seen   bool
	wall   time.Time
	ran    time.Duration
	doubts bool          // the clock is unproven
	since  time.Duration // when it became so, by the process
}

// judge returns whether the clock may be trusted to say now.
func (g *guard) judge(now, mark time.Time, force bool) Trust {
	now = now.Round(0) // the monotonic reading would hide a leap
	ran := g.running()
	switch {
	case force:
		g.doubts = false
	case now.Before(mark.Add(-skew)):
		return Behind
	case g.seen && now.Sub(g.wall)-(ran-g.ran) > leap:
		return Leapt
	case !g.seen && !mark.IsZero() && now.Sub(mark) > leap:
		g.doubts, g.since = true, ran
	}
	g.seen, g.wall, g.ran = true, now, ran
	if g.doubts && (ran-g.since >= probation || now.Sub(mark) <= leap) {
		g.doubts = false
	}
	if g.doubts {
		return Unproven
	}
	return Trusted
}
