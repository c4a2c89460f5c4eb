//go:build !windows

package sqlite

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/mamen-ai/consentgate/storage"
)

// printLocks prints whether another process holds SQLite's shared lock on the
// database file (its byte range: SQLite file format, os.h, SHARED_FIRST).
func printLocks(dir string) error {
	file, err := os.OpenFile(filepath.Join(dir, databaseName), os.O_RDWR, 0)
	if err != nil {
		return err
	}
	lock := syscall.Flock_t{Type: syscall.F_WRLCK, Start: 0x40000002, Len: 510}
	if err := syscall.FcntlFlock(file.Fd(), syscall.F_GETLK, &lock); err != nil {
		return err
	}
	fmt.Println(lock.Type != syscall.F_UNLCK)
	select {}
}

// Scanning reads the database file in the process that has it open. If that
// cost SQLite its locks, another process could take the file for abandoned.
func TestScanningKeepsTheLocksOfSQLite(t *testing.T) {
	dir := t.TempDir()
	s, _ := openAt(t, dir)
	newCrowd(5, fixedRows).record(t, s)
	if _, err := s.DropPart(t.Context(), "ip_visits_20261123", storage.WindowEnded, "test"); err != nil {
		t.Fatal(err)
	}
	if v, err := s.Verify(t.Context()); err != nil || v.Residual != 1 { // scans file and log
		t.Fatalf("Verify = %+v, %v", v, err)
	}
	scrub(t, s)
	if locked := killAfter(t, "locks", dir, 1)[0]; locked != "true" {
		t.Error("SQLite's lock on the database file is gone")
	}
}
