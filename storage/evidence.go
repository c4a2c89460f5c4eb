package storage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"
)

// ErrUnknown is returned for what the store doesn't hold.
var ErrUnknown = errors.New("the store holds nothing of that name")

// DocumentKind says what a document is.
type DocumentKind string

// The kinds of documents that ledger rows refer to.
const (
	NoticeDocument  DocumentKind = "notice"  // what the visitor saw when choosing
	TermsDocument   DocumentKind = "terms"   // who processes what, why, where and how long
	EditionDocument DocumentKind = "edition" // the file of the privacy policy
)

// Document is a text that ledger rows refer to by its SHA-256, so that what was
// shown and agreed to can be read from the row.
type Document struct {
	SHA256    string       `json:"sha256"` // hex, of Body
	Kind      DocumentKind `json:"kind"`
	MediaType string       `json:"media_type"`
	Language  string       `json:"language,omitempty"`
	Body      []byte       `json:"-"`
	Since     time.Time    `json:"since"` // when the store first got it
}

// NewDocument returns a document of the body, without Since.
func NewDocument(kind DocumentKind, mediaType, language string, body []byte) Document {
	sum := sha256.Sum256(body)
	return Document{SHA256: hex.EncodeToString(sum[:]), Kind: kind, MediaType: mediaType, Language: language, Body: body}
}

// Segment is a month of the ledger that is complete, with its signed checkpoint.
// It outlives its rows: they go when their term as evidence ends.
type Segment struct {
	Checkpoint
	Note     string    `json:"note"`       // the signed checkpoint
	SealedAt time.Time `json:"sealed_at"`  //
	Dropped  time.Time `json:"dropped_at"` // zero while its rows are there
}

// Copy is a copy of the database. It holds personal data until it is destroyed.
type Copy struct {
	ID        int64     `json:"id"`
	Path      string    `json:"path"` // absolute, at which it was made
	SHA256    string    `json:"sha256"`
	Bytes     int64     `json:"bytes"`
	Made      time.Time `json:"made_at"`
	DeleteBy  time.Time `json:"delete_by"`
	Destroyed time.Time `json:"destroyed_at,omitzero"`
}

// Evidence is what a store keeps to prove its ledger.
type Evidence interface {
	// SaveDocuments keeps documents that it doesn't have.
	SaveDocuments(ctx context.Context, documents ...Document) error
	// Document returns the document of the hash, or ErrUnknown.
	Document(ctx context.Context, sha256 string) (Document, error)
	// Documents lists all documents, without their bodies, the oldest first.
	Documents(ctx context.Context) ([]Document, error)
	// Seal signs the months of the ledger that are complete, and returns those
	// that weren't signed before.
	Seal(ctx context.Context) ([]Segment, error)
	// Segments lists the sealed months, the oldest first.
	Segments(ctx context.Context) ([]Segment, error)
	// Checkpoint signs the present end of the ledger. An empty ledger answers
	// ErrUnknown.
	Checkpoint(ctx context.Context) (signed string, err error)
	// Compare says in words what contradicts a checkpoint that was kept
	// elsewhere, and nothing when the ledger agrees with it.
	Compare(ctx context.Context, c Checkpoint) (problem string, err error)
	// DropSegments destroys the rows of sealed months whose term as evidence has
	// ended, and returns an act for each.
	DropSegments(ctx context.Context, actor string) ([]Act, error)
	// MakeCopy writes a copy of the database, for its owner only, to the absolute
	// path, at which nothing may exist, and records it. What was queued before the
	// call is in it.
	MakeCopy(ctx context.Context, path string, deleteBy time.Time) (Copy, error)
	// Copies lists the copies, the oldest first, those that were destroyed too.
	Copies(ctx context.Context) ([]Copy, error)
	// CopyDestroyed records that a copy exists no more, or answers ErrUnknown.
	CopyDestroyed(ctx context.Context, id int64) error
	// Restored returns when the copy was made that was put back in the store's
	// place; zero when none was, and after RestoreFinished.
	Restored(ctx context.Context) (made time.Time, err error)
	// RestoreFinished records that what was past its window in that copy is
	// destroyed.
	RestoreFinished(ctx context.Context) error
}
