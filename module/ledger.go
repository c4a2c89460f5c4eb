package module

import (
	"context"
	"errors"
	"time"

	"github.com/mamen-ai/consentgate/storage"
)

// ledgerCheck is how often the hash chain is walked for the metric.
const ledgerCheck = time.Hour

// watchLedger verifies the ledger at the start and then hourly.
func (a *App) watchLedger(ctx context.Context, store storage.Store) {
	ticker := time.NewTicker(ledgerCheck)
	defer ticker.Stop()
	for {
		verification, err := store.Verify(ctx)
		switch {
		case err == nil:
			a.metrics.observeVerification(verification)
		case ctx.Err() == nil && !errors.Is(err, storage.ErrClosed):
			a.metrics.ledgerOK.Set(0) // what can't be read can't be shown to an auditor
			a.logger.Error("the ledger can't be verified", "error", err)
		}
		if err == nil && !verification.OK {
			a.logger.Error("the ledger doesn't verify", "first_bad", verification.FirstBad, "problem", verification.Problem)
		}
		if err == nil && verification.Unresolved > 0 {
			a.logger.Error("the ledger refers to texts that are missing or were changed", "rows", verification.Unresolved)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
