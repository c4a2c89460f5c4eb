package sqlite

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/storage"
)

// A copy is a database of its own: a store opens it, with everything in it, a visit of
// just now too.
func TestCopyIsAWholeDatabase(t *testing.T) {
	s, _ := openAt(t, t.TempDir(), withKey(1))
	id := consent.NewID()
	c := fullConsent()
	c.ConsentID = id
	if _, err := s.AppendConsent(t.Context(), c, &storage.Person{IP: netip.MustParseAddr("203.0.113.0")}); err != nil {
		t.Fatal(err)
	}
	if !s.AppendVisit(storage.Visit{At: noon, ConsentID: id, Host: "shop.test", Path: "/"}) {
		t.Fatal("the visit was dropped")
	}
	dir := t.TempDir()
	if _, err := s.MakeCopy(t.Context(), filepath.Join(dir, databaseName), noon); err != nil {
		t.Fatal(err)
	}
	copied, _ := openAt(t, dir, withKey(1))
	if v, err := copied.Verify(t.Context()); err != nil || !v.OK || v.Rows != 1 {
		t.Errorf("Verify = %+v, %v", v, err)
	}
	if held, err := copied.Held(t.Context(), id); err != nil || len(held.IPs) != 2 || len(held.Visits) != 1 {
		t.Errorf("Held = %+v, %v", held, err)
	}
}

func TestCopyIsNotMadeOverTheStoresFiles(t *testing.T) {
	dir := t.TempDir()
	s, _ := openAt(t, dir)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, link); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{filepath.Join(dir, "consentgate.db-journal"), filepath.Join(link, "consentgate.db-journal")} {
		if made, err := s.MakeCopy(t.Context(), name, noon); err == nil {
			t.Errorf("%s: %+v", name, made)
		}
	}
}

// What went wrong must leave neither a file nor a copy that seems to exist.
func TestFailedCopyLeavesNothing(t *testing.T) {
	s, _ := openAt(t, t.TempDir())
	path := filepath.Join(t.TempDir(), "copy.db")
	ctx, cancel := context.WithCancel(t.Context())
	release := hold(t, s)
	failed := make(chan error)
	go func() {
		_, err := s.MakeCopy(ctx, path, noon)
		failed <- err
	}()
	cancel()
	if err := <-failed; err == nil {
		t.Error("MakeCopy: no error")
	}
	release()
	if _, err := os.Stat(path); !os.IsNotExist(err) {
		t.Errorf("the file: %v", err)
	}
	copies, err := s.Copies(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range copies {
		if c.Destroyed.IsZero() {
			t.Errorf("copy %+v", c)
		}
	}
}

// A copy that is put back is known as one until what was past its window in it is
// destroyed; the database that was copied isn't, and neither is a copy of it later.
func TestCopyThatIsPutBackIsKnown(t *testing.T) {
	restored := func(s *Store) time.Time {
		t.Helper()
		made, err := s.Restored(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return made
	}
	s, _ := openAt(t, t.TempDir())
	dir := t.TempDir()
	path := filepath.Join(dir, databaseName)
	made, err := s.MakeCopy(t.Context(), path, noon)
	if err != nil {
		t.Fatal(err)
	}
	if at := restored(s); !at.IsZero() {
		t.Errorf("the database that was copied is a copy of %v", at)
	}
	whole, err := os.ReadFile(path)
	if sum := sha256.Sum256(whole); err != nil || hex.EncodeToString(sum[:]) != made.SHA256 {
		t.Errorf("the copy isn't as it was recorded, %v", err)
	}
	if beside, err := filepath.Glob(path + "-*"); err != nil || len(beside) != 0 {
		t.Errorf("beside the copy lie %v, %v", beside, err)
	}
	for range 2 { // a crash before it is finished
		copied, _ := openAt(t, dir)
		if at := restored(copied); !at.Equal(noon) {
			t.Errorf("the copy was made %v", at)
		}
		copied.Close()
	}
	copied, _ := openAt(t, dir)
	for range 2 {
		if err := copied.RestoreFinished(t.Context()); err != nil {
			t.Fatal(err)
		}
		if at := restored(copied); !at.IsZero() {
			t.Errorf("when it is finished the copy was made %v", at)
		}
	}
}
