//go:build !windows

package sqlite

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/retention"
	"github.com/mamen-ai/consentgate/storage"
)

// mustName fails the test unless the error names the file or directory and says
// what a person can do.
func mustName(t *testing.T, err error, path, remedy string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), remedy) {
		t.Errorf("error %v\nlacks %q or %q", err, path, remedy)
	}
}

func TestDirectoryThatCannotBeMadeIsNamed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(file, "data")
	_, err := Open(t.Context(), Options{Dir: dir, Location: time.UTC})
	mustName(t, err, dir, "name another or make it yourself")
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	openAt(t, dir)
}

// SQLite writes on into a file that was moved or removed: what it acknowledges
// would go with the process.
func TestDatabaseThatIsMovedAwayRefusesUntilItIsBack(t *testing.T) {
	for _, name := range []string{databaseName, databaseName + "-wal", "the directory"} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			s, _ := openAt(t, dir)
			id := consent.NewID()
			choose := func() error {
				_, err := s.AppendConsent(t.Context(), someConsent(id), &storage.Person{Browser: "Firefox"})
				return err
			}
			if err := choose(); err != nil {
				t.Fatal(err)
			}
			path, away := filepath.Join(dir, name), filepath.Join(t.TempDir(), "away")
			if name == "the directory" {
				path, name = dir, databaseName
			}
			if err := os.Rename(path, away); err != nil {
				t.Fatal(err)
			}
			for range 2 {
				mustName(t, choose(), filepath.Join(dir, name), "put it back")
			}
			if !s.AppendVisit(storage.Visit{At: noon, ConsentID: id}) {
				t.Fatal("AppendVisit: false")
			}
			s.Sync(t.Context()) // fails unless the writer came first
			if totals, err := s.Totals(t.Context()); err != nil || totals.Dropped != 1 {
				t.Errorf("totals %+v, %v", totals, err)
			}
			if _, err := os.Stat(path); !os.IsNotExist(err) {
				t.Errorf("something was made in its place: %v", err)
			}
			if err := os.Rename(away, path); err != nil {
				t.Fatal(err)
			}
			if err := choose(); err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			s, _ = openAt(t, dir)
			if v, err := s.Verify(t.Context()); err != nil || !v.OK || v.Rows != 2 {
				t.Errorf("Verify = %+v, %v", v, err)
			}
			if held, err := s.Held(t.Context(), id); err != nil || len(held.IPs) != 2 {
				t.Errorf("held %+v, %v", held, err)
			}
		})
	}
}

// A database that was removed can be saved as long as the process has it open,
// all of it in one file; one that took its place isn't touched.
func TestDatabaseThatIsReplacedIsLeftAlone(t *testing.T) {
	s, _ := openAt(t, t.TempDir())
	visitors := newCrowd(20, varyingRows)
	visitors.give(t, s)
	visitors.record(t, s)
	if err := os.Remove(s.path); err != nil {
		t.Fatal(err)
	}
	other := []byte("somebody's file")
	if err := os.WriteFile(s.path, other, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AppendConsent(t.Context(), someConsent(consent.NewID()), nil); !errors.Is(err, errMoved) {
		t.Errorf("AppendConsent: %v", err)
	}
	s.readers.SetMaxIdleConns(0) // so that the next is opened anew
	if _, err := s.Held(t.Context(), visitors.visits[0].ConsentID); !errors.Is(err, errMoved) {
		t.Errorf("Held: %v", err)
	}
	if content, err := os.ReadFile(s.path); err != nil || !bytes.Equal(content, other) {
		t.Errorf("what took its place is %q, %v", content, err)
	}
	info, err := s.raw.Stat()
	if err != nil {
		t.Fatal(err)
	}
	saved := make([]byte, info.Size())
	if _, err := s.raw.ReadAt(saved, 0); err != nil {
		t.Fatal(err)
	}
	s.Close()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, databaseName), saved, 0o600); err != nil {
		t.Fatal(err)
	}
	s, _ = openAt(t, dir)
	if v, err := s.Verify(t.Context()); err != nil || !v.OK || v.Rows != 20 {
		t.Errorf("Verify = %+v, %v", v, err)
	}
	mustHold(t, s, visitors)
}

func TestMissingDatabaseOfAUsedDirectoryIsAnAlarm(t *testing.T) {
	for name, harm := range map[string]func(path string) error{
		"removed": os.Remove,
		"emptied": func(path string) error { return os.Truncate(path, 0) },
	} {
		dir := filepath.Join(t.TempDir(), "data")
		var log strings.Builder
		logged := func(o *Options) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) }
		s, _ := openAt(t, dir, logged)
		s.Close()
		if log.Len() > 0 {
			t.Errorf("%s: a first start is logged: %s", name, log.String())
		}
		if err := harm(s.path); err != nil {
			t.Fatal(err)
		}
		s, _ = openAt(t, dir, logged)
		if !strings.Contains(log.String(), "put it back") || !strings.Contains(log.String(), s.path) {
			t.Errorf("%s: log %s", name, log.String())
		}
	}
}

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
	dir := t.TempDir()
	s, _ := openAt(t, dir)
	s.Close()
	unlock := startChild(t, "lock", dir, lockVariable+"="+lockedWholly)
	_, err := Open(t.Context(), Options{Dir: dir, Location: time.UTC})
	mustName(t, err, s.path, "another program has locked it")
	unlock()
	openAt(t, dir)
}

