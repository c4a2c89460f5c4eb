package sqlite

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage"
)

// requestsTable is also the part and the kind of an act by which requests were
// destroyed.
const requestsTable = "requests"

// DropRequests destroys the requests whose term as evidence has ended since they
// were closed: they name a consent, and must not outlive its ledger rows for ever.
func (s *Store) DropRequests(ctx context.Context, actor string) (act storage.Act, err error) {
	requests, err := s.Requests(ctx, true)
	if err != nil {
		return storage.Act{}, err
	}
	var ended []int64
	for _, r := range requests {
		if !r.Open() && !s.clock().Before(policy.EvidenceEnds(r.Closed, s.location)) {
			ended = append(ended, r.ID)
		}
	}
	if len(ended) == 0 {
		return storage.Act{}, nil
	}
	err = s.alone(ctx, func(w *writer) error {
		return w.transact(func() (err error) {
			act, err = w.dropRequests(ended, actor)
			return err
		})
	})
	if err != nil {
		return storage.Act{}, fmt.Errorf("destroying requests whose term has ended: %w", err)
	}
	return act, nil
}

func (w *writer) dropRequests(ended []int64, actor string) (storage.Act, error) {
	act := storage.Act{Part: requestsTable, Kind: requestsTable, Reason: storage.TermEnded, Actor: actor, At: w.store.present()}
	list, err := json.Marshal(ended)
	if err != nil {
		return act, err
	}
	var first, last int64
	const listed = "id IN (SELECT value FROM json_each(?))"
	err = w.queryRow("SELECT count(*), coalesce(min(added_at), 0), coalesce(max(added_at), 0) FROM requests WHERE "+listed,
		[]any{string(list)}, &act.Rows, &first, &last)
	if err != nil || act.Rows == 0 { // gone by now
		return act, err
	}
	act.From, act.To = fromMillis(first), fromMillis(last)
	var canary string
	if err := w.queryRow("SELECT consent_id FROM requests WHERE id = 0", nil, &canary); err != nil {
		return act, err
	}
	if err := w.record(&act, hex.EncodeToString([]byte(canary))); err != nil {
		return act, err
	}
	if err := w.replaceTable(requestsTable, "id > 0 AND NOT "+listed, string(list)); err != nil {
		return act, err
	}
	fresh := strings.ReplaceAll(uuid.NewString(), "-", "") // 32 letters, as many as a canary has bytes
	return act, w.exec(`INSERT INTO requests (id, kind, consent_id, channel, received, due, added_at, closed_at, result, actor)
		VALUES (0, 'access', ?, 'mail', '', '', 0, 1, 'unidentified', '')`, fresh)
}
