package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/mamen-ai/consentgate/storage"
)

// verifyPage is how many ledger rows are checked per read transaction. The
// ledger only grows, so that pages may be read one after the other, and a short
// transaction doesn't hold up a scrub.
const verifyPage = 2000

// Verify walks the hash chain and scans the database file and the write-ahead
// log for the canaries of destroyed tables. OK speaks of the chain. Rows cut off
// at the end can't be seen from inside: compare Head with one kept elsewhere.
func (s *Store) Verify(ctx context.Context) (storage.Verification, error) {
	v := storage.Verification{OK: true}
	var end head
	for more := true; more && v.OK; {
		err := s.view(ctx, func(tx *sql.Tx) (err error) {
			more, err = verifyRows(ctx, tx, &end, &v)
			return err
		})
		if err != nil {
			return storage.Verification{}, fmt.Errorf("verifying the ledger: %w", err)
		}
	}
	if end.seq > 0 {
		v.Head = hex.EncodeToString(end.hash[:])
	}
	v.Rows = end.seq
	residual, err := s.countResidue(ctx)
	if err != nil {
		return storage.Verification{}, fmt.Errorf("scanning for destroyed records: %w", err)
	}
	v.Residual = residual
	return v, nil
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

// verifyRows checks a page of rows after end, and reports whether more may
// follow.
func verifyRows(ctx context.Context, tx *sql.Tx, end *head, v *storage.Verification) (more bool, err error) {
	rows, err := tx.QueryContext(ctx, "SELECT "+ledgerColumns+" FROM ledger WHERE seq > ? ORDER BY seq LIMIT ?", end.seq, verifyPage)
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
		next, problem := checkRow(*end, fields)
		if problem != "" {
			v.OK, v.FirstBad, v.Problem = false, end.seq+1, problem
			return false, nil
		}
		*end = next
	}
	return count == verifyPage, rows.Err()
}

// checkRow checks one stored row against the end of the chain before it.
func checkRow(end head, fields []string) (next head, problem string) {
	if want := strconv.FormatInt(end.seq+1, 10); fields[0] != want {
		return end, fmt.Sprintf("row %s is missing: the next row is %s", want, fields[0])
	}
	if fields[hashedCount] != hex.EncodeToString(end.hash[:]) {
		return end, "prev_hash isn't the hash of the row before"
	}
	hash := hashRow(end.hash, fields[:hashedCount])
	if fields[hashedCount+1] != hex.EncodeToString(hash[:]) {
		return end, "row_hash isn't the hash of the row: a column was changed"
	}
	return head{end.seq + 1, [sha256.Size]byte(hash)}, ""
}
