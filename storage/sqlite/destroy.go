package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"

	"github.com/mamen-ai/consentgate/storage"
)

// DropPart destroys one day table whole: registry, act and DROP in one
// transaction. Its bytes are gone from the file after the next [Store.Scrub].
func (s *Store) DropPart(ctx context.Context, name string, reason storage.Reason, actor string) (storage.Act, error) {
	var act storage.Act
	err := s.alone(ctx, func(w *writer) error {
		return w.transact(func() (err error) {
			act, err = w.dropPart(name, reason, actor)
			return err
		})
	})
	if err != nil {
		return storage.Act{}, fmt.Errorf("destroying %s: %w", name, err)
	}
	return act, nil
}

func (w *writer) dropPart(name string, reason storage.Reason, actor string) (storage.Act, error) {
	act := storage.Act{Part: name, Reason: reason, Actor: actor, At: w.store.present()}
	var canary string
	var first, last int64
	err := w.queryRow("SELECT kind, canary, rows, first_at, last_at FROM parts WHERE name = ? AND state = 'live'", []any{name},
		&act.Kind, &canary, &act.Rows, &first, &last)
	if errors.Is(err, sql.ErrNoRows) {
		return act, errors.New("there is no such day table")
	}
	if err != nil {
		return act, err
	}
	act.From, act.To = fromMillis(first), fromMillis(last)
	w.forgetStatements()
	if err := w.record(&act, canary); err != nil {
		return act, err
	}
	if err := w.exec("UPDATE parts SET state = 'dropped', dropped_at = ? WHERE name = ?", millis(act.At), name); err != nil {
		return act, err
	}
	maps.DeleteFunc(w.ready, func(_ partKey, p part) bool { return p.name == name })
	clear(w.known)
	return act, w.execAll(statement{text: fmt.Sprintf("DROP TABLE %q", name)})
}

// record writes the act and sets its ID.
func (w *writer) record(act *storage.Act, canary string) error {
	return w.queryRow(`INSERT INTO acts (part, kind, reason, actor, rows, first_at, last_at, at, canary)
		VALUES (?,?,?,?,?,?,?,?,?) RETURNING id`,
		[]any{act.Part, act.Kind, string(act.Reason), act.Actor, act.Rows, millis(act.From), millis(act.To), millis(act.At), canary},
		&act.ID)
}

// extent returns how many rows of a day table meet the condition, and the times
// of the earliest and the latest.
func (w *writer) extent(name, condition string, args ...any) (rows, first, last int64, err error) {
	query := fmt.Sprintf("SELECT count(*), coalesce(min(at), 0), coalesce(max(at), 0) FROM %q WHERE %s", name, condition)
	err = w.conn.QueryRowContext(context.Background(), query, args...).Scan(&rows, &first, &last)
	return rows, first, last, err
}

// Acts returns the newest acts, at most limit.
func (s *Store) Acts(ctx context.Context, limit int) ([]storage.Act, error) {
	var acts []storage.Act
	err := s.view(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, `SELECT id, part, kind, reason, actor, rows, first_at, last_at, at, scrubbed_at, residual
			FROM acts ORDER BY id DESC LIMIT ?`, max(limit, 0))
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var act storage.Act
			var first, last, at, scrubbed int64
			if err := rows.Scan(&act.ID, &act.Part, &act.Kind, &act.Reason, &act.Actor, &act.Rows,
				&first, &last, &at, &scrubbed, &act.Residual); err != nil {
				return err
			}
			act.From, act.To, act.At, act.Scrubbed = fromMillis(first), fromMillis(last), fromMillis(at), fromMillis(scrubbed)
			acts = append(acts, act)
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("reading the acts: %w", err)
	}
	return acts, nil
}
