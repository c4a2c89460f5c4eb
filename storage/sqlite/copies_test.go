package sqlite

import (
	"context"
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/storage"
)

// A copy is a database of its own: a store opens it, with everything in it.
func TestCopyIsAWholeDatabase(t *testing.T) {
	s, _ := openAt(t, t.TempDir(), withKey(1))
	id := consent.NewID()
	c := fullConsent()
	c.ConsentID = id
	if _, err := s.AppendConsent(t.Context(), c, &storage.Person{IP: netip.MustParseAddr("203.0.113.0")}); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if _, err := s.MakeCopy(t.Context(), filepath.Join(dir, databaseName), noon); err != nil {
		t.Fatal(err)
	}
	copied, _ := openAt(t, dir, withKey(1))
	if v, err := copied.Verify(t.Context()); err != nil || !v.OK || v.Rows != 1 {
		t.Errorf("Verify = %+v, %v", v, err)
	}
	if held, err := copied.Held(t.Context(), id); err != nil || len(held.IPs) != 1 {
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
