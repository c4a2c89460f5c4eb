// Package sqlite keeps consentgate's records in one SQLite file.
//
// It owns the file, the lock on its directory, the hash chain of the ledger and
// the way in which personal data is destroyed so that its bytes are gone. It
// doesn't decide when a day table must go (package retention does) nor what may
// be recorded.
//
// One goroutine owns the only connection that writes. Consents that wait at the
// same time share one commit and are acknowledged after it; visits don't wait.
// Everything that destroys runs on that goroutine, between two commits.
package sqlite

import (
	"context"
	"crypto/ed25519"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage"
)

const (
	databaseName = "consentgate.db"
	lockName     = "consentgate.lock"
	defaultQueue = 4096
	readerCount  = 4
)

var errInUse = errors.New("in use")

// Options say where and how a Store keeps its records. Dir and Location are
// required.
type Options struct {
	// Dir holds the database. It is created with mode 0700, or narrowed to it; the
	// files in it have mode 0600.
	Dir string
	// Location names the day tables: a record belongs to its civil day there.
	Location *time.Location
	// Window returns the window of a kind when its day table is created. Nil, and
	// any window the policy doesn't know, mean 14 months.
	Window func(kind string) policy.Window
	// Clock returns the present; nil means time.Now.
	Clock func() time.Time
	// Logger receives what needs an operator's eye; nil discards it.
	Logger *slog.Logger
	// Queue is how many visits may wait to be written; 0 means 4096.
	Queue int
	// Key returns the key that signs the ledger's checkpoints. Nil means that
	// nothing can be sealed, and that signatures aren't checked.
	Key func(context.Context) (ed25519.PrivateKey, error)
	// Former returns the keys that signed checkpoints before, by which these are
	// checked. Nil means that there are none.
	Former func(context.Context) ([]storage.FormerKey, error)
	// Target returns by which identifier the vendor of a service can be asked to
	// delete a visitor, given what an IP record holds of it, and false where it
	// can't. Nil means that no vendor can.
	Target func(service, visitorID string) (target string, ok bool)
	// Due returns when a deletion at a vendor that is queued at a time must be
	// done; nil means 10 calendar days later.
	Due func(queued time.Time) time.Time
	// OnCommit, if set, receives the duration of each commit of consents and
	// visits. It is called by the writing goroutine and must not block.
	OnCommit func(time.Duration)
}

// Store implements [storage.Store]. Create it with [Open].
type Store struct {
	location *time.Location
	window   func(kind string) policy.Window
	clock    func() time.Time
	logger   *slog.Logger
	key      func(context.Context) (ed25519.PrivateKey, error)
	former   func(context.Context) ([]storage.FormerKey, error)
	onCommit func(time.Duration)
	target   func(service, visitorID string) (string, bool)
	due      func(time.Time) time.Time

	attempts int // at emptying the write-ahead log: see scrub.go

	path      string
	lock      *os.File
	used      bool        // the directory had a lock before
	made      []string    // what Open made: see discard.go
	raw       *os.File    // see residue.go
	log       os.FileInfo // of the write-ahead log, as it was opened
	writerDB  *sql.DB
	readers   *sql.DB
	writer    *writer
	consents  chan *consentJob
	visits    chan storage.Visit
	arrived   chan struct{} // a sign that visits wait
	crowded   chan struct{} // a sign that as many wait as share a commit
	exclusive chan *exclusiveJob
	stop      chan struct{} // closed by Close, after the last send
	stopped   chan struct{} // closed by the writing goroutine at its end

	// guard is held for reading while something is sent to the writer or read
	// from the database, and for writing by Close.
	guard  sync.RWMutex
	closed bool

	dropped atomic.Int64

	countsGuard sync.Mutex
	counts      map[storage.Event]int64 // committed ledger rows
}

var _ storage.Store = (*Store)(nil)

// Open opens the database in the directory, creating both when they are absent,
// and brings its schema up to date. It fails when another Store has the
// directory, when the directory is open to other users and can't be narrowed,
// when the schema is newer than this package, and when a connection doesn't
// erase what it deletes.
func Open(ctx context.Context, o Options) (_ *Store, err error) {
	if o.Dir == "" || o.Location == nil {
		return nil, errors.New("a store needs a directory and a time zone")
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("storage directory %s: %w", o.Dir, err)
	}
	s := newStore(o, filepath.Join(dir, databaseName))
	defer func() {
		if err != nil {
			err = errors.Join(err, s.undo())
		}
	}()
	if err := s.ownDirectory(dir); err != nil {
		return nil, fmt.Errorf("storage directory: %w", explain(err))
	}
	s.used = !absent(filepath.Join(dir, lockName))
	s.lock, err = lockFile(filepath.Join(dir, lockName))
	if errors.Is(err, errInUse) {
		return nil, fmt.Errorf("another consentgate uses %s: stop it, or give this one its own storage directory", dir)
	}
	if err != nil {
		return nil, fmt.Errorf("locking the storage directory: %w", explain(err))
	}
	if !s.used {
		s.made = append(s.made, s.lock.Name())
	}
	if err := s.open(ctx); err != nil {
		return nil, fmt.Errorf("database %s: %w", s.path, explain(err))
	}
	go s.write()
	return s, nil
}

