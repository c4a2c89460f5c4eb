package sqlite

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage"
)

// verifyPage is how many ledger rows are checked per read transaction. The
// ledger only grows, so that pages may be read one after the other, and a short
// transaction doesn't hold up a scrub.
const verifyPage = 2000

// zones is how far apart two zones may reckon the day on which a month's term
// ends: it may have been destroyed under another zone, or another reading of the
// same.
const zones = 48 * time.Hour

// Verify walks the hash chain, compares it with the signed checkpoints of its
// months, looks for the documents its rows refer to, and scans the database file
// and the write-ahead log for the canaries of destroyed tables. Rows of the
// running month that were cut off at the end can't be seen from inside: that
// takes a checkpoint kept elsewhere and [Store.Compare].
func (s *Store) Verify(ctx context.Context) (storage.Verification, error) {
	v := storage.Verification{OK: true}
	if err := s.verifyLedger(ctx, &v); err != nil {
		return storage.Verification{}, fmt.Errorf("verifying the ledger: %w", err)
	}
	residual, err := s.countResidue(ctx)
	if err != nil {
		return storage.Verification{}, fmt.Errorf("scanning for destroyed records: %w", err)
	}
	v.Residual = residual
	return v, nil
}

// verifyLedger walks again when a month was destroyed meanwhile: its rows were not
// missing.
func (s *Store) verifyLedger(ctx context.Context, v *storage.Verification) error {
	segments, err := s.Segments(ctx)
	for {
		if errors.Is(err, errSegment) {
			(&walk{v: v}).fail(0, "%v", err)
			return nil
		}
		if err == nil {
			*v = storage.Verification{OK: true}
			err = s.walk(ctx, segments, v)
		}
		if err != nil || v.OK {
			return err
		}
		before := countDropped(segments)
		if segments, err = s.Segments(ctx); err == nil && countDropped(segments) == before {
			return nil
		}
	}
}

// countDropped returns how many of the months were destroyed.
func countDropped(segments []storage.Segment) (n int) {
	for _, segment := range segments {
		if !segment.Dropped.IsZero() {
			n++
		}
	}
	return n
}

// walk checks the ledger, whose sealed months are given.
func (s *Store) walk(ctx context.Context, segments []storage.Segment, v *storage.Verification) error {
	// Chain and bytes are checked without the key too.
	keys, unsigned := s.verifierKeys(ctx)
	if unsigned != nil {
		keys = nil
	}
	l := walk{v: v, segments: segments}
	l.begin(keys, s.location)
	err := s.view(ctx, func(tx *sql.Tx) (err error) {
		if l.intact, err = intactDocuments(ctx, tx); err != nil {
			return err
		}
		return l.beforeBegin(ctx, tx)
	})
	if err != nil {
		return err
	}
	for more := true; more && v.OK; {
		err := s.view(ctx, func(tx *sql.Tx) (err error) {
			more, err = l.page(ctx, tx)
			return err
		})
		if err != nil {
			return err
		}
	}
	l.finish()
	if v.OK && unsigned != nil && len(segments) > 0 {
		l.fail(0, "the rows fit, but the signatures of the months can't be checked: %v", unsigned)
	}
	return nil
}

// walk is one pass over the ledger, from its first row to its last.
type walk struct {
	v        *storage.Verification
	segments []storage.Segment // whose end lies ahead
	intact   map[string]bool   // documents by hash, false for those that were changed
	end      head
	tree     storage.Tree // of the rows since the last segment's end
}

func (l *walk) fail(seq int64, format string, args ...any) {
	l.v.OK, l.v.FirstBad, l.v.Problem = false, seq, fmt.Sprintf(format, args...)
}

// begin checks the checkpoints of the sealed months and steps over those whose
// rows went at the end of their term.
func (l *walk) begin(keys []storage.FormerKey, location *time.Location) {
	l.v.Segments = len(l.segments)
	last := int64(0)
	for _, segment := range l.segments {
		if segment.First != last+1 {
			l.fail(segment.First, "month %s of the ledger begins at row %d, and the one before ends at row %d", segment.Month, segment.First, last)
			return
		}
		if len(keys) > 0 {
			if _, err := storage.OpenCheckpoint(segment.Note, keys[0].Key, keys[1:]...); err != nil {
				l.fail(segment.First, "month %s of the ledger: %v", segment.Month, err)
				return
			}
		}
		if !segment.Dropped.IsZero() && segment.Dropped.Before(policy.EvidenceEnds(segment.Ends, location).Add(-zones)) {
			l.fail(segment.First, "month %s of the ledger was destroyed before its term as evidence ended", segment.Month)
			return
		}
		last = segment.Last()
	}
	for len(l.segments) > 0 && !l.segments[0].Dropped.IsZero() {
		l.end.seq = l.segments[0].Last()
		hash, _ := hex.DecodeString(l.segments[0].Head) // Segments has read it
		copy(l.end.hash[:], hash)
		l.segments = l.segments[1:]
	}
}

