package module

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"sync"

	"github.com/caddyserver/certmagic"
	"github.com/mamen-ai/consentgate/internal/consent"
)

// keysPath is where the keys lie in Caddy's storage, which several edges of one
// site share.
const keysPath = "consent/keys.json"

// secrets are the keys of an edge.
type secrets struct {
	Choices  consent.Keyring `json:"choices"`  // sign choice cookies
	Receipts []byte          `json:"receipts"` // Ed25519 seed, signs receipts and the ledger's checkpoints
}

// receiptKey returns the key that signs receipts and the ledger's checkpoints.
// Neither can be taken for the other: one is JSON, the other begins with its
// origin.
func (s secrets) receiptKey() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(s.Receipts) }

// keyStore reads the keys from Caddy's storage at first use, and makes them when
// there are none.
type keyStore struct {
	storage certmagic.Storage

	mu     sync.Mutex
	loaded *secrets
}

// get returns the keys. A failure isn't remembered: the next call tries again.
func (k *keyStore) get(ctx context.Context) (*secrets, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.loaded != nil {
		return k.loaded, nil
	}
	loaded, err := k.load(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		loaded, err = k.create(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("keys in Caddy's storage (%s): %w", keysPath, err)
	}
	k.loaded = loaded
	return loaded, nil
}

func (k *keyStore) load(ctx context.Context) (*secrets, error) {
	raw, err := k.storage.Load(ctx, keysPath)
	if err != nil {
		return nil, err
	}
	loaded := new(secrets)
	if err := json.Unmarshal(raw, loaded); err != nil {
		return nil, err
	}
	if len(loaded.Receipts) != ed25519.SeedSize {
		return nil, fmt.Errorf("the receipt key has %d bytes, not %d", len(loaded.Receipts), ed25519.SeedSize)
	}
	return loaded, loaded.Choices.Validate()
}

// create makes new keys under a lock, so that two edges that start together
// agree on one set.
func (k *keyStore) create(ctx context.Context) (*secrets, error) {
	if err := k.storage.Lock(ctx, keysPath); err != nil {
		return nil, err
	}
	defer k.storage.Unlock(ctx, keysPath)
	if loaded, err := k.load(ctx); !errors.Is(err, fs.ErrNotExist) {
		return loaded, err
	}
	made := &secrets{
		Choices:  consent.Keyring{Current: 1, Keys: map[uint8][]byte{1: randomBytes(32)}},
		Receipts: randomBytes(ed25519.SeedSize),
	}
	raw, err := json.Marshal(made)
	if err != nil {
		return nil, err
	}
	return made, k.storage.Store(ctx, keysPath, raw)
}

func randomBytes(n int) []byte {
	raw := make([]byte, n)
	rand.Read(raw) // never fails: crypto/rand aborts the program instead
	return raw
}
