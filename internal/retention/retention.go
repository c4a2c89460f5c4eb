// Package retention sees to it that personal data goes when its window ends: it
// finds the day tables whose day has come, has them destroyed and scrubbed, and
// guards against a clock that is wrong.
//
// It owns the order and the pace of destruction. What a window is belongs to
// package policy, how bytes are destroyed to the store.
package retention

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/storage"
)

// defaultPerTick is how many day tables of one kind go in one tick: a clock that
// is wrong and gets past the guard then costs days, not everything. Four is what
// one midnight may bring: 14 months after 28, 29, 30 and 31 December it is
// 28 February.
const defaultPerTick = 4

// actor is who destroys, in the acts.
const actor = "scheduler"

// Store is what a Purger needs of a [storage.Store].
type Store interface {
	PendingErasures(ctx context.Context) ([]storage.Erasure, error)
	Erase(ctx context.Context, id consent.ID, reason storage.Reason, actor string) ([]storage.Act, error)
	Parts(ctx context.Context) ([]storage.Part, error)
	DropPart(ctx context.Context, name string, reason storage.Reason, actor string) (storage.Act, error)
	Scrub(ctx context.Context) (residual int64, err error)
	Seal(ctx context.Context) ([]storage.Segment, error)
	DropSegments(ctx context.Context, actor string) ([]storage.Act, error)
	DropRequests(ctx context.Context, actor string) (storage.Act, error)
	ClockMark(ctx context.Context) (time.Time, error)
	SetClockMark(ctx context.Context, t time.Time) error
}

// Options say what a Purger works on. Store and Location are required.
type Options struct {
	Store    Store
	Location *time.Location // whose midnights end the windows
	// Clock returns the present; nil means time.Now.
	Clock func() time.Time
	// Running returns for how long the process has been running, from a clock
	// that nobody sets; nil means the monotonic clock of package time.
	Running func() time.Duration
	// Logger receives trips of the guard and failures; nil discards them.
	Logger *slog.Logger
	// PerTick is how many day tables of each kind and table go in one tick that
	// isn't forced; 0 means 4.
	PerTick int
	// Observe, if set, receives the result of each tick of Run.
	Observe func(Result)
}

// Result is what one tick did and found.
type Result struct {
	At           time.Time     `json:"at"`
	Dropped      []storage.Act `json:"dropped"`       // of parts and of erasures
	Overdue      int           `json:"overdue"`       // parts that should be gone and aren't
	Residual     int64         `json:"residual"`      // canaries of destroyed parts still found
	ClockTripped bool          `json:"clock_tripped"` // no part was dropped, because the clock is in doubt
	Clock        Trust         `json:"clock"`         //
	Err          error         `json:"-"`             // of the tick, as Tick returned it

	// PendingErasures counts the revoked consents whose records should be gone
	// and aren't.
	PendingErasures int `json:"pending_erasures"`
}

// Purger destroys what is due. Its methods are safe for concurrent use.
type Purger struct {
	store    Store
	location *time.Location
	clock    func() time.Time
	logger   *slog.Logger
	perTick  int
	observe  func(Result)

	ticking sync.Mutex // one tick at a time; holds guard
	guard   guard

	telling sync.Mutex // holds last
	last    Result
}

// Last returns the result of the last tick, of a zero time before the first.
func (p *Purger) Last() Result {
	p.telling.Lock()
	defer p.telling.Unlock()
	return p.last
}

// New returns a Purger. It does nothing until [Purger.Tick] or [Purger.Run].
func New(o Options) *Purger {
	p := &Purger{
		store:    o.Store,
		location: o.Location,
		clock:    o.Clock,
		logger:   o.Logger,
		perTick:  o.PerTick,
		observe:  o.Observe,
		guard:    guard{running: o.Running},
	}
	if p.clock == nil {
		p.clock = time.Now
	}
	if p.guard.running == nil {
		began := time.Now()
		p.guard.running = func() time.Duration { return time.Since(began) }
	}
	if p.logger == nil {
		p.logger = slog.New(slog.DiscardHandler)
	}
	if p.perTick <= 0 {
		p.perTick = defaultPerTick
	}
	if p.observe == nil {
		p.observe = func(Result) {}
	}
	return p
}

