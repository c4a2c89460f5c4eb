package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/mamen-ai/consentgate/storage"
)

const (
	// vacuumStep is how many pages are given back between two commits of others.
	vacuumStep = 256
	// A reader that holds an old state keeps the write-ahead log from being
	// emptied. Ours last milliseconds; each attempt waits for them so long, in
	// milliseconds, and pauses after it.
	checkpointWait     = 50
	checkpointPause    = 50 * time.Millisecond
	checkpointAttempts = 100
)

var errLogInUse = errors.New("the write-ahead log can't be emptied, because something reads the database: " +
	"close other programs that have it open, such as sqlite3 or a backup")

// Scrub gives back the freed pages, empties the write-ahead log and looks for
// the canaries of tables that were destroyed. It marks those scrubbed whose
// canary isn't found, and returns how many are. What a crash left undone, the
// next call finishes. With nothing to do it does nothing.
func (s *Store) Scrub(ctx context.Context) (residual int64, err error) {
	wanted, err := s.destroyedCanaries(ctx, "WHERE scrubbed_at = 0")
	if err != nil || len(wanted) == 0 {
		return 0, err
	}
	// A damaged page may keep free ones from being moved. They are zeroed already,
	// so that the proof doesn't wait for it.
	freeing := s.giveBack(ctx)
	if freeing != nil {
		freeing = fmt.Errorf("giving back freed pages of %s: %w", s.path, explain(freeing))
	}
	if err := s.emptyLog(ctx); err != nil {
		return 0, errors.Join(freeing, fmt.Errorf("scrubbing %s: %w", s.path, explain(err)))
	}
	// Whatever is written from here on is newer than the destruction.
	found, err := s.scanDatabase(wanted)
	if err != nil {
		return 0, fmt.Errorf("scanning %s: %w", s.path, err)
	}
	err = s.alone(ctx, func(w *writer) error {
		return w.transact(func() error { return w.markScrubbed(wanted, found) })
	})
	if err != nil {
		return 0, fmt.Errorf("marking what is scrubbed: %w", err)
	}
	if len(found) > 0 {
		s.logger.Error("bytes of destroyed records are still in the database file; stop consentgate, run VACUUM on the file with a sqlite3 that has secure_delete on, and start it again",
			"database", s.path, "parts", len(found))
	}
	return int64(len(found)), freeing
}

// giveBack returns free pages to the file system, a step at a time.
func (s *Store) giveBack(ctx context.Context) error {
	for {
		var free int64
		err := s.alone(ctx, func(w *writer) error {
			if err := w.execAll(statement{text: fmt.Sprintf("PRAGMA incremental_vacuum(%d)", vacuumStep)}); err != nil {
				return err
			}
			return w.conn.QueryRowContext(context.Background(), "PRAGMA freelist_count").Scan(&free)
		})
		if err != nil || free == 0 {
			return err
		}
	}
}

// emptyLog copies the write-ahead log into the database and truncates it to
// zero bytes.
func (s *Store) emptyLog(ctx context.Context) error {
	if err := s.copyLog(ctx); err != nil {
		return err
	}
	for range s.attempts {
		var empty bool
		err := s.alone(ctx, func(w *writer) (err error) {
			empty, err = w.checkpoint()
			return err
		})
		if err != nil || empty {
			return err
		}
		select {
		case <-time.After(checkpointPause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return errLogInUse
}

// copyLog copies what it can while others write, so that they wait for the rest
// only.
func (s *Store) copyLog(ctx context.Context) error {
	s.guard.RLock()
	defer s.guard.RUnlock()
	if s.closed {
		return storage.ErrClosed
	}
	var busy, logged, copied int64
	return s.readers.QueryRowContext(ctx, "PRAGMA wal_checkpoint(PASSIVE)").Scan(&busy, &logged, &copied)
}

// checkpoint tries once, and reports whether the log is empty.
func (w *writer) checkpoint() (empty bool, err error) {
	ctx := context.Background()
	// Nobody can write while this waits, so it waits less than others do.
	if err := w.execAll(statement{text: fmt.Sprintf("PRAGMA busy_timeout = %d", checkpointWait)}); err != nil {
		return false, err
	}
	var busy, logged, copied int64
	err = w.conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &logged, &copied)
	err = errors.Join(err, w.execAll(statement{text: fmt.Sprintf("PRAGMA busy_timeout = %d", busyTimeout)}))
	if err != nil || busy != 0 {
		return false, err
	}
	info, err := os.Stat(w.store.logPath())
	if errors.Is(err, fs.ErrNotExist) {
		return true, nil
	}
	return err == nil && info.Size() == 0, err
}

// markScrubbed records the outcome of a scan: which of the wanted canaries were
// found.
func (w *writer) markScrubbed(wanted map[[canarySize]byte]int64, found map[int64]bool) error {
	now := millis(w.store.present())
	for _, act := range wanted {
		scrubbed, residual := now, 0
		if found[act] {
			scrubbed, residual = 0, 1
		}
		if err := w.exec("UPDATE acts SET scrubbed_at = ?, residual = ? WHERE id = ?", scrubbed, residual, act); err != nil {
			return err
		}
	}
	return w.exec(`UPDATE parts SET state = 'scrubbed', scrubbed_at = ? WHERE state = 'dropped'
		AND NOT EXISTS (SELECT 1 FROM acts WHERE acts.part = parts.name AND acts.scrubbed_at = 0)`, now)
}
