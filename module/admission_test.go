package module

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// TestNothingIsAnsweredBeforeTheStart pins that requests wait until the store is
// open and what is past its window in a copy that was put back is destroyed.
func TestNothingIsAnsweredBeforeTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		shared := newSharedStore("unused")
		h := &Handler{app: &App{shared: shared}}
		next := caddyhttp.HandlerFunc(func(http.ResponseWriter, *http.Request) error {
			t.Error("the request was passed on")
			return nil
		})
		answer := func(ctx context.Context) error {
			return h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/", nil), next)
		}
		var failure caddyhttp.HandlerError
		began := time.Now()
		if err := answer(t.Context()); !errors.As(err, &failure) || failure.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("a start that takes long: %v", err)
		}
		if waited := time.Since(began); waited != admission {
			t.Errorf("waited %v", waited)
		}
		gone, leave := context.WithCancel(t.Context())
		leave()
		if err := answer(gone); !errors.Is(err, context.Canceled) {
			t.Errorf("a visitor who went away: %v", err)
		}
		waiting := make(chan error)
		go func() { waiting <- shared.admitted(t.Context()) }()
		synctest.Wait()
		shared.admit()
		shared.admit() // by the next configuration
		if err := <-waiting; err != nil {
			t.Error(err)
		}
		if err := shared.admitted(gone); err != nil {
			t.Error(err)
		}
	})
}
