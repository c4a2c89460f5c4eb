package sqlite

import (
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/mounttest"
	"github.com/mamen-ai/consentgate/internal/retention"
	"github.com/mamen-ai/consentgate/storage"
)

// A full disk refuses choices, loses none that was acknowledged, doesn't break
// the chain, and takes choices again once there is room. What it keeps from being
// destroyed is unreadable and goes afterwards.
func TestFullDiskRefusesAndRecovers(t *testing.T) {
	mounttest.Run(t, func(t *testing.T) {
		disk := mounttest.NewDisk(t, filepath.Join(t.TempDir(), "data"), 4096)
		var log strings.Builder
		s, clock := openAt(t, disk.Dir, withKey(1), func(o *Options) { o.Logger = slog.New(slog.NewTextHandler(&log, nil)) })
		old := newCrowd(50, varyingRows)
		old.give(t, s)
		old.record(t, s)
		clock.Set(noon.AddDate(0, 14, 0))
		id := consent.NewID()
		choose := func() error {
			row := someConsent(id)
			row.At = clock.Now()
			_, err := s.AppendConsent(t.Context(), row, &storage.Person{Browser: "Firefox"})
			return err
		}
		if err := choose(); err != nil {
			t.Fatal(err)
		}
		disk.Fill()
		acknowledged, refused := 1, 0
		for refused < 3 && acknowledged < 10_000 {
			if err := choose(); err != nil {
				mustName(t, err, s.path, "make room")
				refused++
			} else {
				acknowledged++ // in what the log had room for
			}
		}
		if refused != 3 {
			t.Fatalf("the full disk took %d consents", acknowledged)
		}
		if !s.AppendVisit(storage.Visit{At: clock.Now(), ConsentID: id}) {
			t.Fatal("AppendVisit: false")
		}
		s.Sync(t.Context()) // fails unless the writer came first; either way the visit is lost
		if totals, err := s.Totals(t.Context()); err != nil || totals.Dropped != 1 || totals.Events[storage.Given] != int64(50+acknowledged) {
			t.Errorf("totals %+v, %v", totals, err)
		}
		purger := retention.New(retention.Options{Store: s, Location: s.location, Clock: clock.Now})
		if result, err := purger.Tick(t.Context(), false); err == nil || result.Overdue != 2 {
			t.Errorf("tick on the full disk: %+v, %v", result, err)
		}
		if held, err := s.Held(t.Context(), old.visits[0].ConsentID); err != nil || len(held.Visits)+len(held.IPs) != 0 {
			t.Errorf("past its window %+v is readable, %v", held, err)
		}

		disk.Free()
		if err := choose(); err != nil {
			t.Fatal(err)
		}
		acknowledged++
		if err := s.Sync(t.Context()); err != nil { // the writer has logged by then
			t.Fatal(err)
		}
		if n := strings.Count(log.String(), "records can't be written"); n != 1 || !strings.Contains(log.String(), "records can be written again") {
			t.Errorf("log:\n%s", log.String())
		}
		if result, err := purger.Tick(t.Context(), false); err != nil || result.Overdue != 0 || result.Residual != 0 {
			t.Errorf("tick with room: %+v, %v", result, err)
		}
		mustLeave(t, fileBytes(t, s), "destroyed", old.all(), false)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		s, _ = openAt(t, disk.Dir, withKey(1), func(o *Options) { o.Clock = clock.Now })
		if v, err := s.Verify(t.Context()); err != nil || !v.OK || v.Residual != 0 || v.Rows != int64(50+acknowledged) {
			t.Errorf("Verify = %+v, %v; %d acknowledged", v, err, acknowledged)
		}
		if held, err := s.Held(t.Context(), id); err != nil || len(held.IPs) != acknowledged || len(held.Visits) != 0 {
			t.Errorf("%d IPs, %d visits, %v; %d acknowledged", len(held.IPs), len(held.Visits), err, acknowledged)
		}
		mustBeSound(t, s)
	})
}

// A disk that is full from the beginning refuses to open, and leaves nothing that
// keeps it from being opened later.
func TestStoreOpensOnceThereIsRoom(t *testing.T) {
	mounttest.Run(t, func(t *testing.T) {
		disk := mounttest.NewDisk(t, filepath.Join(t.TempDir(), "data"), 64)
		disk.Fill()
		_, err := Open(t.Context(), Options{Dir: disk.Dir, Location: time.UTC})
		mustName(t, err, disk.Dir, "make room")
		disk.Free()
		big := mounttest.NewDisk(t, disk.Dir, 4096) // 64 KiB are too few for a database
		s, _ := openAt(t, big.Dir)
		if _, err := s.AppendConsent(t.Context(), someConsent(consent.NewID()), nil); err != nil {
			t.Error(err)
		}
	})
}

func TestReadOnlyFileSystemRefusesAndRecovers(t *testing.T) {
	mounttest.Run(t, func(t *testing.T) {
		disk := mounttest.NewDisk(t, filepath.Join(t.TempDir(), "mount"), 4096)
		dir := filepath.Join(disk.Dir, "data")
		disk.SetReadOnly(true)
		_, err := Open(t.Context(), Options{Dir: dir, Location: time.UTC})
		mustName(t, err, dir, "mount their file system for writing")
		disk.SetReadOnly(false)
		s, _ := openAt(t, dir)
		id := consent.NewID()
		for range 3 {
			if _, err := s.AppendConsent(t.Context(), someConsent(id), nil); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		disk.SetReadOnly(true)
		_, err = Open(t.Context(), Options{Dir: dir, Location: time.UTC})
		mustName(t, err, dir, "mount their file system for writing")
		disk.SetReadOnly(false)
		s, _ = openAt(t, dir)
		if v, err := s.Verify(t.Context()); err != nil || !v.OK || v.Rows != 3 {
			t.Errorf("Verify = %+v, %v", v, err)
		}
	})
}

// Whoever asks for a copy isn't who writes it, so that a place which is his own may
// be closed to the server.
func TestCopyWhereTheServerMayNotWriteIsExplained(t *testing.T) {
	mounttest.Run(t, func(t *testing.T) {
		disk := mounttest.NewDisk(t, filepath.Join(t.TempDir(), "mount"), 4096)
		disk.SetReadOnly(true)
		s, _ := openAt(t, t.TempDir())
		path := filepath.Join(disk.Dir, "copy.db")
		_, err := s.MakeCopy(t.Context(), path, noon)
		mustName(t, err, path, "the user that runs consentgate may write")
	})
}
