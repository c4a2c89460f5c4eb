package sqlite

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/storage"
)

// hold keeps the writer busy until the returned function is called.
func hold(t *testing.T, s *Store) (release func()) {
	t.Helper()
	held, released := make(chan struct{}), make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() {
		err := s.alone(context.Background(), func(*writer) error {
			close(held)
			<-released
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-held
	return func() {
		close(released)
		group.Wait()
	}
}

func TestFullQueueDropsAndCounts(t *testing.T) {
	const queue = 8
	s, _ := openAt(t, t.TempDir(), func(o *Options) { o.Queue = queue })
	id := consent.NewID()
	release := hold(t, s)
	for i := range queue + 3 {
		if taken := s.AppendVisit(storage.Visit{At: noon, ConsentID: id}); taken != (i < queue) {
			t.Errorf("visit %d: taken %v", i, taken)
		}
	}
	totals, err := s.Totals(t.Context())
	if err != nil || totals.Dropped != 3 || totals.QueueDepth != queue {
		t.Errorf("totals %+v, %v", totals, err)
	}
	release()
	if err := s.Sync(t.Context()); err != nil {
		t.Fatal(err)
	}
	held, err := s.Held(t.Context(), id)
	if err != nil || len(held.Visits) != queue {
		t.Errorf("%d visits, %v; want %d", len(held.Visits), err, queue)
	}
}

func TestConsentsThatWaitShareACommit(t *testing.T) {
	var guard sync.Mutex
	commits := 0
	s, _ := openAt(t, t.TempDir(), func(o *Options) {
		o.OnCommit = func(time.Duration) { guard.Lock(); commits++; guard.Unlock() }
	})
	release := hold(t, s)
	const waiting = 100
	var group sync.WaitGroup
	for range waiting {
		group.Go(func() {
			if _, err := s.AppendConsent(t.Context(), someConsent(consent.NewID()), nil); err != nil {
				t.Error(err)
			}
		})
	}
	for len(s.consents) < waiting {
		time.Sleep(time.Millisecond)
	}
	release()
	group.Wait()
	if commits != 1 {
		t.Errorf("%d commits for %d consents", commits, waiting)
	}
}

func TestConsentOfAClientThatLeftIsNotWritten(t *testing.T) {
	s, _ := openAt(t, t.TempDir())
	release := hold(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error)
	go func() {
		_, err := s.AppendConsent(ctx, someConsent(consent.NewID()), nil)
		failed <- err
	}()
	for len(s.consents) == 0 {
		time.Sleep(time.Millisecond)
	}
	cancel()
	if err := <-failed; err != context.Canceled {
		t.Errorf("AppendConsent: %v", err)
	}
	release()
	if v, err := s.Verify(t.Context()); err != nil || v.Rows != 0 {
		t.Errorf("Verify = %+v, %v", v, err)
	}
}

// What the writer keeps in memory must follow what was rolled back.
func TestFailedTransactionLeavesNoTrace(t *testing.T) {
	s, _ := openAt(t, t.TempDir())
	failure := errors.New("power cut")
	id := consent.NewID()
	err := s.alone(t.Context(), func(w *writer) error {
		return w.transact(func() error {
			job := &consentJob{ctx: t.Context(), row: someConsent(id), person: &storage.Person{}}
			return errors.Join(w.appendConsent(job), w.appendVisit(storage.Visit{At: noon, ConsentID: id}), failure)
		})
	})
	if !errors.Is(err, failure) {
		t.Fatal(err)
	}
	row, err := s.AppendConsent(t.Context(), someConsent(id), &storage.Person{})
	if err != nil || row.Seq != 1 {
		t.Errorf("row %+v, %v", row, err)
	}
	if !s.AppendVisit(storage.Visit{At: noon, ConsentID: id}) || s.Sync(t.Context()) != nil {
		t.Error("the visit was not written")
	}
	held, err := s.Held(t.Context(), id)
	if err != nil || len(held.Visits) != 1 || len(held.IPs) != 2 || len(held.Events) != 1 {
		t.Errorf("held %+v, %v", held, err)
	}
	if totals, err := s.Totals(t.Context()); err != nil || totals.Events[storage.Given] != 1 || totals.Dropped != 0 {
		t.Errorf("totals %+v, %v", totals, err)
	}
}

func TestVisitsGatherForOneCommit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := openAt(t, t.TempDir())
		arrive := func(visits, waiting int, after time.Duration) {
			t.Helper()
			for range visits {
				if !s.AppendVisit(storage.Visit{At: noon, ConsentID: consent.NewID()}) {
					t.Fatal("AppendVisit: false")
				}
			}
			time.Sleep(after)
			synctest.Wait()
			if len(s.visits) != waiting {
				t.Errorf("%v after %d visits %d wait, want %d", after, visits, len(s.visits), waiting)
			}
		}
		arrive(1, 1, 0)
		arrive(2, 3, gathering-1)
		arrive(0, 0, 1)
		arrive(maxBatch-1, maxBatch-1, 0)
		arrive(1, 0, 0) // as many as share a commit
		arrive(1, 0, gathering)
	})
}

