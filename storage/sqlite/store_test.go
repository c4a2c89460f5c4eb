package sqlite

import (
	"context"
	"database/sql"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage"
	"github.com/mamen-ai/consentgate/storage/storagetest"
)

// noon is the present of most tests: 2026-11-23 12:00 in Almaty.
var noon = time.Date(2026, 11, 23, 7, 0, 0, 0, time.UTC)

func almaty(t testing.TB) *time.Location {
	t.Helper()
	location, err := time.LoadLocation("Asia/Almaty")
	if err != nil {
		t.Fatal(err)
	}
	return location
}

// openAt opens a store whose clock stands at noon and can be set.
func openAt(t testing.TB, dir string, change ...func(*Options)) (*Store, *storagetest.Clock) {
	t.Helper()
	clock := storagetest.NewClock(noon)
	o := Options{Dir: dir, Location: almaty(t), Clock: clock.Now}
	for _, f := range change {
		f(&o)
	}
	s, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s, clock
}

// raw opens the file beside the store, by SQLite itself, as an attacker or a
// crude operator would.
func raw(t testing.TB, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(2000)")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func mustExec(t testing.TB, db *sql.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.Exec(query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func someConsent(id consent.ID) storage.Consent {
	return storage.Consent{ConsentID: id, Event: storage.Given, At: noon, Categories: []string{"statistics"}, Site: "mamen.ai"}
}

func TestOpenNeedsDirectoryAndZone(t *testing.T) {
	for name, o := range map[string]Options{
		"no directory": {Location: time.UTC},
		"no zone":      {Dir: t.TempDir()},
	} {
		if s, err := Open(t.Context(), o); err == nil {
			s.Close()
			t.Errorf("%s: opened", name)
		}
	}
}

func TestFilesAreForTheirOwnerOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "data")
	s, _ := openAt(t, dir)
	if _, err := s.AppendConsent(t.Context(), someConsent(consent.NewID()), nil); err != nil {
		t.Fatal(err)
	}
	want := map[string]fs.FileMode{
		".": fs.ModeDir | 0o700, databaseName: 0o600, databaseName + "-wal": 0o600, databaseName + "-shm": 0o600, lockName: 0o600,
	}
	for name, mode := range want {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode() != mode {
			t.Errorf("%s: mode %v, %v; want %v", name, info.Mode(), err, mode)
		}
	}
}

func TestWideModeOfAnExistingFileIsNarrowed(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, databaseName)
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	openAt(t, dir)
	if info, err := os.Stat(path); err != nil || info.Mode() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestSecondOpenIsRefusedUntilTheFirstCloses(t *testing.T) {
	dir := t.TempDir()
	first, _ := openAt(t, dir)
	_, err := Open(t.Context(), Options{Dir: dir, Location: time.UTC})
	if err == nil || !strings.Contains(err.Error(), "another consentgate uses "+dir) {
		t.Fatalf("second Open: %v", err)
	}
	// The refused one must not have taken the locks of the first.
	if _, err := first.AppendConsent(t.Context(), someConsent(consent.NewID()), nil); err != nil {
		t.Fatal(err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	openAt(t, dir)
}

func TestDirectoryMayHaveAnyName(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a b?mode=memory&x#y%41 ф")
	s, _ := openAt(t, dir)
	if _, err := s.AppendConsent(t.Context(), someConsent(consent.NewID()), nil); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(filepath.Join(dir, databaseName+"-wal")); err != nil || info.Size() == 0 {
		t.Errorf("the database isn't in its directory: %v", err)
	}
}

func TestRecordsSurviveReopening(t *testing.T) {
	dir := t.TempDir()
	id := consent.NewID()
	s, _ := openAt(t, dir)
	first, err := s.AppendConsent(t.Context(), someConsent(id), &storage.Person{Browser: "Firefox"})
	if err != nil {
		t.Fatal(err)
	}
	if !s.AppendVisit(storage.Visit{At: noon, ConsentID: id}) {
		t.Fatal("AppendVisit: false")
	}
	if err := s.Close(); err != nil { // writes the queued visit
		t.Fatal(err)
	}
	s, _ = openAt(t, dir)
	second, err := s.AppendConsent(t.Context(), someConsent(id), nil)
	if err != nil || second.Seq != 2 || second.PrevHash != first.RowHash {
		t.Errorf("second row %+v, %v", second, err)
	}
	held, err := s.Held(t.Context(), id)
	if err != nil || len(held.Events) != 2 || len(held.Visits) != 1 || len(held.IPs) != 2 {
		t.Errorf("held %+v, %v", held, err)
	}
	totals, err := s.Totals(t.Context())
	if err != nil || totals.Events[storage.Given] != 2 {
		t.Errorf("totals %+v, %v", totals, err)
	}
}

func TestEveryConnectionErasesWhatItDeletes(t *testing.T) {
	s, _ := openAt(t, t.TempDir())
	var held []*sql.Conn
	for range readerCount { // held at the same time, so that each is another
		conn, err := s.readers.Conn(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		held = append(held, conn)
	}
	for i, conn := range held {
		var secure int
		if err := conn.QueryRowContext(t.Context(), "PRAGMA secure_delete").Scan(&secure); err != nil || secure != 1 {
			t.Errorf("reader %d: secure_delete %d, %v", i, secure, err)
		}
		if _, err := conn.ExecContext(t.Context(), "DELETE FROM meta"); err == nil {
			t.Errorf("reader %d can write", i)
		}
		conn.Close()
	}
	pool, err := openPool("file:"+s.path, map[string]int64{"secure_delete": 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if err := pool.PingContext(t.Context()); err == nil || !strings.Contains(err.Error(), "PRAGMA secure_delete is 0, not 1") {
		t.Errorf("a connection without secure_delete: %v", err)
	}
}

func TestDayOfDestructionMovesForwardOnly(t *testing.T) {
	dir := t.TempDir()
	dropAt := func(location *time.Location, window policy.Window) time.Time {
		s, _ := openAt(t, dir, func(o *Options) {
			o.Location = location
			o.Window = func(string) policy.Window { return window }
		})
		defer s.Close()
		if !s.AppendVisit(storage.Visit{At: noon, ConsentID: consent.NewID()}) || s.Sync(t.Context()) != nil {
			t.Fatal("the visit was not written")
		}
		parts, err := s.Parts(t.Context())
		if err != nil || len(parts) != 2 {
			t.Fatalf("parts %+v, %v", parts, err)
		}
		return parts[0].DropAt
	}
	zone := almaty(t)
	day := func(year, month int, location *time.Location) time.Time {
		return time.Date(year, time.Month(month), 23, 0, 0, 0, 0, location)
	}
	for _, step := range []struct {
		name     string
		location *time.Location
		window   policy.Window
		want     time.Time
	}{
		{"as created", time.UTC, policy.Months24, day(2028, 11, time.UTC)},
		{"an earlier zone", zone, policy.Months24, day(2028, 11, zone)},
		{"a later zone changes nothing", time.UTC, policy.Months24, day(2028, 11, zone)},
		{"a shorter window", zone, policy.Months14, day(2028, 1, zone)},
		{"a longer window changes nothing", zone, policy.Months24, day(2028, 1, zone)},
		{"a window the policy doesn't know is 14 months", zone, 99, day(2028, 1, zone)},
	} {
		if got := dropAt(step.location, step.window); !got.Equal(step.want) {
			t.Errorf("%s: %v, want %v", step.name, got, step.want)
		}
	}
}
