package sqlite

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/storage"
)

// below lists what there is below a directory.
func below(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, _ os.DirEntry, err error) error {
		if path != dir {
			names = append(names, path[len(dir)+1:])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestDiscardLeavesWhatWasThere pins that a start that failed takes away what it
// made, and nothing else.
func TestDiscardLeavesWhatWasThere(t *testing.T) {
	writeFile := func(t *testing.T, name string) {
		t.Helper()
		if err := os.WriteFile(name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	database, lock := filepath.Join("new", "data", databaseName), filepath.Join("new", "data", lockName)
	for name, test := range map[string]struct {
		before func(t *testing.T, dir string)
		want   []string
	}{
		"nothing":             {func(*testing.T, string) {}, nil},
		"the parent":          {func(t *testing.T, dir string) { os.Mkdir(filepath.Dir(dir), 0o700) }, []string{"new"}},
		"the directory":       {func(t *testing.T, dir string) { os.MkdirAll(dir, 0o700) }, []string{"new", "new/data"}},
		"somebody's own file": {func(t *testing.T, dir string) { os.MkdirAll(dir, 0o700); writeFile(t, dir+"/caddy") }, []string{"new", "new/data", "new/data/caddy"}},
		"a store":             {func(t *testing.T, dir string) { s, _ := openAt(t, dir); s.Close() }, []string{"new", "new/data", database, lock}},
		"a lost database": {func(t *testing.T, dir string) { os.MkdirAll(dir, 0o700); writeFile(t, filepath.Join(dir, lockName)) },
			[]string{"new", "new/data", lock}},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			dir := filepath.Join(root, "new", "data")
			test.before(t, dir)
			cancelled, cancel := context.WithCancel(t.Context())
			cancel()
			if _, err := Open(cancelled, Options{Dir: dir, Location: time.UTC}); !errors.Is(err, context.Canceled) {
				t.Fatalf("Open: %v", err)
			}
			if got := below(t, root); !slices.Equal(got, test.want) {
				t.Errorf("an Open that failed leaves %q, want %q", got, test.want)
			}
			s, _ := openAt(t, dir)
			if err := s.Discard(); err != nil {
				t.Error(err)
			}
			if got := below(t, root); !slices.Equal(got, test.want) {
				t.Errorf("Discard leaves %q, want %q", got, test.want)
			}
			if err := s.Discard(); !errors.Is(err, storage.ErrClosed) {
				t.Errorf("a second Discard: %v", err)
			}
		})
	}
}

// TestDiscardKeepsWhatWasRecorded pins that no record is lost, even one that came
// between.
func TestDiscardKeepsWhatWasRecorded(t *testing.T) {
	id := consent.NewID()
	for name, record := range map[string]func(ctx context.Context, s *Store) error{
		"a consent": func(ctx context.Context, s *Store) error {
			_, err := s.AppendConsent(ctx, storage.Consent{ConsentID: id, Event: storage.Given, At: noon}, nil)
			return err
		},
		"a visit that waits to be written": func(_ context.Context, s *Store) error {
			if !s.AppendVisit(storage.Visit{At: noon, ConsentID: id, Host: "shop.test", Path: "/"}) {
				return errors.New("refused")
			}
			return nil
		},
		"a request": func(ctx context.Context, s *Store) error {
			request := someRequest(consent.ID{})
			request.Kind = storage.AccessRequest
			_, err := s.AddRequest(ctx, request, nil)
			return err
		},
		"a copy": func(ctx context.Context, s *Store) error {
			_, err := s.MakeCopy(ctx, filepath.Join(filepath.Dir(filepath.Dir(s.path)), "copy"), noon)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			s, _ := openAt(t, dir)
			if err := record(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			if err := s.Discard(); err != nil {
				t.Error(err)
			}
			if want := []string{databaseName, lockName}; !slices.Equal(below(t, dir), want) {
				t.Errorf("%q is left, want %q", below(t, dir), want)
			}
		})
	}
}

// TestDiscardedStoresAreNeverShared pins that a lock holds while its file comes and
// goes.
func TestDiscardedStoresAreNeverShared(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	var holders, opened atomic.Int64
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 50 {
				s, err := Open(t.Context(), Options{Dir: dir, Location: time.UTC})
				if err != nil {
					continue // another has it, or takes the directory away
				}
				if holders.Add(1) > 1 {
					t.Error("two stores have one directory")
				}
				opened.Add(1)
				holders.Add(-1)
				if err := s.Discard(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if opened.Load() == 0 {
		t.Error("no store was opened")
	}
}
