package module

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/mamen-ai/consentgate/storage"
)

func notFound(text string) error {
	return caddy.APIError{HTTPStatus: http.StatusNotFound, Err: errors.New(text)}
}

func badRequest(err error) error {
	return caddy.APIError{HTTPStatus: http.StatusBadRequest, Err: err}
}

// verifierKey returns the key by which receipts and checkpoints are checked.
func (a *App) verifierKey(ctx context.Context) (string, error) {
	secrets, err := a.keys.get(ctx)
	if err != nil {
		return "", err
	}
	return secrets.verifierKey()
}

// SignedCheckpoint is what "consent checkpoint" prints.
type SignedCheckpoint struct {
	Note string `json:"note"`
	Key  string `json:"key"`
}

func adminCheckpoint(r *http.Request, app *App, store storage.Store) (any, error) {
	note, err := store.Checkpoint(r.Context())
	if errors.Is(err, storage.ErrUnknown) {
		return nil, notFound("the ledger is empty: there is nothing to sign")
	}
	if err != nil {
		return nil, err
	}
	key, err := app.verifierKey(r.Context())
	return SignedCheckpoint{note, key}, err
}

// maxCheckpoint bounds a checkpoint that is sent to be compared, in bytes.
const maxCheckpoint = 4 << 10

// Comparison is what "consent verify --checkpoint" found.
type Comparison struct {
	Month   string    `json:"month"`
	Row     int64     `json:"row"` // the last that the checkpoint speaks of
	At      time.Time `json:"at"`  // when it was signed
	Problem string    `json:"problem,omitempty"`
	Revoked bool      `json:"revoked,omitempty"` // the key that signed it may have been in other hands
}

func adminCompare(r *http.Request, app *App, store storage.Store) (any, error) {
	note, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxCheckpoint))
	if err != nil {
		return nil, badRequest(err)
	}
	secrets, err := app.keys.get(r.Context())
	if err != nil {
		return nil, err
	}
	checkpoint, revoked, err := secrets.openCheckpoint(string(note))
	if err != nil {
		return nil, badRequest(err)
	}
	problem, err := store.Compare(r.Context(), checkpoint)
	return Comparison{checkpoint.Month, checkpoint.Last(), checkpoint.At, problem, revoked}, err
}

// KeptDocument is a document with its text.
type KeptDocument struct {
	storage.Document
	Body []byte `json:"body"`
}

func adminDocument(r *http.Request, _ *App, store storage.Store) (any, error) {
	hash := r.URL.Query().Get("sha256")
	if hash == "" {
		return store.Documents(r.Context())
	}
	if digest, err := hex.DecodeString(hash); err != nil || len(digest) != sha256.Size {
		return nil, badRequest(errors.New("sha256 " + strconv.Quote(hash) + " has to be 64 hexadecimal digits: see \"consent document\""))
	}
	document, err := store.Document(r.Context(), hash)
	if errors.Is(err, storage.ErrUnknown) {
		return nil, notFound("no document has the hash " + strconv.Quote(hash))
	}
	return KeptDocument{document, document.Body}, err
}

// copyLife is how long a copy of the database may be kept, in days. Whoever
// withdraws just after it was made must be gone from it within 10 working days
// (policy 3.4.1 (3)), and these are never fewer than 12 calendar days.
const copyLife = 12

func adminBackup(r *http.Request, app *App, store storage.Store) (any, error) {
	path := r.URL.Query().Get("path")
	deleteBy, err := app.copyEnds(r.Context(), store)
	if err != nil {
		return nil, err
	}
	made, err := store.MakeCopy(r.Context(), path, deleteBy)
	if err != nil {
		return nil, caddy.APIError{HTTPStatus: http.StatusConflict, Err: err}
	}
	app.logger.Info("the database was copied", "path", made.Path, "bytes", made.Bytes, "delete_by", made.DeleteBy)
	return made, nil
}

// copyEnds returns when a copy that is made now must be gone: when the first of
// the records in it must, or those whom a request that waits for its answer has
// withdrawn or erased, at the latest when its life ends.
func (a *App) copyEnds(ctx context.Context, store storage.Store) (time.Time, error) {
	now := a.now()
	ends := now.AddDate(0, 0, copyLife)
	sooner := func(t time.Time) {
		if t.After(now) && t.Before(ends) {
			ends = t
		}
	}
	parts, err := store.Parts(ctx)
	if err != nil {
		return ends, err
	}
	for _, part := range parts {
		if part.State == storage.Live {
			sooner(part.DropAt)
		}
	}
	requests, err := store.Requests(ctx, false)
	for _, r := range requests {
		if r.Kind == storage.WithdrawRequest || r.Kind == storage.EraseRequest {
			sooner(r.Due.End(a.location))
		}
	}
	return ends, err
}

func adminCopies(r *http.Request, _ *App, store storage.Store) (any, error) {
	return store.Copies(r.Context())
}

func adminCopyDestroyed(r *http.Request, _ *App, store storage.Store) (any, error) {
	text := r.URL.Query().Get("copy")
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return nil, badRequest(errors.New("copy " + strconv.Quote(text) + " is no number: see \"consent backup --list\""))
	}
	if err := store.CopyDestroyed(r.Context(), id); errors.Is(err, storage.ErrUnknown) {
		return nil, notFound("there is no copy " + text + ": see \"consent backup --list\"")
	} else if err != nil {
		return nil, err
	}
	return store.Copies(r.Context())
}

// overdueCopies counts the copies that should be gone.
func overdueCopies(copies []storage.Copy, now time.Time) (overdue int) {
	for _, c := range copies {
		if c.Destroyed.IsZero() && !c.DeleteBy.After(now) {
			overdue++
		}
	}
	return overdue
}
