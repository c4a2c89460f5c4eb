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

// Erase destroys every day-table record under the ID, in parts whose window has
// ended too, and returns an act for each part that held some. Each part is
// rebuilt without the records in a transaction of its own: a DELETE would leave
// bytes of them in pages that stay in use. What vendors know the visitor by is
// queued before that, to be deleted there. Ledger rows stay. The last transaction
// ends the pending erasure: until then [Store.PendingErasures] names it, and
// Erase may be repeated.
func (s *Store) Erase(ctx context.Context, id consent.ID, reason storage.Reason, actor string) ([]storage.Act, error) {
	if id.IsZero() { // nobody's: the records of refusals have no ID
		return nil, nil
	}
	// Visits under the ID may be queued; they would be written afterwards.
	if err := s.Sync(ctx); err != nil {
		return nil, err
	}
	holding, demand, err := s.recordsUnder(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("looking for what to erase: %w", err)
	}
	if err := s.queueFrom(ctx, holding, id, reason); err != nil {
		return nil, fmt.Errorf("queueing deletions at vendors: %w", err)
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
	if demand == 0 {
		return acts, nil
	}
	if err := s.endErasure(ctx, id, demand); err != nil {
		return acts, fmt.Errorf("ending an erasure: %w", err)
	}
	return acts, nil
}

// recordsUnder returns the live parts with records under the ID, and the ledger
// row that demands their erasure, 0 for none. Both are of one moment: what is
// collected and revoked after it is another erasure's.
func (s *Store) recordsUnder(ctx context.Context, id consent.ID) (holding []partRow, demand int64, err error) {
	err = s.view(ctx, func(tx *sql.Tx) (err error) {
		if demand, err = readDemand(ctx, tx, id); err != nil {
			return err
		}
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
	return holding, demand, err
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
	clear(w.known)
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
