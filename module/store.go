package module

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/internal/retention"
	"github.com/mamen-ai/consentgate/storage"
	"github.com/mamen-ai/consentgate/storage/sqlite"
)

// stores holds the open stores by directory. It outlives configurations, since
// on a reload the new one runs before the old one has stopped and both must
// share one database handle.
var stores = caddy.NewUsagePool()

// sharedStore is one store with everything that must survive a reload: the
// database handle and the totals of the metrics.
type sharedStore struct {
	dir     string
	metrics *metrics

	mu       sync.Mutex
	closed   bool
	store    storage.Store
	purger   *retention.Purger
	location *time.Location
	window   func(kind string) policy.Window
	now      func() time.Time
	logger   *slog.Logger
}

func newSharedStore(dir string) *sharedStore {
	s := &sharedStore{dir: dir}
	s.metrics = newMetrics(s)
	return s
}

// configure takes over the settings of the configuration that starts.
func (s *sharedStore) configure(a *App) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.store != nil && s.location.String() != a.location.String() {
		return fmt.Errorf("timezone %s: the store %s is open with %s, and its day tables are named by it; stop the server to change it", a.location, s.dir, s.location)
	}
	s.location, s.window, s.now, s.logger = a.location, a.window, a.now, a.logger
	return nil
}

// open returns the store and opens it the first time. A store that couldn't be
// opened is tried again with the next call.
func (s *sharedStore) open(ctx context.Context) (storage.Store, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.location == nil {
		return nil, storage.ErrClosed
	}
	if s.store != nil {
		return s.store, nil
	}
	store, err := sqlite.Open(ctx, sqlite.Options{
		Dir:      s.dir,
		Location: s.location,
		Window:   s.currentWindow,
		Clock:    s.now,
		Logger:   s.logger,
		OnCommit: s.metrics.observeCommit,
	})
	if err != nil {
		return nil, err
	}
	s.store = store
	return store, nil
}

// current returns the open store, or nil.
func (s *sharedStore) current() storage.Store {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.store
}

func (s *sharedStore) currentWindow(kind string) policy.Window {
	s.mu.Lock()
	window := s.window
	s.mu.Unlock()
	return window(kind)
}

func (s *sharedStore) setPurger(p *retention.Purger) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.purger = p
}

func (s *sharedStore) currentPurger() *retention.Purger {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.purger
}

// Destruct closes the store when no configuration uses it any more.
func (s *sharedStore) Destruct() error {
	s.mu.Lock()
	s.closed = true
	store := s.store
	s.mu.Unlock()
	if store == nil {
		return nil
	}
	return store.Close()
}

// clock returns the present as the running configuration sees it.
func (s *sharedStore) clock() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.now == nil {
		return time.Now()
	}
	return s.now()
}
