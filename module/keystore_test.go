package module

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/caddyserver/certmagic"

	"github.com/mamen-ai/consentgate/internal/policy"
)

var rotationDay = policy.Day{Year: 2026, Month: 11, Day: 26}

func rotateAt(t *testing.T, k *keyStore) (*secrets, error) {
	t.Helper()
	return k.rotate(t.Context(), rotationDay.Start(time.UTC), rotationDay, false)
}

// TestOtherEdgesTakeOverRotatedKeys pins that edges of one storage rotate one after
// the other, that none forgets the keys of another, and that all agree.
func TestOtherEdgesTakeOverRotatedKeys(t *testing.T) {
	storage := &certmagic.FileStorage{Path: t.TempDir()}
	edges := []*keyStore{{storage: storage}, {storage: storage}}
	const rounds = 5
	var running sync.WaitGroup
	for _, edge := range edges {
		running.Go(func() {
			for range rounds {
				if _, err := rotateAt(t, edge); err != nil {
					t.Error(err)
				}
			}
		})
	}
	running.Wait()
	var keys []*secrets
	for _, edge := range edges {
		if err := edge.refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		s, err := edge.get(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, s)
	}
	if a, b := keys[0].Choices.Current, keys[1].Choices.Current; a != b || a != 1+2*rounds || len(keys[0].Former) != 2*rounds || len(keys[1].Choices.Keys) != 1+2*rounds {
		t.Errorf("the edges sign with %d and %d, and know %d keys of before", a, b, len(keys[0].Former))
	}
}

// failingStorage can't write.
type failingStorage struct{ certmagic.Storage }

var errFullDisk = errors.New("no space left")

func (failingStorage) Store(context.Context, string, []byte) error { return errFullDisk }

// TestFailedRotationLeavesTheKeys pins that what couldn't be written isn't used:
// after a restart nobody could read its choices.
func TestFailedRotationLeavesTheKeys(t *testing.T) {
	files := &certmagic.FileStorage{Path: t.TempDir()}
	k := &keyStore{storage: files}
	before, err := k.get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	k.storage = failingStorage{files}
	if _, err := rotateAt(t, k); !errors.Is(err, errFullDisk) {
		t.Errorf("rotate: %v", err)
	}
	if now, err := k.get(t.Context()); err != nil || now != before {
		t.Errorf("the keys were replaced, %v", err)
	}
	k.storage = files
	if err := k.refresh(t.Context()); err != nil {
		t.Error(err)
	}
	if now, err := k.get(t.Context()); err != nil || now.Choices.Current != before.Choices.Current {
		t.Errorf("the storage has other keys, %v", err)
	}
}

// TestKeysInUseOutliveTheirFile pins that a storage that breaks while the server
// runs costs no choice, and that broken keys are never written over.
func TestKeysInUseOutliveTheirFile(t *testing.T) {
	files := &certmagic.FileStorage{Path: t.TempDir()}
	k := &keyStore{storage: files}
	before, err := k.get(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(files.Path, "consent", "keys.json")
	for _, content := range []string{"", "{", `{"choices":{"current":1,"keys":{}},"receipts":""}`,
		`{"choices":{"current":1,"keys":{}},"receipts":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=","former":[{"key":"x"}]}`} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := k.refresh(t.Context()); err == nil {
			t.Errorf("%q: refreshed", content)
		}
		if _, err := rotateAt(t, k); err == nil {
			t.Errorf("%q: rotated", content)
		}
		if now, err := k.get(t.Context()); err != nil || now != before {
			t.Errorf("%q: other keys are in use, %v", content, err)
		}
		if now, err := os.ReadFile(path); err != nil || string(now) != content {
			t.Errorf("%q became %q, %v", content, now, err)
		}
	}
}
