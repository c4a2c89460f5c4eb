//go:build !windows

package sqlite

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
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
			s.Sync(t.Context())            // fails unless the writer came first
			_, err := s.Parts(t.Context()) // what the metric storage_up asks
			mustName(t, err, filepath.Join(dir, name), "put it back")
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
