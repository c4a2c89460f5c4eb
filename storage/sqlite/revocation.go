package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/storage"
)

// demandErasure makes the erasure that a ledger row demands pending, in the
// transaction that writes the row. One that is pending already keeps its reason
// and time, and ends only with an Erase that has seen the newer row.
func (w *writer) demandErasure(c storage.Consent) error {
	reason, revokes := c.Event.Revokes()
	if !revokes || c.ConsentID.IsZero() {
		return nil
	}
	err := w.exec(`INSERT INTO erasures (consent_id, seq, reason, requested_at) VALUES (?,?,?,?)
		ON CONFLICT (consent_id) DO UPDATE SET seq = excluded.seq`,
		c.ConsentID.String(), c.Seq, string(reason), millis(c.At))
	if err != nil {
		return fmt.Errorf("making an erasure pending: %w", err)
	}
	return nil
}

// readDemand returns the newest ledger row that demands an erasure under the ID,
// 0 for none.
func readDemand(ctx context.Context, tx *sql.Tx, id consent.ID) (seq int64, err error) {
	err = tx.QueryRowContext(ctx, "SELECT seq FROM erasures WHERE consent_id = ?", id.String()).Scan(&seq)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return seq, err
}

// endErasure ends the pending erasure, unless a newer ledger row demands it
// again.
func (s *Store) endErasure(ctx context.Context, id consent.ID, demand int64) error {
	return s.alone(ctx, func(w *writer) error {
		return w.transact(func() error {
			return w.exec("DELETE FROM erasures WHERE consent_id = ? AND seq = ?", id.String(), demand)
		})
	})
}

// PendingErasures returns the erasures that revoked consents demand and that no
// Erase has finished, one for each ID, the oldest first.
func (s *Store) PendingErasures(ctx context.Context) ([]storage.Erasure, error) {
	pending, err := list(ctx, s, func(rows *sql.Rows) (erasure storage.Erasure, err error) {
		var id string
		var at int64
		if err := rows.Scan(&id, &erasure.Reason, &at); err != nil {
			return erasure, err
		}
		erasure.At = fromMillis(at)
		erasure.ConsentID, err = consent.ParseID(id)
		return erasure, err
	}, "SELECT consent_id, reason, requested_at FROM erasures ORDER BY requested_at, seq")
	if err != nil {
		return nil, fmt.Errorf("reading the pending erasures: %w", err)
	}
	return pending, nil
}

// Revoked returns the IDs whose newest ledger event, blocks aside, revokes the
// consent and happened at since or later, in the order of these events.
func (s *Store) Revoked(ctx context.Context, since time.Time) ([]consent.ID, error) {
	revoked, err := list(ctx, s, func(rows *sql.Rows) (consent.ID, error) {
		var id string
		if err := rows.Scan(&id); err != nil {
			return consent.ID{}, err
		}
		return consent.ParseID(id)
	}, `SELECT consent_id FROM ledger AS newest
		WHERE event IN (?, ?) AND at >= ? AND consent_id <> ''
		AND NOT EXISTS (SELECT 1 FROM ledger WHERE consent_id = newest.consent_id AND seq > newest.seq
			AND event NOT IN ('blocked', 'unblocked'))
		ORDER BY seq`, string(storage.Withdrawn), string(storage.Erased), millis(since))
	if err != nil {
		return nil, fmt.Errorf("reading the revoked consents: %w", err)
	}
	return revoked, nil
}

// list returns what the query finds, each row as scan reads it.
func list[T any](ctx context.Context, s *Store, scan func(*sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	var items []T
	err := s.view(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			item, err := scan(rows)
			if err != nil {
				return err
			}
			items = append(items, item)
		}
		return rows.Err()
	})
	return items, err
}
