package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/storage"
)

// lastStanding finds the newest event that gives or revokes the consent, and the
// newest that blocks, unblocks or revokes it: see [storage.StandingOf].
const lastStanding = `SELECT
	coalesce((SELECT event FROM ledger WHERE consent_id = ?1 AND event NOT IN ('blocked', 'unblocked') ORDER BY seq DESC LIMIT 1), ''),
	coalesce((SELECT event FROM ledger WHERE consent_id = ?1 AND event <> 'given' ORDER BY seq DESC LIMIT 1), '')`

// stopped reports whether nothing may be recorded under the ID, because the
// consent was taken back or is blocked.
func (w *writer) stopped(id consent.ID) (bool, error) {
	if stopped, asked := w.standing[id]; asked {
		return stopped, nil
	}
	var last, block storage.Event
	if err := w.queryRow(lastStanding, []any{id.String()}, &last, &block); err != nil {
		return false, fmt.Errorf("reading the last choice: %w", err)
	}
	_, revokes := last.Revokes()
	if len(w.standing) >= maxKnown {
		clear(w.standing)
	}
	w.standing[id] = revokes || block == storage.Blocked
	return w.standing[id], nil
}

// Blocked returns the IDs under which nothing may be recorded, in the order of
// their events.
func (s *Store) Blocked(ctx context.Context) ([]consent.ID, error) {
	blocked, err := list(ctx, s, func(rows *sql.Rows) (consent.ID, error) {
		var id string
		if err := rows.Scan(&id); err != nil {
			return consent.ID{}, err
		}
		return consent.ParseID(id)
	}, `SELECT consent_id FROM ledger AS block WHERE event = 'blocked' AND consent_id <> ''
		AND NOT EXISTS (SELECT 1 FROM ledger WHERE consent_id = block.consent_id AND seq > block.seq AND event <> 'given')
		ORDER BY seq`)
	if err != nil {
		return nil, fmt.Errorf("reading the blocked consents: %w", err)
	}
	return blocked, nil
}
