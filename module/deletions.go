package module

import (
	"context"

	"github.com/mamen-ai/consentgate/storage"
)

// VendorDeletions is what "consent status" shows of the deletions at vendors.
type VendorDeletions struct {
	Counts   []storage.DeletionCount `json:"counts"`
	Finished []storage.Deletion      `json:"finished"` // the last ones
}

// vendorDeletions reads them.
func vendorDeletions(ctx context.Context, store storage.Store) (v VendorDeletions, err error) {
	if v.Counts, err = store.DeletionCounts(ctx); err == nil {
		v.Finished, err = store.FinishedDeletions(ctx, actsShown)
	}
	return v, err
}

// problems says in a sentence each what isn't done in time.
func (v VendorDeletions) problems(add func(broken bool, format string, args ...any)) {
	for _, c := range v.Counts {
		add(c.Overdue > 0, "%d deletions at %s are past their day; the server's log says why, and what is due is tried again by itself.", c.Overdue, c.Service)
	}
}

func (c client) printDeletions(v VendorDeletions) {
	if len(v.Counts) > 0 {
		c.printf("\n%-32s %8s %8s %8s\n", "DELETIONS AT VENDORS", "PENDING", "OVERDUE", "DONE")
	}
	for _, count := range v.Counts {
		c.printf("%-32s %8d %8d %8d\n", count.Service, count.Pending, count.Overdue, count.Done)
	}
}
