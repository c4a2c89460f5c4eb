package sqlite

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"regexp"

	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage"
)

// ledgerKind is the kind of an act by which rows of the ledger were destroyed.
const ledgerKind = "ledger"

// ledgerName finds the name in the statement that made the ledger: a renamed
// table's is quoted.
var ledgerName = regexp.MustCompile(`^CREATE TABLE "?ledger"?`)

// DropSegments destroys the rows of sealed months whose term as evidence has
// ended, the oldest month first, and returns an act for each. The chain goes on
// from the month's signed checkpoint.
func (s *Store) DropSegments(ctx context.Context, actor string) ([]storage.Act, error) {
	segments, err := s.Segments(ctx)
	if err != nil {
		return nil, err
	}
	var acts []storage.Act
	for _, segment := range segments {
		if !segment.Dropped.IsZero() {
			continue
		}
		if s.clock().Before(policy.EvidenceEnds(segment.Ends, s.location)) {
			break // what follows goes on from this one's end
		}
		var act storage.Act
		err := s.alone(ctx, func(w *writer) error {
			return w.transact(func() (err error) {
				act, err = w.dropSegment(segment, actor)
				return err
			})
		})
		if err != nil {
			return acts, fmt.Errorf("destroying month %s of the ledger: %w", segment.Month, err)
		}
		if act.Rows > 0 {
			acts = append(acts, act)
		}
	}
	return acts, nil
}

// dropSegment replaces the ledger by a copy without the rows up to the segment's
// last, as rebuild does with a day table and for the same reason. The triggers
// that keep the ledger append-only go with the old table and come back with the
// new one. The act has no rows when the segment is gone by now: while a new
// configuration takes over, two schedulers run.
func (w *writer) dropSegment(segment storage.Segment, actor string) (storage.Act, error) {
	act := storage.Act{Part: "ledger_" + segment.Month, Kind: ledgerKind, Reason: storage.TermEnded, Actor: actor, At: w.store.present()}
	w.forgetStatements()
	var dropped int64
	err := w.queryRow("SELECT dropped_at FROM segments WHERE month = ?", []any{segment.Month}, &dropped)
	if err != nil || dropped != 0 {
		return act, err
	}
	var first, last int64
	if act.Rows, first, last, err = w.extent(ledgerKind, "seq <= ?", segment.Last()); err != nil {
		return act, err
	}
	act.From, act.To = fromMillis(first), fromMillis(last)
	// The record's ID is random and stands nowhere else: it serves as the canary.
	var recordID string
	if err := w.queryRow("SELECT record_id FROM ledger WHERE seq = ?", []any{segment.Last()}, &recordID); err != nil {
		return act, err
	}
	if err := w.record(&act, hex.EncodeToString([]byte(recordID)[:canarySize])); err != nil {
		return act, err
	}
	w.forgetStatements() // a statement on the table would keep it from being dropped
	made, others, err := w.ledgerSchema()
	if err != nil {
		return act, err
	}
	steps := []statement{
		{text: ledgerName.ReplaceAllString(made, "CREATE TABLE "+rebuiltTable)},
		{"INSERT INTO " + rebuiltTable + " SELECT * FROM ledger WHERE seq > ? ORDER BY seq", []any{segment.Last()}},
		{text: "DROP TABLE ledger"},
		{text: "ALTER TABLE " + rebuiltTable + " RENAME TO ledger"},
	}
	for _, text := range others {
		steps = append(steps, statement{text: text})
	}
	steps = append(steps, statement{"UPDATE segments SET dropped_at = ? WHERE month = ?", []any{millis(act.At), segment.Month}})
	return act, w.execAll(steps...)
}

// ledgerSchema returns the statement that made the ledger, and those that made
// its indexes and triggers.
func (w *writer) ledgerSchema() (table string, others []string, err error) {
	rows, err := w.conn.QueryContext(context.Background(),
		"SELECT type, sql FROM sqlite_schema WHERE tbl_name = 'ledger' AND sql IS NOT NULL ORDER BY type = 'trigger', name")
	if err != nil {
		return "", nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var sort string
		var text sql.NullString
		if err := rows.Scan(&sort, &text); err != nil {
			return "", nil, err
		}
		if sort == "table" {
			table = text.String
		} else {
			others = append(others, text.String)
		}
	}
	return table, others, rows.Err()
}
