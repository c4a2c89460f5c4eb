package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"time"
)

// copiedAt is the name, in table meta, of the time at which a copy was made. The
// database that was copied doesn't have it: it tells a copy that was put back from
// a store that stood still.
const copiedAt = "copied_at"

// markCopy writes into a copy that it is one. A journal of its own would lie beside
// it, so it is kept in memory: a copy that a crash leaves unfinished is none.
func markCopy(ctx context.Context, path string, made time.Time) error {
	db, err := openPool(dataSource(path, url.Values{"_pragma": {"journal_mode(MEMORY)"}}), map[string]int64{"secure_delete": 1}, nil)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, `INSERT INTO meta (name, value) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET value = excluded.value`, copiedAt, millis(made))
	return errors.Join(err, db.Close())
}

// Restored returns when the copy was made that was put back in the database's
// place; zero when none was, and after RestoreFinished.
func (s *Store) Restored(ctx context.Context) (time.Time, error) {
	var made int64
	err := s.view(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = ?", copiedAt).Scan(&made)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("looking whether the database is a copy: %w", err)
	}
	return fromMillis(made), nil
}

// RestoreFinished records that what was past its window in the copy is destroyed.
func (s *Store) RestoreFinished(ctx context.Context) error {
	err := s.alone(ctx, func(w *writer) error {
		return w.transact(func() error { return w.exec("DELETE FROM meta WHERE name = ?", copiedAt) })
	})
	if err != nil {
		return fmt.Errorf("recording that a copy was put back: %w", err)
	}
	return nil
}
