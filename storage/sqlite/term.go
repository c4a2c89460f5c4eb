package sqlite

import (
	"context"
	"encoding/hex"
	"fmt"

	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage"
)

// ledgerKind is the kind of an act by which rows of the ledger were destroyed.
const ledgerKind = "ledger"

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

// dropSegment destroys the rows up to the segment's last. The act has no rows when the segment is gone by now: while a new
// configuration takes over, two schedulers run.
func (w *writer) dropSegment(segment storage.Segment, actor string) (storage.Act, error) {
	act := storage.Act{Part: "ledger_" + segment.Month, Kind: ledgerKind, Reason: storage.TermEnded, Actor: actor, At: w.store.present()}
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
	if err := w.replaceTable(ledgerKind, "seq > ?", segment.Last()); err != nil {
		return act, err
	}
	return act, w.exec("UPDATE segments SET dropped_at = ? WHERE month = ?", millis(act.At), segment.Month)
}
