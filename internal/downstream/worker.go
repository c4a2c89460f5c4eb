package downstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/mamen-ai/consentgate/storage"
)

const (
	// actor is who destroys the identifiers, in the acts.
	actor = "scheduler"
	// batch is how many deletions are ended together.
	batch = 32
	// pace is the time between two looks at the outbox when nobody wakes the worker.
	pace = time.Minute
	// rest is how long a service that failed isn't asked for any visitor.
	rest = time.Minute
	// A deletion that failed is tried again after firstDelay, and after twice as
	// long each time, up to longestDelay.
	firstDelay   = time.Minute
	longestDelay = 4 * time.Hour
)

// Outbox is what a Worker needs of a [storage.Store].
type Outbox interface {
	DueDeletions(ctx context.Context, services []string, limit int) ([]storage.Deletion, error)
	DeletionFailed(ctx context.Context, id int64, failure string, next time.Time) error
	DeletionsDone(ctx context.Context, ids []int64, actor string) (storage.Act, error)
	Scrub(ctx context.Context) (residual int64, err error)
}

// Options say what a Worker works on. Outbox is required.
type Options struct {
	Outbox  Outbox
	Vendors map[string]Vendor // by the service's catalogue ID
	// Clock returns the present; nil means time.Now.
	Clock func() time.Time
	// Random returns a number of [0, 1) by which repetitions are spread; nil means
	// that of package rand.
	Random func() float64
	// Logger receives when a service begins to fail and when it ends; nil discards
	// it.
	Logger *slog.Logger
	// OnFailure and OnDone, if set, are told of each failed try and of each act.
	OnFailure func(service string)
	OnDone    func(storage.Act)
}

// Worker empties the outbox, one request at a time. It never gives a deletion up.
type Worker struct {
	Options
	wake    chan struct{}
	resting map[string]time.Time // services that failed, until when
	failing map[string]string    // with what
}

// NewWorker returns a Worker. It does nothing until [Worker.Run] or [Worker.Tick].
func NewWorker(o Options) *Worker {
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Random == nil {
		o.Random = rand.Float64
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.OnFailure == nil {
		o.OnFailure = func(string) {}
	}
	if o.OnDone == nil {
		o.OnDone = func(storage.Act) {}
	}
	return &Worker{Options: o, wake: make(chan struct{}, 1), resting: map[string]time.Time{}, failing: map[string]string{}}
}

// Wake has a running worker look at the outbox now.
func (w *Worker) Wake() {
	select {
	case w.wake <- struct{}{}:
	default: // it has yet to see an earlier sign
	}
}

// Run ticks at once, each minute and when it is woken, until ctx ends.
func (w *Worker) Run(ctx context.Context) {
	var last string
	for {
		text := ""
		if err := w.Tick(ctx); err != nil && ctx.Err() == nil {
			text = err.Error()
		}
		if text != "" && text != last {
			w.Logger.Error("the outbox of deletions at vendors fails and is tried again", "error", text)
		}
		last = text
		timer := time.NewTimer(pace)
		select {
		case <-timer.C:
		case <-w.wake:
			timer.Stop()
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}

// Tick tries what is due, until nothing is or every service rests. The error is the
// outbox's; what vendors answer is kept there.
func (w *Worker) Tick(ctx context.Context) error {
	for ctx.Err() == nil {
		due, err := w.Outbox.DueDeletions(ctx, w.awake(), batch)
		if err != nil || len(due) == 0 {
			return err
		}
		done, failed := w.try(ctx, due)
		// What the vendor has deleted is ended even if the worker is stopped meanwhile.
		if err := errors.Join(failed, w.end(context.WithoutCancel(ctx), done)); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// awake lists the services that may be asked now.
func (w *Worker) awake() []string {
	now := w.Clock()
	return slices.DeleteFunc(slices.Sorted(maps.Keys(w.Vendors)), func(service string) bool { return now.Before(w.resting[service]) })
}

// try asks the vendors and returns what they have deleted. A service that fails
// isn't asked for the others.
func (w *Worker) try(ctx context.Context, due []storage.Deletion) (done []int64, err error) {
	for _, deletion := range due {
		service := deletion.Service
		if w.Clock().Before(w.resting[service]) {
			continue
		}
		err := w.Vendors[service].Delete(ctx, deletion.Visitor)
		if ctx.Err() != nil { // nothing is known of it
			return done, nil
		}
		if err == nil {
			done = append(done, deletion.ID)
			w.report(service, "")
			continue
		}
		failure := &Failure{Kind: Unreachable}
		errors.As(err, &failure)
		wanted := min(failure.RetryAfter, longestDelay)
		w.resting[service] = w.Clock().Add(max(rest, wanted))
		w.OnFailure(service)
		w.report(service, failure.Error())
		next := w.Clock().Add(max(w.delay(deletion.Tries), wanted))
		if err := w.Outbox.DeletionFailed(ctx, deletion.ID, failure.Kind, next); err != nil {
			return done, fmt.Errorf("keeping a failure: %w", err)
		}
	}
	return done, nil
}

// delay returns how long to wait after a try, given how many failed before it. It
// is spread over its second half, so that what failed together isn't repeated
// together.
func (w *Worker) delay(tries int) time.Duration {
	delay := longestDelay
	if tries < 16 {
		delay = min(firstDelay<<tries, longestDelay)
	}
	return delay/2 + time.Duration(w.Random()*float64(delay/2))
}

// end ends deletions, and sees to it that no bytes of their visitors stay.
func (w *Worker) end(ctx context.Context, done []int64) error {
	if len(done) == 0 {
		return nil
	}
	act, err := w.Outbox.DeletionsDone(ctx, done, actor)
	if err != nil {
		return err
	}
	if act.Rows > 0 {
		w.OnDone(act)
	}
	_, err = w.Outbox.Scrub(ctx)
	return err
}

// report logs the first failure of a row of failures, and their end.
func (w *Worker) report(service, failure string) {
	switch before := w.failing[service]; {
	case failure == before:
	case failure != "":
		w.Logger.Warn("a service couldn't be had to delete a visitor's data; it is tried again", "service", service, "error", failure)
	default:
		w.Logger.Info("a service deletes visitors' data again", "service", service)
	}
	w.failing[service] = failure
}
