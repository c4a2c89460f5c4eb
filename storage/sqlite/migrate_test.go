package sqlite

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/mamen-ai/consentgate/internal/policytest"
	"github.com/mamen-ai/consentgate/internal/retention"
	"github.com/mamen-ai/consentgate/storage"
)

// eachRelease runs the test on a database of each schema version there ever was,
// this one's too.
func eachRelease(t *testing.T, test func(t *testing.T, dir string, version int)) {
	for _, step := range steps(t) {
		t.Run(fmt.Sprint("schema ", step.version), func(t *testing.T) {
			dir := t.TempDir()
			released(t, dir, step.version)
			test(t, dir, step.version)
		})
	}
}

// TestEveryReleasedSchemaOpens pins that an upgrade loses nothing: the ledger is
// whole and goes on, its checkpoints verify, and what is held is held until the
// same instant as before.
func TestEveryReleasedSchemaOpens(t *testing.T) {
	fresh, _ := openAt(t, t.TempDir())
	eachRelease(t, func(t *testing.T, dir string, version int) {
		s, clock := openAt(t, dir, withKey(1))
		clock.Set(december)
		if got, want := schemaOf(t, s), schemaOf(t, fresh); !slices.Equal(got, want) {
			t.Errorf("the schema is\n%s\nand of a new database\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		rows := releasedRows(version)
		sealed := min(int(rows)-4, 1)
		if v, err := s.Verify(t.Context()); err != nil || !v.OK || v.Rows != rows || v.Unresolved != 0 || v.Segments != sealed {
			t.Errorf("Verify = %+v, %v", v, err)
		}
		kept, err := storage.ReadCheckpoint(signedNote(t, ledgerLinks(t, raw(t, s.path), 1, 4)))
		if err != nil {
			t.Fatal(err)
		}
		if problem, err := s.Compare(t.Context(), kept); problem != "" || err != nil {
			t.Errorf("a checkpoint of before: %q, %v", problem, err)
		}
		held, err := s.Held(t.Context(), releasedID)
		if err != nil || int64(len(held.Events)) != 1+rows-4 || held.Events[0].Format != 1 || len(held.IPs) != 2 || len(held.Visits) != 1 {
			t.Errorf("Held = %+v, %v", held, err)
		}
		for _, event := range held.Events { // as a receipt of before has them
			if err := storage.CheckRow(event); err != nil {
				t.Error(err)
			}
		}
		pending, err := s.PendingErasures(t.Context())
		if err != nil || len(pending) != 1 || pending[0].ConsentID != withdrawnID || pending[0].Reason != storage.ConsentRevoked {
			t.Errorf("PendingErasures = %+v, %v", pending, err)
		}
		if acts, err := s.Acts(t.Context(), 9); err != nil || len(acts) != 3 {
			t.Errorf("Acts = %+v, %v", acts, err)
		}
		if mark, err := s.ClockMark(t.Context()); err != nil || !mark.Equal(noon) {
			t.Errorf("ClockMark = %v, %v", mark, err)
		}
		wantAdded(t, s, version)
		// Rows of all formats make one chain.
		c := someConsent(releasedID)
		c.At = december
		if _, err := s.AppendConsent(t.Context(), c, nil); err != nil {
			t.Fatal(err)
		}
		if v, err := s.Verify(t.Context()); err != nil || !v.OK || v.Rows != rows+1 {
			t.Errorf("with a new row: Verify = %+v, %v", v, err)
		}
		tamper(t, s, "UPDATE ledger SET terms_sha256 = 'ab' WHERE seq = 2")
		if v, err := s.Verify(t.Context()); err != nil || v.OK || v.FirstBad != 2 {
			t.Errorf("with a column added to an old row: Verify = %+v, %v", v, err)
		}
	})
}

// wantAdded fails unless the store has what the schemas after the first brought.
func wantAdded(t *testing.T, s *Store, version int) {
	t.Helper()
	for _, added := range []struct {
		since int
		what  string
		count func() (int, error)
	}{
		{2, "sightings", func() (int, error) { list, err := s.Inventory(t.Context()); return len(list), err }},
		{3, "documents", func() (int, error) { list, err := s.Documents(t.Context()); return len(list), err }},
		{3, "copies", func() (int, error) { list, err := s.Copies(t.Context()); return len(list), err }},
		{5, "requests", func() (int, error) { list, err := s.Requests(t.Context(), true); return len(list), err }},
		{6, "deletions", func() (int, error) {
			list, err := s.DueDeletions(t.Context(), []string{"matomo"}, 9)
			return len(list), err
		}},
	} {
		want := 0
		if version >= added.since {
			want = 1
		}
		if got, err := added.count(); err != nil || got != want {
			t.Errorf("%d %s, want %d, %v", got, added.what, want, err)
		}
	}
}

// TestWindowsOfEveryReleasedSchemaEndAsPromised pins that an upgrade moves no day
// of destruction (policy 3.1 row 7).
func TestWindowsOfEveryReleasedSchemaEndAsPromised(t *testing.T) {
	eachRelease(t, func(t *testing.T, dir string, version int) {
		s, clock := openAt(t, dir, withKey(1))
		parts, err := s.Parts(t.Context())
		if err != nil || len(parts) != 3 {
			t.Fatalf("Parts = %+v, %v", parts, err)
		}
		ends := policytest.WindowEnd(time.Date(2026, 11, 23, 0, 0, 0, 0, almaty(t)), 14)
		for _, part := range parts {
			if !part.DropAt.Equal(ends) || part.State != storage.Live || part.Rows != 1 {
				t.Errorf("%+v, and its window ends %v", part, ends)
			}
		}
		readable := func() int {
			held, err := s.Held(t.Context(), releasedID)
			if err != nil {
				t.Fatal(err)
			}
			return len(held.IPs) + len(held.Visits)
		}
		clock.Set(ends.Add(-time.Millisecond))
		if n := readable(); n != 3 {
			t.Errorf("%d records are readable a millisecond before", n)
		}
		clock.Set(ends)
		if n := readable(); n != 0 {
			t.Errorf("%d records are readable at the end", n)
		}
		purger := retention.New(retention.Options{Store: s, Location: s.location, Clock: clock.Now})
		result, err := purger.Tick(t.Context(), true)
		if err != nil || result.Overdue != 0 || result.Residual != 0 || result.PendingErasures != 0 {
			t.Errorf("Tick = %+v, %v", result, err)
		}
		if v, err := s.Verify(t.Context()); err != nil || !v.OK || v.Residual != 0 {
			t.Errorf("Verify = %+v, %v", v, err)
		}
	})
}

// TestFailedMigrationChangesNothing pins that the consentgate of before goes on
// with the store after an upgrade that failed half-way.
func TestFailedMigrationChangesNothing(t *testing.T) {
	eachRelease(t, func(t *testing.T, dir string, version int) {
		path := filepath.Join(dir, databaseName)
		before := dump(t, path)
		db, conn, err := openWriter(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		defer conn.Close()
		known := steps(t)
		broken := migration{len(known) + 1, "broken", "CREATE TABLE half (x); INSERT INTO meta VALUES ('half', 1); SELECT nonsense;"}
		if err := migrate(t.Context(), conn, append(known, broken)); err == nil || !strings.Contains(err.Error(), "migration broken") {
			t.Fatalf("migrate: %v", err)
		}
		if after := dump(t, path); after != before {
			t.Errorf("before:\n%s\nafter:\n%s", before, after)
		}
		if err := migrate(t.Context(), conn, known[:version]); err != nil {
			t.Errorf("the version before: %v", err)
		}
	})
}

// TestNewerSchemaIsRefused pins that an older consentgate leaves every byte of a
// newer one's store as it is, also of a copy, which isn't in WAL mode yet.
func TestNewerSchemaIsRefused(t *testing.T) {
	for _, mode := range []string{"WAL", "DELETE"} {
		t.Run(mode, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, databaseName)
			s, _ := openAt(t, dir)
			s.Close()
			db := raw(t, path)
			mustExec(t, db, "PRAGMA journal_mode = "+mode)
			mustExec(t, db, "PRAGMA user_version = 99")
			db.Close()
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			_, err = Open(t.Context(), Options{Dir: dir, Location: time.UTC})
			want := fmt.Sprintf("the database has schema version 99, this consentgate knows up to %d: run the newer consentgate that wrote it", len(steps(t)))
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), dir) {
				t.Errorf("Open: %v", err)
			}
			if after, err := os.ReadFile(path); err != nil || !bytes.Equal(after, before) {
				t.Errorf("the file was changed, %v", err)
			}
			if log, err := os.Stat(path + "-wal"); err == nil && log.Size() > 0 {
				t.Errorf("a log of %d bytes was begun", log.Size())
			}
			// A refused Open must give the directory back.
			binary.BigEndian.PutUint32(before[versionOffset:], uint32(len(steps(t))))
			if err := os.WriteFile(path, before, 0o600); err != nil {
				t.Fatal(err)
			}
			openAt(t, dir)
		})
	}
}

