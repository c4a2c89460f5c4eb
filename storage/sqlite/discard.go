package sqlite

import (
	"errors"
	"io/fs"
	"os"
	"slices"
)

// Discard closes the database and removes what Open made, unless something was
// recorded: the server that made it didn't start.
func (s *Store) Discard() error {
	if err := s.finish(); err != nil {
		return err
	}
	var recorded bool
	err := s.writer.queryRow(`SELECT EXISTS (SELECT 1 FROM ledger) OR EXISTS (SELECT 1 FROM segments)
		OR EXISTS (SELECT 1 FROM parts) OR EXISTS (SELECT 1 FROM acts)
		OR EXISTS (SELECT 1 FROM requests WHERE id > 0) OR EXISTS (SELECT 1 FROM copies)`, nil, &recorded)
	if err != nil || recorded {
		return errors.Join(err, s.release())
	}
	return s.undo()
}

// undo closes what Open opened and removes what it made, the last first: the
// database, the lock, and directories in which there is nothing else.
func (s *Store) undo() error {
	errs := []error{s.closeDatabase()}
	for _, name := range slices.Backward(s.made) {
		switch {
		case absent(name): // it couldn't be made
			continue
		case s.lock != nil && name == s.lock.Name():
			errs = append(errs, removeLock(s.lock))
			s.lock = nil
			continue
		case name == s.path: // SQLite removed these when it closed the database, unless it couldn't
			os.Remove(s.path + "-wal")
			os.Remove(s.path + "-shm")
		}
		if err := os.Remove(name); !errors.Is(err, fs.ErrExist) { // which is that of a directory with something else in it
			errs = append(errs, err)
		}
	}
	if s.lock != nil {
		errs = append(errs, s.lock.Close())
	}
	return errors.Join(errs...)
}
