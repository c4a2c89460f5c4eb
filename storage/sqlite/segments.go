package sqlite

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/mamen-ai/consentgate/storage"
)

// sealDelay is how long after its end a month is sealed: until then rows of it
// may still come.
const sealDelay = 2 * clockTolerance

var (
	errNoKey = errors.New("the store has no key to sign with")
	// errSegment means that the row of a sealed month contradicts its checkpoint.
	errSegment = errors.New("the row of the month was changed")
)

// link is what segments take from a ledger row.
type link struct {
	seq  int64
	at   time.Time
	ends time.Time // when the consent is over; at the earliest the row's time
	hash string
}

// eachLink calls f with the rows from first on, in pages of their own read
// transactions, until f returns false.
func (s *Store) eachLink(ctx context.Context, first int64, f func(link) bool) error {
	for {
		page, err := list(ctx, s, func(rows *sql.Rows) (l link, err error) {
			var at, until int64
			err = rows.Scan(&l.seq, &at, &until, &l.hash)
			l.at, l.ends = fromMillis(at), fromMillis(max(at, until))
			return l, err
		}, "SELECT seq, at, valid_until, row_hash FROM ledger WHERE seq >= ? ORDER BY seq LIMIT ?", first, verifyPage)
		if err != nil {
			return err
		}
		for _, l := range page {
			if !f(l) {
				return nil
			}
		}
		if len(page) < verifyPage {
			return nil
		}
		first = page[len(page)-1].seq + 1
	}
}

// monthTree is a month of the ledger on its way to a checkpoint.
type monthTree struct {
	storage.Checkpoint
	end     time.Time // of the month
	tree    storage.Tree
	problem error
}

// month reads the month that follows the sealed ones. Its Size is 0 when they have
// all rows.
func (s *Store) month(ctx context.Context, sealed []storage.Segment) (*monthTree, error) {
	m := &monthTree{}
	err := s.eachLink(ctx, afterSegments(sealed), func(l link) bool {
		if m.Size == 0 {
			begin := s.monthAfter(sealed, l)
			m.First, m.Month, m.end = l.seq, begin.Format(storage.MonthFormat), begin.AddDate(0, 1, 0)
		}
		return l.at.Before(m.end) && m.add(l)
	})
	if err == nil {
		err = m.problem
	}
	m.Root = m.tree.Root()
	return m, err
}

// monthAfter returns when the month begins whose first row is l. After a clock that
// went ahead, or with another time zone, l may be of a month that is sealed
// already: then it begins the next.
func (s *Store) monthAfter(sealed []storage.Segment, l link) time.Time {
	local := l.at.In(s.location)
	begin := time.Date(local.Year(), local.Month(), 1, 0, 0, 0, 0, s.location)
	if len(sealed) > 0 {
		last, err := time.ParseInLocation(storage.MonthFormat, sealed[len(sealed)-1].Month, s.location)
		if next := last.AddDate(0, 1, 0); err == nil && begin.Before(next) {
			return next
		}
	}
	return begin
}

func (m *monthTree) add(l link) bool {
	hash, err := hex.DecodeString(l.hash)
	if err != nil || l.seq != m.First+m.Size {
		m.problem = fmt.Errorf("row %d of the ledger is damaged: nothing can be signed; run: consentgate consent verify", l.seq)
		return false
	}
	m.tree.Add(hash)
	m.Size, m.Head = m.tree.Size(), l.hash
	if ends := l.ends.Add(time.Second - 1).Truncate(time.Second); ends.After(m.Ends) {
		m.Ends = ends
	}
	return true
}

// sign signs the month as it is.
func (s *Store) sign(ctx context.Context, m *monthTree) (string, error) {
	if s.key == nil {
		return "", errNoKey
	}
	key, err := s.key(ctx)
	if err != nil {
		return "", err
	}
	m.At = s.clock().UTC().Truncate(time.Second)
	return m.Sign(key)
}

// verifierKeys returns the keys by which checkpoints are checked, the present one
// first; none when the store has none.
func (s *Store) verifierKeys(ctx context.Context) ([]storage.FormerKey, error) {
	if s.key == nil {
		return nil, nil
	}
	key, err := s.key(ctx)
	if err != nil {
		return nil, err
	}
	present, err := storage.VerifierKey(key.Public().(ed25519.PublicKey))
	if err != nil {
		return nil, err
	}
	former, err := s.former(ctx)
	return append([]storage.FormerKey{{Key: present}}, former...), err
}

// Seal signs the months of the ledger that are complete, and returns those that
// weren't signed before. A month is a run of rows: a late row that comes after
// the first of the next month belongs to that.
func (s *Store) Seal(ctx context.Context) (sealed []storage.Segment, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("sealing a month of the ledger: %w", err)
		}
	}()
	for {
		segments, err := s.Segments(ctx)
		if err != nil {
			return sealed, err
		}
		complete, err := s.nextComplete(ctx, segments)
		if err != nil || !complete {
			return sealed, err
		}
		m, err := s.month(ctx, segments)
		if err != nil {
			return sealed, err
		}
		segment := storage.Segment{SealedAt: s.present()}
		if segment.Note, err = s.sign(ctx, m); err != nil {
			return sealed, err
		}
		segment.Checkpoint = m.Checkpoint
		if err := s.saveSegment(ctx, segment); err != nil {
			return sealed, err
		}
		sealed = append(sealed, segment)
	}
}

