package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/mamen-ai/consentgate/storage"
)

const requestColumns = "id, kind, consent_id, channel, received, due, added_at, closed_at, result, actor"

// AddRequest records a request, and in the same transaction the ledger's event by
// which it takes effect.
func (s *Store) AddRequest(ctx context.Context, r storage.Request, effect *storage.Consent) (storage.Request, error) {
	r.Added, r.Closed, r.Result = s.present(), time.Time{}, ""
	err := s.settleRequest(ctx, effect, func(w *writer) error {
		id, err := r.ConsentID.MarshalText()
		if err != nil {
			return err
		}
		return w.queryRow(`INSERT INTO requests (kind, consent_id, channel, received, due, added_at, actor)
			VALUES (?,?,?,?,?,?,?) RETURNING id`,
			[]any{string(r.Kind), string(id), string(r.Channel), r.Received.String(), r.Due.String(), millis(r.Added), r.Actor}, &r.ID)
	})
	if err != nil {
		return storage.Request{}, fmt.Errorf("recording a request: %w", err)
	}
	return r, nil
}

// CloseRequest ends an open request, and in the same transaction writes the
// ledger's event that the result demands.
func (s *Store) CloseRequest(ctx context.Context, id int64, result storage.RequestResult, effect *storage.Consent) (r storage.Request, err error) {
	err = s.settleRequest(ctx, effect, func(w *writer) error {
		rows, err := w.conn.QueryContext(context.Background(), "SELECT "+requestColumns+" FROM requests WHERE id = ? AND id > 0", id)
		if err != nil {
			return err
		}
		defer rows.Close()
		if !rows.Next() {
			return errors.Join(rows.Err(), storage.ErrUnknown)
		}
		if r, err = scanRequest(rows); err != nil {
			return err
		}
		if !r.Open() {
			return storage.ErrRequestClosed
		}
		r.Closed, r.Result = s.present(), result
		if err := rows.Close(); err != nil {
			return err
		}
		return w.exec("UPDATE requests SET closed_at = ?, result = ? WHERE id = ?", millis(r.Closed), string(result), id)
	})
	if err != nil {
		return storage.Request{}, fmt.Errorf("closing request %d: %w", id, err)
	}
	return r, nil
}

// settleRequest runs f and writes the event, when there is one, in one
// transaction.
func (s *Store) settleRequest(ctx context.Context, effect *storage.Consent, f func(w *writer) error) error {
	if effect != nil {
		if err := s.checkTime(effect.At); err != nil {
			return fmt.Errorf("event of %s: %w", effect.At.UTC().Format(time.RFC3339), err)
		}
	}
	return s.alone(ctx, func(w *writer) error {
		return w.transact(func() error {
			if err := f(w); err != nil || effect == nil {
				return err
			}
			job := &consentJob{ctx: ctx, row: *effect}
			if err := w.appendConsent(job); err != nil {
				return err
			}
			return job.err // set when nobody waits any more
		})
	})
}

// Requests lists the requests that are open, or all, those due first at the
// beginning.
func (s *Store) Requests(ctx context.Context, all bool) ([]storage.Request, error) {
	requests, err := list(ctx, s, scanRequest,
		"SELECT "+requestColumns+" FROM requests WHERE id > 0 AND (closed_at = 0 OR ?) ORDER BY due, id", all)
	if err != nil {
		return nil, fmt.Errorf("reading the requests: %w", err)
	}
	return requests, nil
}

func scanRequest(rows *sql.Rows) (r storage.Request, err error) {
	var id, received, due string
	var added, closed int64
	if err := rows.Scan(&r.ID, &r.Kind, &id, &r.Channel, &received, &due, &added, &closed, &r.Result, &r.Actor); err != nil {
		return r, err
	}
	r.Added, r.Closed = fromMillis(added), fromMillis(closed)
	return r, errors.Join(r.ConsentID.UnmarshalText([]byte(id)), r.Received.UnmarshalText([]byte(received)), r.Due.UnmarshalText([]byte(due)))
}
