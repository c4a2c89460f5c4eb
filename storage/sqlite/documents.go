package sqlite

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"

	"github.com/mamen-ai/consentgate/storage"
)

// SaveDocuments keeps documents that it doesn't have.
func (s *Store) SaveDocuments(ctx context.Context, documents ...storage.Document) error {
	err := s.alone(ctx, func(w *writer) error {
		return w.transact(func() error {
			for _, d := range documents {
				err := w.exec(`INSERT INTO documents (sha256, kind, media_type, language, body, first_at) VALUES (?,?,?,?,?,?)
					ON CONFLICT DO NOTHING`, d.SHA256, string(d.Kind), d.MediaType, d.Language, d.Body, millis(s.present()))
				if err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		return fmt.Errorf("keeping documents: %w", err)
	}
	return nil
}

// Document returns the document of the hash, or [storage.ErrUnknown].
func (s *Store) Document(ctx context.Context, sha256 string) (storage.Document, error) {
	found, err := s.documents(ctx, "body", "WHERE sha256 = ?", sha256)
	if err == nil && len(found) == 0 {
		err = storage.ErrUnknown
	}
	if err != nil {
		return storage.Document{}, fmt.Errorf("document %s: %w", sha256, err)
	}
	return found[0], nil
}

// Documents lists all documents, without their bodies, the oldest first.
func (s *Store) Documents(ctx context.Context) ([]storage.Document, error) {
	found, err := s.documents(ctx, "NULL", "ORDER BY first_at, kind, language, sha256")
	if err != nil {
		return nil, fmt.Errorf("reading the documents: %w", err)
	}
	return found, nil
}

func (s *Store) documents(ctx context.Context, body, condition string, args ...any) ([]storage.Document, error) {
	return list(ctx, s, func(rows *sql.Rows) (d storage.Document, err error) {
		var first int64
		err = rows.Scan(&d.SHA256, &d.Kind, &d.MediaType, &d.Language, &first, &d.Body)
		d.Since = fromMillis(first)
		return d, err
	}, "SELECT sha256, kind, media_type, language, first_at, "+body+" FROM documents "+condition, args...)
}

// intactDocuments returns the hashes of the documents whose body still has it.
func intactDocuments(ctx context.Context, tx *sql.Tx) (map[string]bool, error) {
	rows, err := tx.QueryContext(ctx, "SELECT sha256, body FROM documents")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	intact := map[string]bool{}
	for rows.Next() {
		var name string
		var body []byte
		if err := rows.Scan(&name, &body); err != nil {
			return nil, err
		}
		sum := sha256.Sum256(body)
		intact[name] = name == hex.EncodeToString(sum[:])
	}
	return intact, rows.Err()
}
