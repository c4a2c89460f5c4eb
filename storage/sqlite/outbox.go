package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/storage"
)

const (
	// targetsTable holds personal data: see migration "downstream".
	targetsTable = "deletion_targets"
	// deletionsKind is the part and the kind of an act by which targets were
	// destroyed.
	deletionsKind = "deletions"
)

// defaultDue is when a deletion at a vendor is due: 10 working days (policy 3.4.1
// (3)) are never fewer than 10 calendar days.
func defaultDue(queued time.Time) time.Time { return queued.AddDate(0, 0, 10) }

// AppendRevocation writes one ledger row that revokes a consent, its pending
// erasure and the deletions at vendors, and returns once they are durable.
func (s *Store) AppendRevocation(ctx context.Context, c storage.Consent, targets []storage.Target) (storage.Consent, error) {
	if _, revokes := c.Event.Revokes(); !revokes {
		return storage.Consent{}, fmt.Errorf("event %q revokes nothing", c.Event)
	}
	return s.appendJob(ctx, &consentJob{ctx: ctx, row: c, targets: targets, done: make(chan struct{})})
}

// queueFrom queues the deletion of what vendors know the visitor by, as it stands
// in the day tables, before the first of them is rebuilt: all or nothing, so that
// an erasure that a crash interrupts finds what it needs again.
func (s *Store) queueFrom(ctx context.Context, holding []partRow, id consent.ID, reason storage.Reason) error {
	if s.target == nil {
		return nil
	}
	return s.alone(ctx, func(w *writer) error {
		return w.transact(func() error {
			var targets []storage.Target
			for _, part := range holding {
				if part.Table != ipTable {
					continue
				}
				found, err := w.targetsUnder(part.name, id)
				if err != nil {
					return err
				}
				targets = append(targets, found...)
			}
			return w.queueDeletions(targets, reason)
		})
	})
}

// targetsUnder reads from a day table, if it is still there.
func (w *writer) targetsUnder(part string, id consent.ID) ([]storage.Target, error) {
	var live bool
	err := w.queryRow("SELECT state = 'live' FROM parts WHERE name = ?", []any{part}, &live)
	if err != nil || !live {
		return nil, err
	}
	rows, err := w.conn.QueryContext(context.Background(),
		fmt.Sprintf("SELECT DISTINCT service, visitor_id FROM %q WHERE consent_id = ? AND visitor_id <> ''", part), id[:])
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var targets []storage.Target
	for rows.Next() {
		var target storage.Target
		if err := rows.Scan(&target.Service, &target.Visitor); err != nil {
			return nil, err
		}
		if visitor, ok := w.store.target(target.Service, target.Visitor); ok {
			targets = append(targets, storage.Target{Service: target.Service, Visitor: visitor})
		}
	}
	return targets, rows.Err()
}

// queueDeletions queues what isn't pending yet.
func (w *writer) queueDeletions(targets []storage.Target, reason storage.Reason) error {
	now := w.store.present()
	for _, target := range targets {
		var pending bool
		err := w.queryRow("SELECT EXISTS (SELECT 1 FROM deletion_targets WHERE service = ? AND target = ?)",
			[]any{target.Service, []byte(target.Visitor)}, &pending)
		if err == nil && !pending && target.Visitor != "" {
			var id int64
			err = w.queryRow("INSERT INTO deletions (service, reason, queued_at, due_at, next_at) VALUES (?,?,?,?,?) RETURNING id",
				[]any{target.Service, string(reason), millis(now), millis(w.store.due(now)), millis(now)}, &id)
			if err == nil {
				err = w.exec("INSERT INTO deletion_targets (id, service, target) VALUES (?,?,?)", id, target.Service, []byte(target.Visitor))
			}
		}
		if err != nil {
			return fmt.Errorf("queueing a deletion at %s: %w", target.Service, err)
		}
	}
	return nil
}

// DueDeletions returns what of the services is to be tried now.
func (s *Store) DueDeletions(ctx context.Context, services []string, limit int) ([]storage.Deletion, error) {
	names, err := json.Marshal(services)
	if err != nil {
		return nil, err
	}
	due, err := list(ctx, s, scanDeletion, `SELECT d.id, d.service, t.target, reason, queued_at, due_at, next_at, tries, failure, done_at
		FROM deletions AS d JOIN deletion_targets AS t USING (id)
		WHERE done_at = 0 AND next_at <= ? AND d.service IN (SELECT value FROM json_each(?)) ORDER BY next_at, id LIMIT ?`,
		s.clock().UnixMilli(), string(names), max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("reading the deletions at vendors: %w", err)
	}
	return due, nil
}