// nextComplete reports whether there are rows after the sealed months, of a month
// that can't grow any more.
func (s *Store) nextComplete(ctx context.Context, sealed []storage.Segment) (complete bool, err error) {
	err = s.eachLink(ctx, afterSegments(sealed), func(l link) bool {
		end := s.monthAfter(sealed, l).AddDate(0, 1, 0)
		complete = !s.clock().Before(end.Add(sealDelay))
		return false
	})
	return complete, err
}

// afterSegments returns the seq of the first row that isn't sealed.
func afterSegments(segments []storage.Segment) int64 {
	if len(segments) == 0 {
		return 1
	}
	return segments[len(segments)-1].Last() + 1
}

func (s *Store) saveSegment(ctx context.Context, segment storage.Segment) error {
	return s.alone(ctx, func(w *writer) error {
		return w.transact(func() error {
			return w.exec(`INSERT INTO segments (month, first_seq, last_seq, head, note, sealed_at) VALUES (?,?,?,?,?,?)
				ON CONFLICT DO NOTHING`, segment.Month, segment.First, segment.Last(), segment.Head,
				segment.Note, millis(segment.SealedAt))
		})
	})
}

// Segments lists the sealed months, the oldest first.
func (s *Store) Segments(ctx context.Context) ([]storage.Segment, error) {
	segments, err := list(ctx, s, func(rows *sql.Rows) (segment storage.Segment, err error) {
		var sealed, dropped, last int64
		var month, head string
		err = rows.Scan(&month, &segment.First, &last, &head, &segment.Note, &sealed, &dropped)
		if err != nil {
			return segment, err
		}
		first := segment.First
		segment.Checkpoint, err = storage.ReadCheckpoint(segment.Note)
		if err != nil || segment.Month != month || segment.First != first || segment.Last() != last || segment.Head != head {
			err = fmt.Errorf("month %s: %w: its checkpoint is of other rows", month, errSegment)
		}
		segment.SealedAt, segment.Dropped = fromMillis(sealed), fromMillis(dropped)
		return segment, err
	}, "SELECT month, first_seq, last_seq, head, note, sealed_at, dropped_at FROM segments ORDER BY first_seq")
	if err != nil {
		return nil, fmt.Errorf("reading the sealed months of the ledger: %w", err)
	}
	return segments, nil
}

// Checkpoint signs the present end of the ledger.
func (s *Store) Checkpoint(ctx context.Context) (signed string, err error) {
	if _, err := s.Seal(ctx); err != nil {
		return "", err
	}
	segments, err := s.Segments(ctx)
	if err != nil {
		return "", err
	}
	m, err := s.month(ctx, segments)
	switch {
	case err != nil:
		return "", err
	case m.Size > 0:
		return s.sign(ctx, m)
	case len(segments) > 0:
		return segments[len(segments)-1].Note, nil
	}
	return "", fmt.Errorf("the ledger is empty: %w", storage.ErrUnknown)
}

// Compare says in words what contradicts a checkpoint that was kept elsewhere.
// It compares hashes; that these belong to the rows is for [Store.Verify].
func (s *Store) Compare(ctx context.Context, c storage.Checkpoint) (problem string, err error) {
	segments, err := s.Segments(ctx)
	if err != nil {
		return "", err
	}
	for _, segment := range segments {
		if segment.Dropped.IsZero() || segment.Last() < c.Last() {
			continue
		}
		// The rows went at the end of their term; the month's own checkpoint stays.
		if segment.Last() == c.Last() && segment.Checkpoint.Head != c.Head {
			return fmt.Sprintf("row %d, destroyed with its month %s, was another", c.Last(), segment.Month), nil
		}
		return "", nil
	}
	m := &monthTree{Checkpoint: storage.Checkpoint{First: c.First}}
	last := int64(0)
	err = s.eachLink(ctx, c.First, func(l link) bool {
		last = l.seq
		return l.seq <= c.Last() && m.add(l) && l.seq < c.Last()
	})
	switch {
	case err != nil:
		return "", fmt.Errorf("comparing the ledger with a checkpoint: %w", err)
	case m.problem != nil:
		return m.problem.Error(), nil
	case last < c.Last():
		return fmt.Sprintf("the ledger has no row %d, and the checkpoint of %s has: rows were cut off at the end",
			c.Last(), c.At.Format(time.RFC3339)), nil
	case m.Head != c.Head:
		return fmt.Sprintf("row %d is another than in the checkpoint of %s: the ledger was rewritten", c.Last(), c.At.Format(time.RFC3339)), nil
	case m.tree.Root() != c.Root:
		return fmt.Sprintf("rows %d to %d are others than in the checkpoint of %s: the ledger was rewritten", c.First, c.Last(), c.At.Format(time.RFC3339)), nil
	}
	return "", nil
}