// beforeBegin looks for rows of months that are said to be destroyed.
func (l *walk) beforeBegin(ctx context.Context, tx *sql.Tx) error {
	var first sql.NullInt64
	err := tx.QueryRowContext(ctx, "SELECT min(seq) FROM ledger WHERE seq <= ?", l.end.seq).Scan(&first)
	if err == nil && first.Valid && l.v.OK {
		l.fail(first.Int64, "the row is there, and its month is said to be destroyed")
	}
	return err
}

// page checks a page of rows, and reports whether more may follow.
func (l *walk) page(ctx context.Context, tx *sql.Tx) (more bool, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT "+ledgerColumns+" FROM ledger WHERE seq > ? ORDER BY seq LIMIT ?", l.end.seq, verifyPage)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	count := 0
	for ; rows.Next(); count++ {
		fields, err := scanLedger(rows)
		if err != nil {
			return false, err
		}
		next, problem := checkRow(l.end, fields)
		if problem == "" {
			problem = l.take(next, fields)
		}
		if problem != "" {
			l.fail(l.end.seq+1, "%s", problem)
			return false, nil
		}
		l.end = next
	}
	return count == verifyPage, rows.Err()
}

// take adds a row that fits the chain, and says what contradicts the checkpoint
// of the month that it ends.
func (l *walk) take(row head, fields []string) (problem string) {
	if fields[formatField] != "1" {
		for _, name := range []string{fields[noticeField], fields[editionField], fields[termsField]} {
			if name != "" && !l.intact[name] {
				l.v.Unresolved++
				break
			}
		}
	}
	l.tree.Add(row.hash[:])
	if len(l.segments) == 0 || row.seq != l.segments[0].Last() {
		return ""
	}
	if l.tree.Root() != l.segments[0].Root {
		return fmt.Sprintf("the rows up to here aren't those of the signed checkpoint of %s", l.segments[0].Month)
	}
	l.segments, l.tree = l.segments[1:], storage.Tree{}
	return ""
}

func (l *walk) finish() {
	if l.v.OK && len(l.segments) > 0 {
		l.fail(l.end.seq+1, "the rows up to %d of month %s are missing: it was signed with them", l.segments[0].Last(), l.segments[0].Month)
	}
	if l.end.seq > 0 {
		l.v.Head = hex.EncodeToString(l.end.hash[:])
	}
	l.v.Rows = l.end.seq
}

// checkRow checks one stored row against the end of the chain before it.
func checkRow(end head, fields []string) (next head, problem string) {
	if want := strconv.FormatInt(end.seq+1, 10); fields[0] != want {
		return end, fmt.Sprintf("row %s is missing: the next row is %s", want, fields[0])
	}
	if fields[hashedCount] != hex.EncodeToString(end.hash[:]) {
		return end, "prev_hash isn't the hash of the row before"
	}
	if added := fields[editionField] + fields[termsField]; fields[formatField] == "1" && added != "" || fields[formatField] < "3" && fields[dntField] != "0" {
		return end, "a column was added to the row"
	}
	hash := storage.HashRow(end.hash, fields[:hashedCount])
	if fields[hashedCount+1] != hex.EncodeToString(hash[:]) {
		return end, "row_hash isn't the hash of the row: a column was changed"
	}
	return head{end.seq + 1, hash}, ""
}

// countResidue returns how many canaries of destroyed tables are found.
func (s *Store) countResidue(ctx context.Context) (int64, error) {
	wanted, err := s.destroyedCanaries(ctx, "")
	if err != nil || len(wanted) == 0 {
		return 0, err
	}
	inDatabase, err := s.scanDatabase(wanted)
	if err != nil {
		return 0, err
	}
	inLog, err := s.scanLog(wanted)
	if err != nil {
		return 0, err
	}
	count := len(inDatabase)
	for act := range inLog {
		if !inDatabase[act] {
			count++
		}
	}
	return int64(count), nil
}
