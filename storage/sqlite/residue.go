package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"github.com/mamen-ai/consentgate/storage"
)

// A canary is a row of random bytes hidden in each day table. After the table
// was destroyed, its canary must not be found in the database file: a proof
// about the bytes, where a query only proves that SQLite doesn't show them. It
// stands in the table and in its index. The registry and the acts hold it in
// hexadecimal.
//
// The file is read through Store.raw, a descriptor that is opened before SQLite
// opens the file and closed after SQLite has closed it. That order is what makes
// it safe: POSIX drops all locks of a process on a file when the process closes
// any descriptor of it, so a descriptor opened and closed for each scan would
// take SQLite's locks away. (fcntl, IEEE Std 1003.1.) The -wal file carries no
// locks and may be opened at any time.
const (
	canarySize = 32
	chunkSize  = 1 << 20
)

// canaryMark begins the canary of every table, so that one pass finds them all.
// What the ledger has instead (see dropSegment) is looked for one by one.
var canaryMark = []byte("consentgate\x00\xc7\x5a\x1e\xb3")

// residue returns which of the wanted canaries occur in what r reads.
func residue(r io.Reader, wanted map[[canarySize]byte]int64) (map[int64]bool, error) {
	found := map[int64]bool{}
	var unmarked [][canarySize]byte
	for canary := range wanted {
		if !bytes.HasPrefix(canary[:], canaryMark) {
			unmarked = append(unmarked, canary)
		}
	}
	buffer := make([]byte, 0, chunkSize+canarySize)
	for {
		n, err := io.ReadFull(r, buffer[len(buffer):len(buffer)+chunkSize])
		buffer = buffer[:len(buffer)+n]
		rest := buffer
		for {
			at := bytes.Index(rest, canaryMark)
			if at < 0 || len(rest)-at < canarySize {
				break
			}
			if act, isWanted := wanted[[canarySize]byte(rest[at:at+canarySize])]; isWanted {
				found[act] = true
			}
			rest = rest[at+1:]
		}
		for _, canary := range unmarked {
			if bytes.Contains(buffer, canary[:]) {
				found[wanted[canary]] = true
			}
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
		// A canary may lie across the border of two chunks.
		tail := min(len(buffer), canarySize-1)
		buffer = append(buffer[:0], buffer[len(buffer)-tail:]...)
	}
}

// destroyedCanaries returns the canaries of the acts, with the act's ID.
func (s *Store) destroyedCanaries(ctx context.Context, condition string) (map[[canarySize]byte]int64, error) {
	canaries := map[[canarySize]byte]int64{}
	err := s.view(ctx, func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(ctx, "SELECT id, canary FROM acts "+condition)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id int64
			var text string
			if err := rows.Scan(&id, &text); err != nil {
				return err
			}
			canary, err := hex.DecodeString(text)
			if err != nil || len(canary) != canarySize {
				return fmt.Errorf("act %d has no valid canary", id)
			}
			canaries[[canarySize]byte(canary)] = id
		}
		return rows.Err()
	})
	if err != nil {
		return nil, fmt.Errorf("reading the canaries: %w", err)
	}
	return canaries, nil
}

// scanDatabase looks for canaries in the database file.
func (s *Store) scanDatabase(wanted map[[canarySize]byte]int64) (map[int64]bool, error) {
	s.guard.RLock() // Close closes the descriptor
	defer s.guard.RUnlock()
	if s.closed {
		return nil, storage.ErrClosed
	}
	info, err := s.raw.Stat()
	if err != nil {
		return nil, err
	}
	return residue(io.NewSectionReader(s.raw, 0, info.Size()), wanted)
}

// scanLog looks for canaries in the write-ahead log.
func (s *Store) scanLog(wanted map[[canarySize]byte]int64) (map[int64]bool, error) {
	file, err := os.Open(s.logPath())
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return residue(file, wanted)
}

// logPath returns the path of the write-ahead log.
func (s *Store) logPath() string { return s.path + "-wal" }
