package module

import (
	"context"
	"errors"
	"time"

	"github.com/mamen-ai/consentgate/storage"
)

// admission bounds how long a request waits for the start to end. Caddy starts its
// apps in no order, so that the first ones may come before the store is open.
const admission = 10 * time.Second

var errStarting = errors.New("records that are past their window are being destroyed: try again in a minute")

// admitted waits until requests may be answered.
func (s *sharedStore) admitted(ctx context.Context) error {
	select {
	case <-s.ready:
		return nil
	default:
	}
	timer := time.NewTimer(admission)
	defer timer.Stop()
	select {
	case <-s.ready:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return errStarting
	}
}

// settleRestored destroys what is past its window in a copy that was put back,
// before any request is answered: people were promised that it is gone. The clock
// guard isn't asked. It would take an old copy for a wrong clock; and if the clock
// is wrong, the copy is still where it was put back from. What can't be destroyed
// stays unreadable, and is tried again.
func (a *App) settleRestored(ctx context.Context, store storage.Store) {
	made, err := store.Restored(ctx)
	if err == nil && made.IsZero() {
		return
	}
	if err == nil {
		a.logger.Warn("the database is a copy that was put back: what is past its window in it is destroyed now, before any request is answered; "+
			"whoever withdrew after the copy was made is in it again", "made", made)
		result, failed := a.purger.Tick(ctx, true)
		a.metrics.observePurge(result)
		for _, act := range result.Dropped {
			a.logger.Info("personal data destroyed", "part", act.Part, "rows", act.Rows, "reason", act.Reason)
		}
		if err = failed; err == nil {
			err = store.RestoreFinished(ctx)
		}
	}
	if err != nil {
		a.logger.Error("what is past its window in a copy that was put back couldn't be destroyed: it can't be read, and is tried again", "error", err)
	}
}
