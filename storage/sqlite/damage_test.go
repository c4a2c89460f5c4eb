//go:build !windows

package sqlite

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/retention"
	"github.com/mamen-ai/consentgate/storage"
)

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
