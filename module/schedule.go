package module

import (
	"context"
	"errors"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/modules/caddyevents"
	"github.com/mamen-ai/consentgate/storage"
)

// awaitStart has the schedule begin once all apps have started. Until then the start
// can fail, by a port that is taken for one, and must leave nothing behind.
func (a *App) awaitStart(ctx caddy.Context) error {
	events, err := ctx.App("events")
	if err != nil {
		return err
	}
	return events.(*caddyevents.App).On("started", startedHandler{a})
}

// startedHandler is told by Caddy that all apps of a configuration have started.
type startedHandler struct{ app *App }

// Handle implements caddyevents.Handler.
func (h startedHandler) Handle(context.Context, caddy.Event) error {
	h.app.shared.use()
	h.app.schedule()
	return nil
}

// begin starts what runs by schedule until ctx ends.
func (a *App) begin(ctx context.Context, store storage.Store) {
	if a.Demo {
		if err := a.seed(ctx, store); err != nil && !errors.Is(err, storage.ErrNotEmpty) {
			a.logger.Error("the demonstration's records can't be written", "error", err)
		}
	}
	a.startDownstream(ctx, store)
	a.running.Go(func() { a.purger.Run(ctx) })
	a.running.Go(func() { a.watchLedger(ctx, store) })
	a.running.Go(func() { a.keepInventory(ctx) })
	a.running.Go(func() { a.keys.watch(ctx, a.logger) })
}
