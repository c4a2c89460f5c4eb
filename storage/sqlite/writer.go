package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"hash/maphash"
	"maps"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/storage"
)

const (
	// maxBatch bounds how many consents, and how many visits, share a commit.
	maxBatch = 512
	// maxStatements bounds the prepared statements; a few are added each day.
	maxStatements = 128
	// gathering is how long a visit may wait for others to share its commit: a
	// commit costs a disk flush, and nobody waits for a visit's.
	gathering = 200 * time.Millisecond
)

// writer owns the connection that writes. All its fields belong to one
// goroutine.
type writer struct {
	store      *Store
	conn       *sql.Conn
	statements map[string]*sql.Stmt
	head       head
	ready      map[partKey]part     // day tables known to exist and to be registered
	known      map[uint64]bool      // IP records of visits that stand in live day tables: see iprecord.go
	seed       maphash.Seed         // of their hashes
	standing   map[consent.ID]bool  // whether a consent is stopped, of those asked about since its last event
	additions  map[string]*addition // to parts, by the open transaction
	written    map[storage.Event]int64
	failing    bool
}

// exclusiveJob runs alone, between two commits.
type exclusiveJob struct {
	ctx  context.Context
	run  func(w *writer) error
	done chan error
}

// load reads what the writer keeps in memory.
func (w *writer) load(ctx context.Context) error {
	w.statements = map[string]*sql.Stmt{}
	w.ready, w.known, w.seed = map[partKey]part{}, map[uint64]bool{}, maphash.MakeSeed()
	w.standing = map[consent.ID]bool{}
	w.begin()
	if err := w.loadHead(ctx); err != nil {
		return err
	}
	return w.loadCounts(ctx)
}

func (w *writer) close() error {
	var errs []error
	for _, statement := range w.statements {
		errs = append(errs, statement.Close())
	}
	return errors.Join(append(errs, w.conn.Close())...)
}

// write is the writing goroutine.
func (s *Store) write() {
	defer close(s.stopped)
	var (
		arrived = s.arrived
		due     <-chan time.Time // when the visits that wait are written; nil while none do
	)
	for {
		select {
		case job := <-s.consents:
			s.writer.commit(job)
		case <-arrived:
			due = time.After(gathering)
			arrived = nil // until then no visit needs to wake this goroutine
		case <-s.crowded:
			if len(s.visits) >= maxBatch {
				s.writer.commit(nil)
			}
		case <-due:
			due, arrived = nil, s.arrived
			select {
			case <-s.arrived: // of a visit that is written now
			default:
			}
			s.writer.flush()
		case job := <-s.exclusive:
			s.writer.alone(job)
		case <-s.stop:
			// Nothing can be sent any more; an exclusive job can't be waiting,
			// because its channel holds none.
			s.writer.flush()
			return
		}
	}
}

// flush commits everything that was queued before the call.
func (w *writer) flush() error {
	var errs []error
	for waiting := len(w.store.consents) + len(w.store.visits); waiting > 0; {
		written, err := w.commit(nil)
		waiting -= written
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// alone runs one exclusive job.
func (w *writer) alone(job *exclusiveJob) {
	if err := job.ctx.Err(); err != nil {
		job.done <- err
		return
	}
	err := job.run(w)
	clear(w.standing) // the job may have changed the ledger
	job.done <- err
}

// commit writes first, when given, and what else is waiting in one transaction.
// It returns how many it took from the queues.
func (w *writer) commit(first *consentJob) (taken int, err error) {
	var jobs []*consentJob
	if first != nil {
		jobs = append(jobs, first)
	}
	jobs = append(jobs, take(w.store.consents, maxBatch-len(jobs))...)
	visits := take(w.store.visits, maxBatch)
	began := w.store.clock()
	err = w.transact(func() error {
		for _, job := range jobs {
			if err := w.appendConsent(job); err != nil {
				return err
			}
		}
		for _, visit := range visits {
			if err := w.appendVisit(visit); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = w.store.inPlace() // what was written to a file that is gone isn't durable
	}
	if err != nil {
		w.store.dropped.Add(int64(len(visits)))
	} else {
		w.store.onCommit(w.store.clock().Sub(began))
	}
	for _, job := range jobs {
		if job.err == nil {
			job.err = err
		}
		close(job.done)
	}
	w.report(err)
	return len(jobs) + len(visits), err
}

// take receives what waits in the channel, at most limit.
func take[T any](from <-chan T, limit int) []T {
	list := make([]T, 0, min(len(from), limit))
	for len(list) < limit {
		select {
		case item := <-from:
			list = append(list, item)
		default:
			return list
		}
	}
	return list
}

// report logs the first failure of a row of failures, and their end.
func (w *writer) report(err error) {
	switch {
	case err != nil && !w.failing:
		w.store.logger.Error("records can't be written; choices are refused until they can", "database", w.store.path, "error", err)
	case err == nil && w.failing:
		w.store.logger.Info("records can be written again", "database", w.store.path)
	}
	w.failing = err != nil
}

// count adds to the committed ledger rows.
func (s *Store) count(written map[storage.Event]int64) {
	s.countsGuard.Lock()
	defer s.countsGuard.Unlock()
	for event, n := range written {
		s.counts[event] += n
	}
}

func (s *Store) eventCounts() map[storage.Event]int64 {
	s.countsGuard.Lock()
	defer s.countsGuard.Unlock()
	return maps.Clone(s.counts)
}

// submit hands a job to the writer, unless the store is closed.
func submit[T any](ctx context.Context, s *Store, to chan<- T, job T) error {
	s.guard.RLock()
	defer s.guard.RUnlock()
	if s.closed {
		return storage.ErrClosed
	}
	select {
	case to <- job:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// alone runs f on the writing goroutine, between two commits, and waits for it.
// When ctx ends first, f may still run: then what it set must not be read.
func (s *Store) alone(ctx context.Context, f func(w *writer) error) error {
	job := &exclusiveJob{ctx: ctx, run: f, done: make(chan error, 1)}
	if err := submit(ctx, s, s.exclusive, job); err != nil {
		return err
	}
	select {
	case err := <-job.done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Sync waits until everything queued before the call is durable.
func (s *Store) Sync(ctx context.Context) error {
	return s.alone(ctx, (*writer).flush)
}

// present returns the store's time as it is stored: UTC, whole milliseconds.
func (s *Store) present() time.Time { return fromMillis(s.clock().UnixMilli()) }

// millis returns t as it is stored: milliseconds since 1970, 0 for no time.
func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// fromMillis is the inverse of millis.
func fromMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
