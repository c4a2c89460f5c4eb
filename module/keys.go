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
	"github.com/mamen-ai/consentgate/storage"
)

// keysPath is where the keys lie in Caddy's storage, which several edges of one
// site share.
const keysPath = "consent/keys.json"

// secrets are the keys of an edge.
type secrets struct {
	Choices  consent.Keyring `json:"choices"`  // sign choice cookies
	Receipts []byte          `json:"receipts"` // Ed25519 seed, signs receipts and the ledger's checkpoints
	// Former are the keys that did so before, the newest first.
	Former []storage.FormerKey `json:"former,omitempty"`
}

// receiptKey returns the key that signs receipts and the ledger's checkpoints.
// Neither can be taken for the other: one is JSON, the other begins with its
// origin.
func (s secrets) receiptKey() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(s.Receipts) }

// verifierKey returns its public half as auditors keep it.
func (s secrets) verifierKey() (string, error) {
	return storage.VerifierKey(s.receiptKey().Public().(ed25519.PublicKey))
}

// validate reports what makes the keys unusable.
func (s secrets) validate() error {
	if len(s.Receipts) != ed25519.SeedSize {
		return fmt.Errorf("the receipt key has %d bytes, not %d", len(s.Receipts), ed25519.SeedSize)
	}
	for _, former := range s.Former {
		if _, err := storage.ParseVerifierKey(former.Key); err != nil {
			return err
		}
	}
	return s.Choices.Validate()
}

// keyStore reads the keys from Caddy's storage at first use, and makes them when
// there are none.
type keyStore struct {
	storage certmagic.Storage

	changing sync.Mutex // one rotation or look at the storage at a time

	mu     sync.Mutex
	loaded *secrets // never changed, only replaced
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
		return nil, keysError(err)
	}
	k.loaded = loaded
	return loaded, nil
}

func keysError(err error) error { return fmt.Errorf("keys in Caddy's storage (%s): %w", keysPath, err) }

func (k *keyStore) load(ctx context.Context) (*secrets, error) {
	raw, err := k.storage.Load(ctx, keysPath)
	if err != nil {
		return nil, err
	}
	loaded := new(secrets)
	if err := json.Unmarshal(raw, loaded); err != nil {
		return nil, err
	}
	return loaded, loaded.validate()
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
	return made, k.save(ctx, made)
}

// save writes the keys; the file storage does so at once or not at all, for the
// owner only. The storage's lock is held.
func (k *keyStore) save(ctx context.Context, s *secrets) error {
	raw, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return k.storage.Store(ctx, keysPath, raw)
}

func randomBytes(n int) []byte {
	raw := make([]byte, n)
	rand.Read(raw) // never fails: crypto/rand aborts the program instead
	return raw
}
