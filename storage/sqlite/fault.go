package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"

	driversqlite "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// errMoved says that what is written would be lost with the process: the file
// it goes to has no name any more.
var errMoved = errors.New("isn't where it was opened: put it back, or save it from /proc/<process>/fd before consentgate ends, " +
	"and start consentgate again")

// remedies are what a person can do about SQLite's primary result codes
// (https://sqlite.org/rescode.html).
var remedies = map[int]string{
	sqlite3.SQLITE_FULL:     "make room on its file system",
	sqlite3.SQLITE_BUSY:     "another program has locked it: end that program, such as sqlite3 or a backup",
	sqlite3.SQLITE_READONLY: "let the user that runs consentgate write to the file and its directory, and mount their file system for writing",
	sqlite3.SQLITE_CANTOPEN: "let the user that runs consentgate read and write the file and its directory",
	sqlite3.SQLITE_IOERR:    "the file system refuses: see whether it is full, mounted read-only or broken",
	sqlite3.SQLITE_CORRUPT:  damaged,
	sqlite3.SQLITE_NOTADB:   damaged,
}

const damaged = "the file is damaged: keep it as evidence, and put the newest copy of the database in its place"

// resultCode returns SQLite's primary result code, or 0 when the error isn't
// SQLite's.
func resultCode(err error) int {
	var failure *driversqlite.Error
	if !errors.As(err, &failure) {
		return sqlite3.SQLITE_OK
	}
	return failure.Code() & 0xff
}

// explain adds to a failure of SQLite or of the file system what a person can do
// about it.
func explain(err error) error {
	remedy, known := remedies[resultCode(err)]
	switch {
	case known:
	case errors.Is(err, syscall.ENOSPC):
		remedy = remedies[sqlite3.SQLITE_FULL]
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		remedy = remedies[sqlite3.SQLITE_READONLY]
	default:
		return err
	}
	return fmt.Errorf("%w: %s", err, remedy)
}

// inPlace returns an error when the database or its write-ahead log isn't the
// file that was opened: it was removed, moved or replaced.
func (s *Store) inPlace() error {
	opened, err := s.raw.Stat()
	if err != nil {
		return err
	}
	if err := sameFile(s.path, opened); err != nil || s.log == nil {
		return err
	}
	return sameFile(s.logPath(), s.log)
}

func sameFile(path string, opened os.FileInfo) error {
	found, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) || err == nil && !os.SameFile(found, opened) {
		return fmt.Errorf("%s %w", path, errMoved)
	}
	return err
}