// rootPage returns where the table's first page begins in the file.
func rootPage(t *testing.T, path, table string) int64 {
	t.Helper()
	var root, size int64
	if err := raw(t, path).QueryRow("SELECT rootpage, page_size FROM sqlite_schema, pragma_page_size WHERE name = ?", table).Scan(&root, &size); err != nil {
		t.Fatal(err)
	}
	return (root - 1) * size
}

// filled makes a closed store with a ledger and day tables of more than a page.
func filled(t *testing.T) (dir, path string, visitors crowd) {
	t.Helper()
	dir = t.TempDir()
	s, _ := openAt(t, dir)
	visitors = newCrowd(200, varyingRows)
	visitors.give(t, s)
	visitors.record(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir, s.path, visitors
}

// A database that can't be read isn't opened, isn't touched, and the error says
// what to do. Nothing is put in its place: the ledger is evidence.
func TestDamagedDatabaseIsRefusedAndLeftAsItIs(t *testing.T) {
	flip := func(path string, from, count int64) error {
		file, err := os.OpenFile(path, os.O_RDWR, 0)
		if err != nil {
			return err
		}
		defer file.Close()
		bytes := make([]byte, count)
		if _, err := file.ReadAt(bytes, from); err != nil {
			return err
		}
		for i := range bytes {
			bytes[i] ^= 0xff
		}
		_, err = file.WriteAt(bytes, from)
		return err
	}
	for name, harm := range map[string]func(t *testing.T, path string) error{
		"no database": func(_ *testing.T, path string) error {
			return os.WriteFile(path, []byte(strings.Repeat("<html>", 1000)), 0o600)
		},
		"header":             func(_ *testing.T, path string) error { return flip(path, 0, 16) },
		"page of the schema": func(_ *testing.T, path string) error { return flip(path, 100, 8) },
		"page of the ledger": func(t *testing.T, path string) error { return flip(path, rootPage(t, path, "ledger"), 8) },
		"half of it is missing": func(_ *testing.T, path string) error {
			info, err := os.Stat(path)
			if err != nil {
				return err
			}
			return os.Truncate(path, info.Size()/2/4096*4096)
		},
		"all but some bytes are missing": func(_ *testing.T, path string) error { return os.Truncate(path, 50) },
	} {
		t.Run(name, func(t *testing.T) {
			dir, path, _ := filled(t)
			if err := harm(t, path); err != nil {
				t.Fatal(err)
			}
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for range 2 {
				s, err := Open(t.Context(), Options{Dir: dir, Location: time.UTC, Clock: func() time.Time { return noon }})
				if err == nil {
					s.Close()
				}
				mustName(t, err, path, "keep it as evidence")
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
				t.Errorf("the file was changed, %v", err)
			}
		})
	}
}

// A damaged day table costs what is in it: choices, other days and the ledger go
// on, and that it can't be destroyed is an error at each tick.
func TestDamagedDayTableKeepsNothingElse(t *testing.T) {
	dir, path, visitors := filled(t)
	const part = "visits_visits_20261123"
	root := rootPage(t, path, part)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := range int64(8) {
		content[root+i] ^= 0xff
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	s, clock := openAt(t, dir, withKey(1))
	_, err = s.Held(t.Context(), visitors.visits[0].ConsentID)
	mustName(t, err, path, "keep it as evidence")
	clock.Set(noon.AddDate(0, 0, 1))
	tomorrow := newCrowdOf(newCrowd(5, fixedRows).ids(), fixedRows, clock.Now())
	tomorrow.give(t, s)
	tomorrow.record(t, s)
	mustHold(t, s, tomorrow)

	clock.Set(noon.AddDate(0, 14, 0))
	purger := retention.New(retention.Options{Store: s, Location: s.location, Clock: clock.Now})
	for range 2 {
		result, err := purger.Tick(t.Context(), false)
		mustName(t, err, path, part)
		if result.Overdue != 1 {
			t.Errorf("tick %+v", result)
		}
	}
	states := map[string]storage.PartState{}
	parts, err := s.Parts(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range parts {
		states[p.Name] = p.State
	}
	if states[part] != storage.Live || states["ip_visits_20261123"] != storage.Scrubbed || states["ip_visits_20261124"] != storage.Live {
		t.Errorf("parts %v", states)
	}
	if v, err := s.Verify(t.Context()); err != nil || !v.OK || v.Rows != 205 {
		t.Errorf("Verify = %+v, %v", v, err)
	}
}