func TestEraseWaitsForQueuedVisits(t *testing.T) {
	s, _ := openAt(t, t.TempDir())
	id := consent.NewID()
	release := hold(t, s)
	if !s.AppendVisit(storage.Visit{At: noon, ConsentID: id}) {
		t.Fatal("AppendVisit: false")
	}
	erased := make(chan int)
	go func() {
		acts, err := s.Erase(context.Background(), id, storage.SubjectRequest, "test")
		if err != nil {
			t.Error(err)
		}
		erased <- len(acts)
	}()
	select {
	case <-erased:
		release()
		t.Fatal("Erase came back before what was queued")
	case <-time.After(20 * time.Millisecond):
	}
	release()
	if acts := <-erased; acts != 2 {
		t.Errorf("%d acts, want 2", acts)
	}
}

func TestManyDaysAndKindsKeepWorking(t *testing.T) {
	s, clock := openAt(t, t.TempDir())
	id := consent.NewID()
	const days = maxStatements // two tables each: more than stay prepared
	for i := range days {
		clock.Set(noon.AddDate(0, 0, i))
		if !s.AppendVisit(storage.Visit{At: clock.Now(), ConsentID: id}) {
			t.Fatal("AppendVisit: false")
		}
		if err := s.Sync(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.writer.statements) > maxStatements {
		t.Errorf("%d statements stay prepared", len(s.writer.statements))
	}
	held, err := s.Held(t.Context(), id)
	if err != nil || len(held.Visits) != days || len(held.IPs) != days {
		t.Errorf("%d visits, %d IPs, %v", len(held.Visits), len(held.IPs), err)
	}
}

func TestCloseLeavesNothingRunning(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	s, _ := openAt(t, t.TempDir())
	if _, err := s.Verify(t.Context()); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func BenchmarkAppendConsent(b *testing.B) {
	s, _ := openAt(b, b.TempDir(), func(o *Options) { o.Clock = time.Now })
	c := someConsent(consent.NewID())
	person := &storage.Person{Browser: "Firefox"}
	b.SetParallelism(100)
	b.RunParallel(func(pb *testing.PB) {
		row := c
		row.At = time.Now()
		for pb.Next() {
			if _, err := s.AppendConsent(context.Background(), row, person); err != nil {
				b.Error(err)
			}
		}
	})
}

func BenchmarkAppendVisit(b *testing.B) {
	s, _ := openAt(b, b.TempDir(), func(o *Options) { o.Clock = time.Now })
	visit := storage.Visit{At: time.Now(), ConsentID: consent.NewID(), Host: "mamen.ai", Path: "/page",
		Services: []storage.VisitService{{Service: "matomo", Kind: storage.VisitsKind, VisitorID: "1234567890abcdef"}}}
	for b.Loop() {
		for !s.AppendVisit(visit) {
			if err := s.Sync(context.Background()); err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := s.Sync(context.Background()); err != nil {
		b.Fatal(err)
	}
}
