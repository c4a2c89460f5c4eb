package module

import (
	"context"
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/inventory"
	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage"
	"github.com/mamen-ai/consentgate/storage/sqlite"
)

// stores holds the open stores by directory. It outlives configurations, since
// on a reload the new one runs before the old one has stopped and both must
// share one database handle.
var stores = caddy.NewUsagePool()

// sharedStore is one store with everything that must survive a reload: the
// database handle, the totals of the metrics, and what the traffic showed.
type sharedStore struct {
	dir       string
	metrics   *metrics
	inventory *inventory.Inventory
	saving    sync.Mutex // of the inventory, one at a time

	ready chan struct{} // closed once requests are admitted: see restored.go
	admit func()        // closes it

	mu     sync.Mutex
	closed bool
	store  storage.Store
	users  []*App // started configurations; the last one's settings count
	used   bool   // a configuration started with all its apps

	standings map[consent.ID]storage.Standing // of consents that were revoked or blocked
	offers    map[consent.Digest]consent.Offer
	requests  sync.Mutex // of data subjects, one act on them at a time
}

func newSharedStore(dir string) *sharedStore {
	s := &sharedStore{dir: dir, inventory: inventory.New(), ready: make(chan struct{})}
	s.admit = sync.OnceFunc(func() { close(s.ready) })
	s.metrics = newMetrics(s)
	return s
}

// enter takes over the settings of a configuration that starts.
func (s *sharedStore) enter(a *App) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.store != nil && len(s.users) > 0 {
		if open := s.users[0].location; open.String() != a.location.String() {
			return fmt.Errorf("timezone %s: the store %s is open with %s, and its day tables are named by it; stop the server to change it", a.location, s.dir, open)
		}
	}
	s.users = append(s.users, a)
	return nil
}

// leave gives the settings back to the configuration before: one that started
// and failed must not leave its own behind.
func (s *sharedStore) leave(a *App) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.users = slices.DeleteFunc(s.users, func(user *App) bool { return user == a })
}

// user is the configuration whose settings count, or nil; s.mu is held.
func (s *sharedStore) user() *App {
	if len(s.users) == 0 {
		return nil
	}
	return s.users[len(s.users)-1]
}

// open returns the store and opens it the first time. A store that couldn't be
// opened is tried again with the next call.
func (s *sharedStore) open(ctx context.Context) (storage.Store, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	user := s.user()
	if s.closed || user == nil {
		return nil, storage.ErrClosed
	}
	if s.store != nil {
		return s.store, nil
	}
	store, err := sqlite.Open(ctx, sqlite.Options{
		Dir:      s.dir,
		Location: user.location,
		Window:   s.window,
		Clock:    s.clock,
		Logger:   user.logger,
		Key:      s.key,
		Former:   s.former,
		Target:   s.target,
		Due:      s.due,
		OnCommit: s.metrics.observeCommit,
	})
	if err != nil {
		return nil, err
	}
	if err := s.loadStandings(ctx, store, user); err != nil {
		return nil, errors.Join(err, store.Discard())
	}
	if err := s.loadOffers(ctx, store); err != nil {
		return nil, errors.Join(err, store.Discard())
	}
	seen, err := store.Inventory(ctx)
	if err != nil {
		return nil, errors.Join(err, store.Discard())
	}
	s.inventory.Load(seen)
	s.store = store
	return store, nil
}

// append makes an event of the ledger durable. What it revokes is refused from
// then on, whoever still presents its cookie.
func (s *sharedStore) append(ctx context.Context, row storage.Consent, person *storage.Person) error {
	store, err := s.open(ctx)
	if err != nil {
		return err
	}
	if _, err := store.AppendConsent(ctx, row, person); err != nil {
		return err
	}
	s.heed(row)
	return nil
}

// erase destroys everything recorded under the ID, down to the bytes. Visits that
// are still on their way go with it.
func (s *sharedStore) erase(ctx context.Context, id consent.ID, reason storage.Reason, actor string) ([]storage.Act, error) {
	store, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	if err := store.Sync(ctx); err != nil {
		return nil, err
	}
	acts, err := store.Erase(ctx, id, reason, actor)
	s.wakeDownstream()
	if err != nil {
		return acts, err
	}
	_, err = store.Scrub(ctx)
	return acts, err
}

// current returns the open store, or nil.
func (s *sharedStore) current() storage.Store {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.store
}

// settings returns the configuration that counts, or nil.
func (s *sharedStore) settings() *App {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.user()
}

// window returns the window of a kind in the configuration that counts.
func (s *sharedStore) window(kind string) policy.Window {
	user := s.settings()
	if user == nil {
		return policy.Months14
	}
	return user.window(kind)
}

// use notes that the store belongs to a server that runs.
func (s *sharedStore) use() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used = true
}

// Destruct closes the store when no configuration uses it any more. What a start that
// failed made goes again.
func (s *sharedStore) Destruct() error {
	s.mu.Lock()
	s.closed = true
	store, used := s.store, s.used
	s.mu.Unlock()
	switch {
	case store == nil:
		return nil
	case !used:
		return store.Discard()
	}
	return errors.Join(s.saveInventoryAtEnd(), store.Close())
}

// due returns when what a withdrawal demands of others must be done (policy 3.4.1
// (3)).
func (s *sharedStore) due(demanded time.Time) time.Time {
	user := s.settings()
	if user == nil {
		user = new(App) // a calendar without years is the strictest
		user.location = time.UTC
	}
	day, _ := user.calendar.Due(policy.DayOf(demanded, user.location))
	return day.End(user.location)
}

// key returns the key that signs the ledger's checkpoints, as it signs receipts.
func (s *sharedStore) key(ctx context.Context) (ed25519.PrivateKey, error) {
	user := s.settings()
	if user == nil {
		return nil, storage.ErrClosed
	}
	secrets, err := user.keys.get(ctx)
	if err != nil {
		return nil, err
	}
	return secrets.receiptKey(), nil
}

// former returns the keys that signed checkpoints before.
func (s *sharedStore) former(ctx context.Context) ([]storage.FormerKey, error) {
	user := s.settings()
	if user == nil {
		return nil, storage.ErrClosed
	}
	secrets, err := user.keys.get(ctx)
	if err != nil {
		return nil, err
	}
	return secrets.Former, nil
}

// clock returns the present as the configuration that counts sees it.
func (s *sharedStore) clock() time.Time {
	user := s.settings()
	if user == nil {
		return time.Now()
	}
	return user.now()
}