func newStore(o Options, path string) *Store {
	s := &Store{
		location:  o.Location,
		window:    o.Window,
		clock:     o.Clock,
		logger:    o.Logger,
		key:       o.Key,
		former:    o.Former,
		onCommit:  o.OnCommit,
		attempts:  checkpointAttempts,
		target:    o.Target,
		due:       o.Due,
		path:      path,
		consents:  make(chan *consentJob, maxBatch),
		exclusive: make(chan *exclusiveJob),
		stop:      make(chan struct{}),
		stopped:   make(chan struct{}),
		counts:    map[storage.Event]int64{},
	}
	if s.window == nil {
		s.window = func(string) policy.Window { return policy.Months14 }
	}
	if s.clock == nil {
		s.clock = time.Now
	}
	if s.logger == nil {
		s.logger = slog.New(slog.DiscardHandler)
	}
	if s.due == nil {
		s.due = defaultDue
	}
	if s.former == nil {
		s.former = func(context.Context) ([]storage.FormerKey, error) { return nil, nil }
	}
	if s.onCommit == nil {
		s.onCommit = func(time.Duration) {}
	}
	queue := o.Queue
	if queue <= 0 {
		queue = defaultQueue
	}
	s.visits = make(chan storage.Visit, queue)
	s.arrived, s.crowded = make(chan struct{}, 1), make(chan struct{}, 1)
	return s
}

// open opens the file and everything that works on it.
func (s *Store) open(ctx context.Context) (err error) {
	// A lock from before, and no database: that isn't a first start.
	info, err := os.Stat(s.path)
	if s.used && (errors.Is(err, fs.ErrNotExist) || err == nil && info.Size() == 0) {
		s.logger.Warn("the storage directory was used before and has no database: a new one is begun, and what was recorded is missing; "+
			"if it wasn't removed on purpose, stop consentgate and put it back", "database", s.path)
	}
	// SQLite gives the -wal and -shm files the mode of the database.
	begun := errors.Is(err, fs.ErrNotExist)
	if s.raw, err = os.OpenFile(s.path, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return err
	}
	if begun {
		s.made = append(s.made, s.path)
	}
	if err := s.raw.Chmod(0o600); err != nil {
		return err
	}
	steps, err := migrations(migrationFiles)
	if err != nil {
		return err
	}
	if err := refuseNewer(s.raw, steps); err != nil {
		return err
	}
	var conn *sql.Conn
	if s.writerDB, conn, err = openWriter(ctx, s.path); err != nil {
		return err
	}
	s.writer = &writer{store: s, conn: conn}
	if err := migrate(ctx, conn, steps); err != nil {
		return err
	}
	if err := s.writer.load(ctx); err != nil {
		return err
	}
	if s.log, err = os.Stat(s.logPath()); err != nil {
		return err
	}
	s.readers, err = openReaders(s.path, readerCount, s.inPlace)
	return err
}

// Close writes what is queued and closes the database. Later calls of any
// method return [storage.ErrClosed].
func (s *Store) Close() error {
	if err := s.finish(); err != nil {
		return err
	}
	return s.release()
}

// finish has what is queued written, and the writing goroutine end.
func (s *Store) finish() error {
	s.guard.Lock()
	if s.closed {
		s.guard.Unlock()
		return storage.ErrClosed
	}
	s.closed = true
	s.guard.Unlock()
	close(s.stop)
	<-s.stopped
	return nil
}

// release closes what Open opened, the last first.
func (s *Store) release() error {
	err := s.closeDatabase()
	if s.lock != nil {
		err = errors.Join(err, s.lock.Close())
	}
	return err
}

func (s *Store) closeDatabase() error {
	var errs []error
	if s.readers != nil {
		errs = append(errs, s.readers.Close())
	}
	if s.writer != nil {
		errs = append(errs, s.writer.close())
	}
	if s.writerDB != nil {
		errs = append(errs, s.writerDB.Close())
	}
	if s.raw != nil {
		errs = append(errs, s.raw.Close())
	}
	return errors.Join(errs...)
}

// view runs f in one read transaction.
func (s *Store) view(ctx context.Context, f func(tx *sql.Tx) error) error {
	s.guard.RLock()
	defer s.guard.RUnlock()
	if s.closed {
		return storage.ErrClosed
	}
	if err := s.inPlace(); err != nil {
		return fmt.Errorf("reading records: %w", err)
	}
	tx, err := s.readers.BeginTx(ctx, nil)
	if err == nil {
		defer tx.Rollback() // nothing was written
		if err = f(tx); resultCode(err) == sqlite3.SQLITE_OK {
			return err // not the database's
		}
	}
	return fmt.Errorf("reading %s: %w", s.path, explain(err))
}
