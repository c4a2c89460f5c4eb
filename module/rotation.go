package module

import (
	"context"
	"crypto/ed25519"
	"log/slog"
	"slices"
	"time"

	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage"
)

// keysCheck is how often the keys are read again: another edge of the same storage
// may have rotated them.
const keysCheck = time.Minute

// rotate returns the keys that follow these: new ones sign, and these go on to
// verify. With revoke they are in other hands: no choice that they signed counts
// any more. What they proved an auditor may still want to check, so the public
// half stays.
func (s secrets) rotate(now time.Time, today policy.Day, revoke bool) (*secrets, error) {
	replaced, err := s.verifierKey()
	if err != nil {
		return nil, err
	}
	choices, err := s.Choices.Rotate(randomBytes(32), today)
	if err != nil {
		return nil, err
	}
	former := slices.Insert(slices.Clone(s.Former), 0, storage.FormerKey{Key: replaced, Until: now.UTC().Truncate(time.Second)})
	if revoke {
		choices = choices.Alone()
		former[0].Revoked = true
	}
	return &secrets{Choices: choices, Receipts: randomBytes(ed25519.SeedSize), Former: former}, nil
}

// openCheckpoint reads a checkpoint that one of the keys has signed, and reports
// whether that one was revoked.
func (s secrets) openCheckpoint(note string) (c storage.Checkpoint, revoked bool, err error) {
	key, err := s.verifierKey()
	if err != nil {
		return c, false, err
	}
	good := slices.DeleteFunc(slices.Clone(s.Former), func(f storage.FormerKey) bool { return f.Revoked })
	if c, err = storage.OpenCheckpoint(note, key, good...); err == nil || len(good) == len(s.Former) {
		return c, false, err
	}
	c, err = storage.OpenCheckpoint(note, key, s.Former...)
	return c, err == nil, err
}

// rotate replaces the keys, in the storage first: a crash leaves the old ones or
// the new ones, never a choice whose key is lost.
func (k *keyStore) rotate(ctx context.Context, now time.Time, today policy.Day, revoke bool) (*secrets, error) {
	if _, err := k.get(ctx); err != nil { // makes them where there are none
		return nil, err
	}
	k.changing.Lock()
	defer k.changing.Unlock()
	if err := k.storage.Lock(ctx, keysPath); err != nil {
		return nil, keysError(err)
	}
	defer k.storage.Unlock(ctx, keysPath)
	present, err := k.load(ctx)
	if err != nil {
		return nil, keysError(err)
	}
	next, err := present.rotate(now, today, revoke)
	if err == nil {
		err = k.save(ctx, next)
	}
	if err != nil {
		return nil, keysError(err)
	}
	k.replace(next)
	return next, nil
}

// refresh takes over what another edge did to the keys.
func (k *keyStore) refresh(ctx context.Context) error {
	k.changing.Lock()
	defer k.changing.Unlock()
	loaded, err := k.load(ctx)
	if err != nil {
		return keysError(err)
	}
	k.replace(loaded)
	return nil
}

func (k *keyStore) replace(s *secrets) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.loaded = s
}

// watch refreshes the keys until ctx ends. Keys that can't be read stay in use: a
// choice is worth more than a tidy storage.
func (k *keyStore) watch(ctx context.Context, logger *slog.Logger) {
	ticker := time.NewTicker(keysCheck)
	defer ticker.Stop()
	failing := false
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		k.mu.Lock()
		used := k.loaded != nil
		k.mu.Unlock()
		if !used {
			continue // the first use reads or makes them
		}
		err := k.refresh(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			logger.Error("the keys can't be read again; the ones read before stay in use until the server stops, then choices and receipts can't be signed", "error", err)
		}
		failing = err != nil
	}
}
