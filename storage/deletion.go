package storage

import (
	"context"
	"time"
)

// Target is a visitor as the vendor of a service knows them.
type Target struct {
	Service string // catalogue ID
	Visitor string // the vendor's own identifier: personal data
}

// Deletion is the deletion of one visitor's data at a vendor's server. Once it is
// done it is evidence, and the store holds nothing of the visitor any more.
type Deletion struct {
	ID      int64     `json:"id"`
	Service string    `json:"service"`
	Visitor string    `json:"-"` // empty once it is done
	Reason  Reason    `json:"reason"`
	Queued  time.Time `json:"queued_at"`
	Due     time.Time `json:"due_at"` // policy 3.4.1 (3)
	Next    time.Time `json:"-"`      // it isn't tried before
	Tries   int       `json:"tries"`
	Failure string    `json:"failure,omitempty"` // the kind of the last one
	Done    time.Time `json:"done_at,omitzero"`
}

// DeletionCount is how many deletions there are at one service.
type DeletionCount struct {
	Service string `json:"service"`
	Pending int    `json:"pending"`
	Overdue int    `json:"overdue"` // of the pending
	Done    int    `json:"done"`
}

// Deletions is the outbox of what vendors are still to delete. A visitor is in it
// once for each service, however often the deletion is demanded before it is done.
type Deletions interface {
	// AppendRevocation is AppendConsent for an event that revokes a consent. It
	// queues the deletion of the targets, durable with the row.
	AppendRevocation(ctx context.Context, c Consent, targets []Target) (Consent, error)
	// DueDeletions returns what of the services is to be tried now, at most limit,
	// the one that has waited longest first.
	DueDeletions(ctx context.Context, services []string, limit int) ([]Deletion, error)
	// DeletionFailed counts a try and sets the time of the next.
	DeletionFailed(ctx context.Context, id int64, failure string, next time.Time) error
	// DeletionsDone ends deletions and destroys the identifiers of their visitors.
	// The bytes are gone from the file after the next Scrub. The act has no rows
	// when all of them were done before.
	DeletionsDone(ctx context.Context, ids []int64, actor string) (Act, error)
	// DeletionCounts counts the deletions of each service that has any, by name.
	DeletionCounts(ctx context.Context) ([]DeletionCount, error)
	// FinishedDeletions returns those that were done last, at most limit.
	FinishedDeletions(ctx context.Context, limit int) ([]Deletion, error)
}
