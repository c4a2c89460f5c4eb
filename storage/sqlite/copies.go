package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/mamen-ai/consentgate/storage"
)

// MakeCopy writes a copy of the database, for its owner only, to the absolute
// path, at which nothing may exist. What was queued before the call is in it. It is
// recorded before it is made: a crash leaves no copy that nobody knows of. Records go
// on meanwhile.
func (s *Store) MakeCopy(ctx context.Context, path string, deleteBy time.Time) (storage.Copy, error) {
	if err := s.checkCopyPath(path); err != nil {
		return storage.Copy{}, err
	}
	// O_EXCL: what is there already isn't ours to write over.
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return storage.Copy{}, fmt.Errorf("copy of the database: %w", explainCopy(err))
	}
	defer file.Close()
	made := storage.Copy{Path: path, Made: s.present(), DeleteBy: deleteBy}
	if err = s.Sync(ctx); err == nil {
		err = s.recordCopy(ctx, &made)
	}
	if err != nil {
		return storage.Copy{}, errors.Join(err, os.Remove(path))
	}
	if err := s.fillCopy(ctx, file, &made); err != nil {
		err = fmt.Errorf("copy of the database %s: %w", path, err)
		return storage.Copy{}, errors.Join(err, os.Remove(path), s.CopyDestroyed(context.WithoutCancel(ctx), made.ID))
	}
	return made, nil
}

// explainCopy adds to a failure what a person can do about it: whoever asks for the
// copy isn't who writes it.
func explainCopy(err error) error {
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS) {
		return fmt.Errorf("%w: the server writes it: name a directory in which the user that runs consentgate may write", err)
	}
	return err
}

func (s *Store) checkCopyPath(path string) error {
	if !filepath.IsAbs(path) {
		return fmt.Errorf("copy of the database %q: name an absolute path", path)
	}
	dir, err := filepath.EvalSymlinks(filepath.Dir(path))
	if err != nil {
		return fmt.Errorf("copy of the database: %w", err)
	}
	own, err := filepath.EvalSymlinks(filepath.Dir(s.path))
	if err == nil && dir == own && strings.HasPrefix(filepath.Base(path), filePrefix) {
		return fmt.Errorf("copy of the database %s: names that begin with %s are the store's own: name another file", path, filePrefix)
	}
	return nil
}

func (s *Store) recordCopy(ctx context.Context, c *storage.Copy) error {
	return s.alone(ctx, func(w *writer) error {
		return w.transact(func() error {
			return w.queryRow("INSERT INTO copies (path, sha256, bytes, made_at, delete_by) VALUES (?, '', 0, ?, ?) RETURNING id",
				[]any{c.Path, millis(c.Made), millis(c.DeleteBy)}, &c.ID)
		})
	})
}

// fillCopy has SQLite write the copy into the empty file, and makes it durable.
func (s *Store) fillCopy(ctx context.Context, file *os.File, c *storage.Copy) error {
	if err := s.vacuumInto(ctx, c.Path); err != nil {
		return err
	}
	if err := markCopy(ctx, c.Path, c.Made); err != nil {
		return err
	}
	if err := file.Sync(); err != nil {
		return err
	}
	sum := sha256.New()
	size, err := io.Copy(sum, file)
	if err != nil {
		return err
	}
	c.SHA256, c.Bytes = hex.EncodeToString(sum.Sum(nil)), size
	return s.alone(ctx, func(w *writer) error {
		return w.transact(func() error {
			return w.exec("UPDATE copies SET sha256 = ?, bytes = ? WHERE id = ?", c.SHA256, c.Bytes, c.ID)
		})
	})
}

// vacuumInto reads on a connection of its own: the readers may not write, and
// the writer has no time. Close doesn't wait for it.
func (s *Store) vacuumInto(ctx context.Context, path string) error {
	db, err := openPool(dataSource(s.path, nil), map[string]int64{"secure_delete": 1}, s.inPlace)
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, "VACUUM INTO ?", path)
	return errors.Join(err, db.Close())
}

// Copies lists the copies, the oldest first, those that were destroyed too.
func (s *Store) Copies(ctx context.Context) ([]storage.Copy, error) {
	copies, err := list(ctx, s, func(rows *sql.Rows) (c storage.Copy, err error) {
		var made, deleteBy, destroyed int64
		err = rows.Scan(&c.ID, &c.Path, &c.SHA256, &c.Bytes, &made, &deleteBy, &destroyed)
		c.Made, c.DeleteBy, c.Destroyed = fromMillis(made), fromMillis(deleteBy), fromMillis(destroyed)
		return c, err
	}, "SELECT id, path, sha256, bytes, made_at, delete_by, destroyed_at FROM copies ORDER BY id")
	if err != nil {
		return nil, fmt.Errorf("reading the copies: %w", err)
	}
	return copies, nil
}

// CopyDestroyed records that a copy exists no more. What is recorded already
// stays as it was.
func (s *Store) CopyDestroyed(ctx context.Context, id int64) error {
	err := s.alone(ctx, func(w *writer) error {
		return w.transact(func() error {
			var known int64
			if err := w.queryRow("SELECT count(*) FROM copies WHERE id = ?", []any{id}, &known); err != nil {
				return err
			}
			if known == 0 {
				return storage.ErrUnknown
			}
			return w.exec("UPDATE copies SET destroyed_at = ? WHERE id = ? AND destroyed_at = 0", millis(s.present()), id)
		})
	})
	if err != nil {
		return fmt.Errorf("copy %d: %w", id, err)
	}
	return nil
}
