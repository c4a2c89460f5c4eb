package downstream

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mamen-ai/consentgate/storage"
)

// memory is an outbox.
type memory struct {
	mu     sync.Mutex
	jobs   []storage.Deletion
	clock  func() time.Time
	scrubs int
	err    error
}

func (m *memory) DueDeletions(_ context.Context, services []string, limit int) (due []storage.Deletion, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, job := range m.jobs {
		if job.Done.IsZero() && slices.Contains(services, job.Service) && !job.Next.After(m.clock()) {
			due = append(due, job)
		}
	}
	slices.SortStableFunc(due, func(a, b storage.Deletion) int { return cmp.Or(a.Next.Compare(b.Next), cmp.Compare(a.ID, b.ID)) })
	return due[:min(len(due), limit)], m.err
}

func (m *memory) DeletionFailed(_ context.Context, id int64, failure string, next time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.jobs[id].Tries++
	m.jobs[id].Failure, m.jobs[id].Next = failure, next
	return nil
}

func (m *memory) DeletionsDone(_ context.Context, ids []int64, _ string) (storage.Act, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range ids {
		m.jobs[id].Done = m.clock()
	}
	return storage.Act{Rows: int64(len(ids))}, nil
}

func (m *memory) Scrub(context.Context) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.scrubs++
	return 0, nil
}

func (m *memory) add(job storage.Deletion) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.jobs = append(m.jobs, job)
}

func (m *memory) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.err = err
}

func (m *memory) done() (n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, job := range m.jobs {
		if !job.Done.IsZero() {
			n++
		}
	}
	return n
}

// vendorFunc is a vendor.
type vendorFunc func(visitor string) error

func (f vendorFunc) Delete(_ context.Context, visitor string) error { return f(visitor) }

func newMemory(clock func() time.Time, services ...string) *memory {
	m := &memory{clock: clock}
	for i, service := range services {
		m.jobs = append(m.jobs, storage.Deletion{ID: int64(i), Service: service, Visitor: fmt.Sprintf("visitor-%d", i), Next: clock()})
	}
	return m
}

func TestTickEmptiesTheOutbox(t *testing.T) {
	clock := func() time.Time { return noon }
	outbox := newMemory(clock, slices.Repeat([]string{"a", "b", "elsewhere"}, batch)...)
	asked := map[string]int{}
	ask := vendorFunc(func(visitor string) error { asked[visitor]++; return nil })
	acts := int64(0)
	w := NewWorker(Options{Outbox: outbox, Vendors: map[string]Vendor{"a": ask, "b": ask}, Clock: clock, OnDone: func(act storage.Act) { acts += act.Rows }})
	if err := w.Tick(t.Context()); err != nil {
		t.Fatal(err)
	}
	if outbox.done() != 2*batch || len(asked) != 2*batch || outbox.scrubs != 2 || acts != 2*batch {
		t.Errorf("%d done, %d asked, %d scrubs, %d in acts", outbox.done(), len(asked), outbox.scrubs, acts)
	}
}

func TestFailuresAreRepeatedLaterAndLater(t *testing.T) {
	now := noon
	clock := func() time.Time { return now }
	outbox := newMemory(clock, "a")
	var log bytes.Buffer
	failures, broken := 0, true
	vendor := vendorFunc(func(visitor string) error {
		if broken {
			return &Failure{Kind: Unavailable, Status: 503}
		}
		return nil
	})
	w := NewWorker(Options{Outbox: outbox, Vendors: map[string]Vendor{"a": vendor}, Clock: clock, Random: func() float64 { return 0.5 },
		OnFailure: func(string) { failures++ }, Logger: slog.New(slog.NewTextHandler(&log, nil))})
	var delays []string
	for range 11 {
		if err := w.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
		delays = append(delays, outbox.jobs[0].Next.Sub(now).String())
		now = outbox.jobs[0].Next.Add(rest)
	}
	want := "45s 1m30s 3m0s 6m0s 12m0s 24m0s 48m0s 1h36m0s 3h0m0s 3h0m0s 3h0m0s"
	if got := strings.Join(delays, " "); got != want || failures != 11 || outbox.jobs[0].Failure != Unavailable {
		t.Errorf("delays %s, want %s; %d failures", got, want, failures)
	}
	broken = false
	if err := w.Tick(t.Context()); err != nil || outbox.done() != 1 {
		t.Errorf("it isn't done at last: %v", err)
	}
	if got := log.String(); strings.Count(got, "\n") != 2 || strings.Contains(got, "visitor-0") || !strings.Contains(got, "HTTP 503") {
		t.Errorf("log:\n%s", got)
	}
}