// TestNewerSchemaInTheLogIsRefused pins the same of a server that was killed: its
// newest version stands in the write-ahead log only.
func TestNewerSchemaInTheLogIsRefused(t *testing.T) {
	dir, killed := t.TempDir(), t.TempDir()
	s, _ := openAt(t, dir)
	if err := s.alone(t.Context(), func(w *writer) error { return w.exec("PRAGMA user_version = 99") }); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{databaseName, databaseName + "-wal"} {
		content, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(killed, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	before := dump(t, filepath.Join(killed, databaseName))
	if _, err := Open(t.Context(), Options{Dir: killed, Location: time.UTC}); err == nil || !strings.Contains(err.Error(), "schema version 99") {
		t.Errorf("Open: %v", err)
	}
	if after := dump(t, filepath.Join(killed, databaseName)); after != before {
		t.Errorf("before:\n%s\nafter:\n%s", before, after)
	}
}

func TestMigrationsAreNumberedWithoutGaps(t *testing.T) {
	for _, names := range [][]string{{"0002_b.sql"}, {"0001_a.sql", "0003_c.sql"}, {"0001_a.sql", "0001_b.sql"}, {"first.sql"}} {
		files := fstest.MapFS{}
		for _, name := range names {
			files["migrations/"+name] = &fstest.MapFile{}
		}
		if _, err := migrations(files); err == nil {
			t.Errorf("%v: accepted", names)
		}
	}
}