func scanDeletion(rows *sql.Rows) (d storage.Deletion, err error) {
	var queued, due, next, done int64
	err = rows.Scan(&d.ID, &d.Service, &d.Visitor, &d.Reason, &queued, &due, &next, &d.Tries, &d.Failure, &done)
	d.Queued, d.Due, d.Next, d.Done = fromMillis(queued), fromMillis(due), fromMillis(next), fromMillis(done)
	return d, err
}

// DeletionFailed counts a try and sets the time of the next.
func (s *Store) DeletionFailed(ctx context.Context, id int64, failure string, next time.Time) error {
	err := s.alone(ctx, func(w *writer) error {
		return w.transact(func() error {
			return w.exec("UPDATE deletions SET tries = tries + 1, failure = ?, next_at = ? WHERE id = ? AND done_at = 0", failure, millis(next), id)
		})
	})
	if err != nil {
		return fmt.Errorf("deletion %d: %w", id, err)
	}
	return nil
}

// DeletionsDone ends deletions and destroys their targets.
func (s *Store) DeletionsDone(ctx context.Context, ids []int64, actor string) (act storage.Act, err error) {
	err = s.alone(ctx, func(w *writer) error {
		return w.transact(func() (err error) {
			act, err = w.endDeletions(ids, actor)
			return err
		})
	})
	if err != nil {
		return storage.Act{}, fmt.Errorf("ending deletions at vendors: %w", err)
	}
	return act, nil
}

func (w *writer) endDeletions(ids []int64, actor string) (storage.Act, error) {
	act := storage.Act{Part: deletionsKind, Kind: deletionsKind, Reason: storage.PurposeReached, Actor: actor, At: w.store.present()}
	list, err := json.Marshal(ids)
	if err != nil {
		return act, err
	}
	var first, last int64
	const pending = "id IN (SELECT value FROM json_each(?)) AND done_at = 0"
	err = w.queryRow("SELECT count(*), coalesce(min(queued_at), 0), coalesce(max(queued_at), 0) FROM deletions WHERE "+pending,
		[]any{string(list)}, &act.Rows, &first, &last)
	if err != nil || act.Rows == 0 {
		return act, err
	}
	act.From, act.To = fromMillis(first), fromMillis(last)
	var canary string
	if err := w.queryRow("SELECT hex(target) FROM deletion_targets WHERE id = 0", nil, &canary); err != nil {
		return act, err
	}
	if err := w.record(&act, strings.ToLower(canary)); err != nil {
		return act, err
	}
	err = w.exec("UPDATE deletions SET done_at = ?, tries = tries + 1, failure = '' WHERE "+pending, millis(act.At), string(list))
	if err != nil {
		return act, err
	}
	if err := w.replaceTable(targetsTable, "id IN (SELECT id FROM deletions WHERE done_at = 0)"); err != nil {
		return act, err
	}
	return act, w.exec("INSERT INTO deletion_targets (id, service, target) VALUES (0, '', ?)", newCanary())
}

// DeletionCounts counts the deletions of each service that has any, by name.
func (s *Store) DeletionCounts(ctx context.Context) ([]storage.DeletionCount, error) {
	counts, err := list(ctx, s, func(rows *sql.Rows) (c storage.DeletionCount, err error) {
		return c, rows.Scan(&c.Service, &c.Pending, &c.Overdue, &c.Done)
	}, `SELECT service, sum(done_at = 0), sum(done_at = 0 AND due_at <= ?), sum(done_at <> 0) FROM deletions GROUP BY service ORDER BY service`,
		s.clock().UnixMilli())
	if err != nil {
		return nil, fmt.Errorf("counting the deletions at vendors: %w", err)
	}
	return counts, nil
}

// FinishedDeletions returns those that were done last, at most limit.
func (s *Store) FinishedDeletions(ctx context.Context, limit int) ([]storage.Deletion, error) {
	done, err := list(ctx, s, scanDeletion, `SELECT id, service, '', reason, queued_at, due_at, next_at, tries, failure, done_at
		FROM deletions WHERE done_at <> 0 ORDER BY done_at DESC, id DESC LIMIT ?`, max(limit, 0))
	if err != nil {
		return nil, fmt.Errorf("reading the deletions at vendors: %w", err)
	}
	return done, nil
}