func TestDelayIsSpread(t *testing.T) {
	for _, random := range []float64{0, 0.999999} {
		w := NewWorker(Options{Random: func() float64 { return random }})
		for tries := range 200 {
			if d := w.delay(tries); d < firstDelay/2 || d > longestDelay {
				t.Errorf("after %d tries: %v", tries, d)
			}
		}
	}
	if w := NewWorker(Options{Random: func() float64 { return 0 }}); w.delay(0) != firstDelay/2 || w.delay(99) != longestDelay/2 {
		t.Errorf("%v to %v", w.delay(0), w.delay(99))
	}
}

// One visitor whose deletion fails must not keep the others, and a service that is
// down must not be asked for each.
func TestServiceThatFailsRests(t *testing.T) {
	now := noon
	clock := func() time.Time { return now }
	outbox := newMemory(clock, "a", "a", "a", "b")
	var asked []string
	wanted := time.Duration(0)
	a := vendorFunc(func(visitor string) error {
		asked = append(asked, visitor)
		if visitor == "visitor-0" {
			return &Failure{Kind: Limited, RetryAfter: wanted}
		}
		return nil
	})
	b := vendorFunc(func(string) error { return nil })
	w := NewWorker(Options{Outbox: outbox, Vendors: map[string]Vendor{"a": a, "b": b}, Clock: clock, Random: func() float64 { return 0 }})
	tick := func() {
		t.Helper()
		if err := w.Tick(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	tick()
	if !slices.Equal(asked, []string{"visitor-0"}) || outbox.done() != 1 {
		t.Errorf("asked %q, %d done", asked, outbox.done())
	}
	now, wanted = noon.Add(rest), 24*time.Hour
	tick()
	if !slices.Equal(asked, []string{"visitor-0", "visitor-1", "visitor-2", "visitor-0"}) || outbox.done() != 3 {
		t.Errorf("asked %q, %d done", asked, outbox.done())
	}
	if next := outbox.jobs[0].Next.Sub(now); next != longestDelay {
		t.Errorf("the vendor wanted a day, the next try is in %v", next)
	}
}

func TestStoppedWorkerEndsWhatIsDeleted(t *testing.T) {
	clock := func() time.Time { return noon }
	outbox := newMemory(clock, "a", "a", "a")
	ctx, stop := context.WithCancel(t.Context())
	calls := 0
	vendor := vendorFunc(func(string) error {
		if calls++; calls == 2 {
			stop()
			return &Failure{Kind: TimedOut}
		}
		return nil
	})
	w := NewWorker(Options{Outbox: outbox, Vendors: map[string]Vendor{"a": vendor}, Clock: clock})
	if err := w.Tick(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if outbox.done() != 1 || calls != 2 || outbox.jobs[1].Tries != 0 {
		t.Errorf("%d done after %d calls; %+v", outbox.done(), calls, outbox.jobs[1])
	}
}

func TestRunLooksEachMinuteAndWhenItIsWoken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		outbox := newMemory(time.Now, "a")
		ctx, stop := context.WithCancel(t.Context())
		var log bytes.Buffer
		w := NewWorker(Options{Outbox: outbox, Vendors: map[string]Vendor{"a": vendorFunc(func(string) error { return nil })},
			Logger: slog.New(slog.NewTextHandler(&log, nil))})
		ended := make(chan struct{})
		go func() { w.Run(ctx); close(ended) }()
		synctest.Wait()
		if outbox.done() != 1 {
			t.Error("it doesn't begin at once")
		}
		outbox.add(storage.Deletion{ID: 1, Service: "a"})
		w.Wake()
		w.Wake()
		synctest.Wait()
		if outbox.done() != 2 {
			t.Error("it isn't woken")
		}
		outbox.add(storage.Deletion{ID: 2, Service: "a"})
		time.Sleep(pace)
		synctest.Wait()
		if outbox.done() != 3 {
			t.Error("it doesn't look again")
		}
		outbox.fail(errors.New("disk"))
		time.Sleep(2 * pace)
		synctest.Wait()
		if got := strings.Count(log.String(), "disk"); got != 1 {
			t.Errorf("a failure that lasts is logged %d times", got)
		}
		stop()
		<-ended
	})
}
