//go:build !windows

package sqlite

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
)

// lockAndWait is the process that has the database locked: for writing, or
// altogether.
func lockAndWait(dir, how string) error {
	db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, databaseName))
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	for _, statement := range strings.Split(how, ";") {
		if _, err := db.Exec(statement); err != nil {
			return err
		}
	}
	fmt.Println("locked")
	select {}
}

const lockedWholly = "PRAGMA locking_mode = EXCLUSIVE;BEGIN EXCLUSIVE;CREATE TABLE stray (x);COMMIT;DROP TABLE stray"

func TestLockOfAnotherProcessIsWaitedForAndNamed(t *testing.T) {
	s, _ := openAt(t, t.TempDir())
	id := consent.NewID()
	patience := func(milliseconds int) {
		t.Helper()
		err := s.alone(t.Context(), func(w *writer) error {
			return w.execAll(statement{text: fmt.Sprint("PRAGMA busy_timeout = ", milliseconds)})
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	choose := func() error {
		_, err := s.AppendConsent(t.Context(), someConsent(id), nil)
		return err
	}
	unlock := startChild(t, "lock", filepath.Dir(s.path), lockVariable+"=BEGIN IMMEDIATE")
	patience(100)
	for range 2 {
		mustName(t, choose(), s.path, "another program has locked it")
	}
	if held, err := s.Held(t.Context(), id); err != nil || len(held.Events) != 0 {
		t.Errorf("reading under the lock: %+v, %v", held, err)
	}
	patience(busyTimeout)
	waited := make(chan error)
	go func() { waited <- choose() }()
	select {
	case err := <-waited:
		t.Errorf("AppendConsent under the lock: %v", err)
		return
	case <-time.After(100 * time.Millisecond): // not for the lock to end: for the wait to be one
	}
	unlock()
	if err := <-waited; err != nil {
		t.Errorf("AppendConsent that waited: %v", err)
	}
	if v, err := s.Verify(t.Context()); err != nil || !v.OK || v.Rows != 1 {
		t.Errorf("Verify = %+v, %v", v, err)
	}
}

func TestLockedDatabaseOpensOnceItIsFree(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s, _ := openAt(t, dir)
	s.Close()
	unlock := startChild(t, "lock", dir, lockVariable+"="+lockedWholly)
	_, err := Open(t.Context(), Options{Dir: dir, Location: time.UTC})
	mustName(t, err, s.path, "another program has locked it")
	unlock()
	openAt(t, dir)
}
