package sqlite

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/storage"
)

// rebuiltTable is the name of a day table while it is being rebuilt.
const rebuiltTable = "rebuilt"

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
	delete(w.ready, name)
	return act, w.execAll(statement{text: fmt.Sprintf("DROP TABLE %q", name)})
}

// record writes the act and sets its ID.
func (w *writer) record(act *storage.Act, canary string) error {
	return w.queryRow(`INSERT INTO acts (part, kind, reason, actor, rows, first_at, last_at, at, canary)
		VALUES (?,?,?,?,?,?,?,?,?) RETURNING id`,
		[]any{act.Part, act.Kind, string(act.Reason), act.Actor, act.Rows, millis(act.From), millis(act.To), millis(act.At), canary},
		&act.ID)
}

// Erase destroys every day-table record under the ID, in parts whose window has
// ended too, and returns an act for each part that held some. Each part is
// rebuilt without the records in a transaction of its own: a DELETE would leave
// bytes of them in pages that stay in use. Ledger rows stay.
func (s *Store) Erase(ctx context.Context, id consent.ID, reason storage.Reason, actor string) ([]storage.Act, error) {
	if id.IsZero() { // nobody's: the records of refusals have no ID
		return nil, nil
	}
	// Visits under the ID may be queued; they would be written afterwards.
	if err := s.Sync(ctx); err != nil {
		return nil, err
	}
	holding, err := s.partsHolding(ctx, id)
	if err != nil {
		return nil, err
	}
	var acts []storage.Act
	for _, part := range holding {
		var act storage.Act
		err := s.alone(ctx, func(w *writer) error {
			return w.transact(func() (err error) {
				act, err = w.rebuild(part, id, reason, actor)
				return err
			})
		})
		if err != nil {
			return acts, fmt.Errorf("erasing from %s: %w", part.name, err)
		}
		if act.Rows > 0 {
			acts = append(acts, act)
		}
	}
	return acts, nil
}

// partsHolding returns the live parts with records under the ID.
func (s *Store) partsHolding(ctx context.Context, id consent.ID) ([]partRow, error) {
	var holding []partRow
	err := s.view(ctx, func(tx *sql.Tx) error {
		parts, err := readParts(ctx, tx, "WHERE state = 'live'")
		if err != nil {
			return err
		}
		for _, part := range parts {
			var found bool
			query := fmt.Sprintf("SELECT EXISTS (SELECT 1 FROM %q WHERE consent_id = ?)", part.name)
			if err := tx.QueryRowContext(ctx, query, id[:]).Scan(&found); err != nil {
				return fmt.Errorf("looking in %s: %w", part.name, err)
			}
			if found {
				holding = append(holding, part)
			}
		}
		return nil
	})
	return holding, err
}

// rebuild replaces a day table by a copy without the records of the ID. The act
// has no rows when the table held none, or is gone by now.
func (w *writer) rebuild(part partRow, id consent.ID, reason storage.Reason, actor string) (storage.Act, error) {
	act := storage.Act{Part: part.name, Kind: part.Kind, Reason: reason, Actor: actor, At: w.store.present()}
	var canary string
	err := w.queryRow("SELECT canary FROM parts WHERE name = ? AND state = 'live'", []any{part.name}, &canary)
	if errors.Is(err, sql.ErrNoRows) {
		return act, nil
	}
	if err != nil {
		return act, err
	}
	w.forgetStatements()
	var first, last int64
	if act.Rows, first, last, err = w.extent(part.name, "consent_id = ?", id[:]); err != nil || act.Rows == 0 {
		return act, err
	}
	act.From, act.To = fromMillis(first), fromMillis(last)
	if err := w.record(&act, canary); err != nil {
		return act, err
	}
	fresh, err := w.createTable(rebuiltTable, part.Table)
	if err != nil {
		return act, err
	}
	columns := dayColumns[part.Table]
	err = w.execAll(
		statement{fmt.Sprintf("INSERT INTO %q (%s) SELECT %s FROM %q WHERE id > 0 AND consent_id <> ? ORDER BY id",
			rebuiltTable, columns, columns, part.name), []any{id[:]}},
		statement{text: fmt.Sprintf("DROP TABLE %q", part.name)},
		statement{text: fmt.Sprintf("ALTER TABLE %q RENAME TO %q", rebuiltTable, part.name)},
		statement{text: fmt.Sprintf("DROP INDEX %q", indexName(rebuiltTable))},
		statement{text: fmt.Sprintf("CREATE INDEX %q ON %q (consent_id)", indexName(part.name), part.name)},
	)
	if err != nil {
		return act, err
	}
	kept, first, last, err := w.extent(part.name, "id > 0")
	if err != nil {
		return act, err
	}
	return act, w.exec("UPDATE parts SET canary = ?, rows = ?, first_at = ?, last_at = ? WHERE name = ?",
		hex.EncodeToString(fresh), kept, first, last, part.name)
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
