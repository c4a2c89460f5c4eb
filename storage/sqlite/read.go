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

// clockMark is the name of the highest time seen, in table meta.
const clockMark = "clock_mark"

// partRow is a row of the registry.
type partRow struct {
	storage.Part
	name  string
	first time.Time // time of the earliest row; zero when there is none
}

// readable is the condition on parts whose records may be read at a time: a
// record whose window has ended is unreadable even while its table still exists.
const readable = "WHERE state = 'live' AND drop_at > ?"

func readParts(ctx context.Context, tx *sql.Tx, condition string, args ...any) ([]partRow, error) {
	rows, err := tx.QueryContext(ctx, `SELECT name, kind, tbl, day, drop_at, state, rows, first_at
		FROM parts `+condition+` ORDER BY day, name`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var parts []partRow
	for rows.Next() {
		var part partRow
		var day string
		var dropAt, first int64
		if err := rows.Scan(&part.name, &part.Kind, &part.Table, &day, &dropAt, &part.State, &part.Rows, &first); err != nil {
			return nil, err
		}
		if err := part.Day.UnmarshalText([]byte(day)); err != nil {
			return nil, fmt.Errorf("registry of day table %s: %w", part.name, err)
		}
		part.Name, part.DropAt, part.first = part.name, fromMillis(dropAt), fromMillis(first)
		parts = append(parts, part)
	}
	return parts, rows.Err()
}

// Parts lists the day tables, the oldest first, those that are gone too.
func (s *Store) Parts(ctx context.Context) ([]storage.Part, error) {
	var parts []storage.Part
	err := s.view(ctx, func(tx *sql.Tx) error {
		rows, err := readParts(ctx, tx, "")
		for _, row := range rows {
			parts = append(parts, row.Part)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the registry of day tables: %w", err)
	}
	return parts, nil
}

// Held returns what is readable now under the ID, each list by time.
func (s *Store) Held(ctx context.Context, id consent.ID) (storage.Holding, error) {
	var held storage.Holding
	if id.IsZero() { // nobody's: the records of refusals have no ID
		return held, nil
	}
	err := s.view(ctx, func(tx *sql.Tx) (err error) {
		if held.Events, err = readEvents(ctx, tx, id); err != nil {
			return err
		}
		parts, err := readParts(ctx, tx, readable, s.clock().UnixMilli())
		if err != nil {
			return err
		}
		for _, part := range parts {
			if part.Table == ipTable {
				err = readIPs(ctx, tx, part, id, &held)
			} else {
				err = readVisits(ctx, tx, part, id, &held)
			}
			if err != nil {
				return fmt.Errorf("day table %s: %w", part.name, err)
			}
		}
		return nil
	})
	if err != nil {
		return storage.Holding{}, fmt.Errorf("reading what is held: %w", err)
	}
	return held, nil
}

func readEvents(ctx context.Context, tx *sql.Tx, id consent.ID) ([]storage.Consent, error) {
	rows, err := tx.QueryContext(ctx, "SELECT "+ledgerColumns+" FROM ledger WHERE consent_id = ? ORDER BY seq", id.String())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var events []storage.Consent
	for rows.Next() {
		fields, err := scanLedger(rows)
		if err != nil {
			return nil, err
		}
		event, err := parseLedger(fields)
		if err != nil {
			return nil, err
		}
		events = append(events, event)
	}
	return events, rows.Err()
}

func readIPs(ctx context.Context, tx *sql.Tx, part partRow, id consent.ID, held *storage.Holding) error {
	rows, err := tx.QueryContext(ctx, fmt.Sprintf(`SELECT at, ip, purpose, service, visitor_id, browser
		FROM %q WHERE consent_id = ? AND id > 0 ORDER BY id`, part.name), id[:])
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		record := storage.HeldIP{Kind: part.Kind, DropAt: part.DropAt}
		var at int64
		if err := rows.Scan(&at, &record.IP, &record.Purpose, &record.Service, &record.VisitorID, &record.Browser); err != nil {
			return err
		}
		record.At = fromMillis(at)
		held.IPs = append(held.IPs, record)
	}
	return rows.Err()
}

func readVisits(ctx context.Context, tx *sql.Tx, part partRow, id consent.ID, held *storage.Holding) error {
	rows, err := tx.QueryContext(ctx, fmt.Sprintf(`SELECT at, host, path, referrer, browser, os, device
		FROM %q WHERE consent_id = ? AND id > 0 ORDER BY id`, part.name), id[:])
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		visit := storage.HeldVisit{Kind: part.Kind, DropAt: part.DropAt}
		var at int64
		if err := rows.Scan(&at, &visit.Host, &visit.Path, &visit.Referrer, &visit.Browser, &visit.OS, &visit.Device); err != nil {
			return err
		}
		visit.At = fromMillis(at)
		held.Visits = append(held.Visits, visit)
	}
	return rows.Err()
}

// Oldest returns the time of the oldest readable row of each kind that has one.
func (s *Store) Oldest(ctx context.Context) (map[string]time.Time, error) {
	oldest := map[string]time.Time{}
	err := s.view(ctx, func(tx *sql.Tx) error {
		parts, err := readParts(ctx, tx, readable+" AND rows > 0", s.clock().UnixMilli())
		for _, part := range parts {
			if known, seen := oldest[part.Kind]; !seen || part.first.Before(known) {
				oldest[part.Kind] = part.first
			}
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("looking for the oldest records: %w", err)
	}
	return oldest, nil
}

// Totals returns the present counts.
func (s *Store) Totals(ctx context.Context) (storage.Totals, error) {
	s.guard.RLock()
	defer s.guard.RUnlock()
	if s.closed {
		return storage.Totals{}, storage.ErrClosed
	}
	return storage.Totals{
		Events:     s.eventCounts(),
		QueueDepth: len(s.consents) + len(s.visits),
		Dropped:    s.dropped.Load(),
		Database:   s.path,
		Handles:    1, // the lock on the directory allows no second
	}, ctx.Err()
}

// ClockMark returns the highest time the store has seen; zero before the first.
func (s *Store) ClockMark(ctx context.Context) (time.Time, error) {
	var mark int64
	err := s.view(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, "SELECT value FROM meta WHERE name = ?", clockMark).Scan(&mark)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		return err
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("reading the clock mark: %w", err)
	}
	return fromMillis(mark), nil
}

// SetClockMark raises the highest time the store has seen; a lower one changes
// nothing.
func (s *Store) SetClockMark(ctx context.Context, t time.Time) error {
	err := s.alone(ctx, func(w *writer) error {
		return w.transact(func() error {
			return w.exec(`INSERT INTO meta (name, value) VALUES (?, ?)
				ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)`, clockMark, millis(t))
		})
	})
	if err != nil {
		return fmt.Errorf("raising the clock mark: %w", err)
	}
	return nil
}

// Seed writes visits with their own, past times into an empty store, in one
// transaction. A store that holds records answers [storage.ErrNotEmpty].
func (s *Store) Seed(ctx context.Context, visits []storage.Visit) error {
	for _, visit := range visits {
		if err := checkKinds(visit); err != nil {
			return fmt.Errorf("seeding: %w", err)
		}
	}
	err := s.alone(ctx, func(w *writer) error {
		return w.transact(func() error {
			var filled bool
			err := w.queryRow("SELECT EXISTS (SELECT 1 FROM ledger) OR EXISTS (SELECT 1 FROM parts)", nil, &filled)
			if err == nil && filled {
				err = storage.ErrNotEmpty
			}
			for i := 0; i < len(visits) && err == nil; i++ {
				err = w.appendVisit(visits[i])
			}
			return err
		})
	})
	if err != nil {
		return fmt.Errorf("seeding: %w", err)
	}
	return nil
}