// Due returns the parts that a forced tick would destroy now, the oldest first.
func (p *Purger) Due(ctx context.Context) ([]storage.Part, error) {
	return p.due(ctx, p.clock())
}

func (p *Purger) due(ctx context.Context, now time.Time) ([]storage.Part, error) {
	parts, err := p.store.Parts(ctx)
	if err != nil {
		return nil, fmt.Errorf("looking for what is due: %w", err)
	}
	var due []storage.Part
	for _, part := range parts { // the oldest first
		if part.State == storage.Live && !now.Before(part.DropAt) {
			due = append(due, part)
		}
	}
	return due, nil
}

// Tick finishes pending erasures, asks the clock guard, destroys the parts that
// are due, the oldest first and at most PerTick of each kind and table, seals the
// ledger's complete months, destroys those whose term has ended, and scrubs. Erasures don't ask the guard: a revoked consent doesn't depend on the
// time. A forced tick passes the guard and has no limit. A tick that was
// interrupted is finished by the next; with nothing pending or due, a tick
// changes nothing.
//
// What can't be destroyed doesn't keep the rest: the error names all parts, and
// the number of erasures.
func (p *Purger) Tick(ctx context.Context, force bool) (Result, error) {
	p.ticking.Lock()
	defer p.ticking.Unlock()
	now := p.clock()
	result := Result{At: now.UTC().Round(0)}
	result.Err = errors.Join(
		p.finishErasures(ctx, &result),
		p.dropDue(ctx, now, force, &result),
		p.scrub(ctx, &result), // also what an erasure elsewhere or a crash left
	)
	p.telling.Lock()
	defer p.telling.Unlock()
	p.last = result
	return result, result.Err
}

// finishErasures destroys the records of revoked consents whose erasure was
// interrupted.
func (p *Purger) finishErasures(ctx context.Context, result *Result) error {
	pending, err := p.store.PendingErasures(ctx)
	if err != nil {
		return err
	}
	var first error
	for _, erasure := range pending {
		acts, err := p.store.Erase(ctx, erasure.ConsentID, erasure.Reason, actor)
		result.Dropped = append(result.Dropped, acts...)
		if err != nil {
			result.PendingErasures++
			first = cmp.Or(first, err)
		}
	}
	if first != nil {
		return fmt.Errorf("%d of %d pending erasures failed, the first: %w", result.PendingErasures, len(pending), first)
	}
	return nil
}

// dropDue drops the parts that are due, if the clock may be trusted.
func (p *Purger) dropDue(ctx context.Context, now time.Time, force bool, result *Result) error {
	due, err := p.due(ctx, now)
	if err != nil {
		return err
	}
	result.Overdue = len(due)
	mark, err := p.store.ClockMark(ctx)
	if err != nil {
		return err
	}
	result.Clock = p.guard.judge(now, mark, force)
	result.ClockTripped = result.Clock.tripped()
	if result.ClockTripped {
		return nil
	}
	var errs []error
	taken := map[[2]string]int{}
	for _, part := range due {
		sort := [2]string{part.Kind, part.Table}
		if taken[sort] >= p.perTick && !force {
			continue
		}
		taken[sort]++
		act, err := p.store.DropPart(ctx, part.Name, storage.WindowEnded, actor)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		result.Dropped = append(result.Dropped, act)
		result.Overdue--
	}
	if result.Clock == Trusted {
		errs = append(errs, p.ageLedger(ctx, result), p.store.SetClockMark(ctx, now))
	}
	return errors.Join(errs...)
}

// ageLedger signs the ledger's months that are complete, and destroys those, and
// the requests, whose term as evidence has ended. It needs a trusted clock: a month that was sealed
// too early would be a false witness.
func (p *Purger) ageLedger(ctx context.Context, result *Result) error {
	_, sealing := p.store.Seal(ctx)
	acts, dropping := p.store.DropSegments(ctx, actor)
	requests, forgetting := p.store.DropRequests(ctx, actor)
	if requests.Rows > 0 {
		acts = append(acts, requests)
	}
	result.Dropped = append(result.Dropped, acts...)
	return errors.Join(sealing, dropping, forgetting)
}

func (p *Purger) scrub(ctx context.Context, result *Result) (err error) {
	result.Residual, err = p.store.Scrub(ctx)
	return err
}
