package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage"
)

// events are those that a ledger row may have.
var events = [...]storage.Event{storage.Given, storage.Refused, storage.Withdrawn, storage.Erased}

// countChoices counts one event of one day. The index is named: a planner without
// statistics would rather walk the whole ledger in its order.
const countChoices = `SELECT method, language, gpc, dnt, count(*) FROM ledger INDEXED BY ledger_event
	WHERE event = ? AND at >= ? AND at < ? GROUP BY method, language, gpc, dnt ORDER BY method, language, gpc, dnt`

// Choices counts the events of a period by day, event, method, language, GPC and
// DNT, and orders them so. Each day is asked for by itself: SQLite knows no zones.
func (s *Store) Choices(ctx context.Context, from, to time.Time) ([]storage.ChoiceCount, error) {
	var counts []storage.ChoiceCount
	err := s.view(ctx, func(tx *sql.Tx) error {
		for start := from; start.Before(to); {
			day := policy.DayOf(start, s.location)
			end := policy.DayFromNumber(day.Number() + 1).Start(s.location)
			if end.After(to) {
				end = to
			}
			counted, err := countDay(ctx, tx, day, start, end)
			if err != nil {
				return err
			}
			counts = append(counts, counted...)
			start = end
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("counting choices: %w", err)
	}
	return counts, nil
}

// countDay counts the events of a day, or of the part of it from start to end.
func countDay(ctx context.Context, tx *sql.Tx, day policy.Day, start, end time.Time) ([]storage.ChoiceCount, error) {
	var counts []storage.ChoiceCount
	for _, event := range events {
		rows, err := tx.QueryContext(ctx, countChoices, string(event), millis(start), millis(end))
		if err != nil {
			return nil, err
		}
		for rows.Next() {
			count := storage.ChoiceCount{Day: day, Event: event}
			if err := rows.Scan(&count.Method, &count.Language, &count.GPC, &count.DNT, &count.Count); err != nil {
				rows.Close()
				return nil, err
			}
			counts = append(counts, count)
		}
		if err := cmp.Or(rows.Err(), rows.Close()); err != nil {
			return nil, err
		}
	}
	slices.SortStableFunc(counts, func(a, b storage.ChoiceCount) int { return cmp.Compare(a.Event, b.Event) })
	return counts, nil
}

// countEvents needs nothing but the index.
const countEvents = "SELECT count(*) FROM ledger INDEXED BY ledger_event WHERE event = ? AND at >= ? AND at < ?"

// EventsBetween counts the events of a period.
func (s *Store) EventsBetween(ctx context.Context, from, to time.Time) (map[storage.Event]int64, error) {
	counts := make(map[storage.Event]int64)
	err := s.view(ctx, func(tx *sql.Tx) error {
		for _, event := range events {
			var count int64
			if err := tx.QueryRowContext(ctx, countEvents, string(event), millis(from), millis(to)).Scan(&count); err != nil {
				return err
			}
			if count > 0 {
				counts[event] = count
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("counting events: %w", err)
	}
	return counts, nil
}

const sumActs = `SELECT kind, reason, count(*), sum(rows), max(CASE scrubbed_at WHEN 0 THEN 0 ELSE scrubbed_at - at END),
	sum(scrubbed_at = 0), sum(scrubbed_at = 0 AND residual > 0) FROM acts INDEXED BY acts_at
	WHERE at >= ? AND at < ? GROUP BY kind, reason ORDER BY kind, reason`

// ActsBetween sums up the acts of a period, ordered by kind and reason.
func (s *Store) ActsBetween(ctx context.Context, from, to time.Time) ([]storage.ActCount, error) {
	counts, err := list(ctx, s, func(rows *sql.Rows) (c storage.ActCount, err error) {
		var slowest int64
		err = rows.Scan(&c.Kind, &c.Reason, &c.Acts, &c.Rows, &slowest, &c.Unproven, &c.Residual)
		c.Slowest = time.Duration(slowest) * time.Millisecond
		return c, err
	}, sumActs, millis(from), millis(to))
	if err != nil {
		return nil, fmt.Errorf("summing up acts: %w", err)
	}
	return counts, nil
}
