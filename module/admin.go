package module

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/dustin/go-humanize"
	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/retention"
	"github.com/mamen-ai/consentgate/storage"
)

func init() {
	caddy.RegisterModule(new(Admin))
}

// Admin answers the commands about consent through Caddy's admin API, which
// listens on loopback unless it's configured otherwise.
type Admin struct{}

// CaddyModule returns the Caddy module information.
func (*Admin) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "admin.api.consent", New: func() caddy.Module { return new(Admin) }}
}

// adminPath is where the routes lie.
const adminPath = "/consent/"

// Routes implements caddy.AdminRouter.
func (*Admin) Routes() []caddy.AdminRoute {
	route := func(name, method string, serve func(*http.Request, *App, storage.Store) (any, error)) caddy.AdminRoute {
		return caddy.AdminRoute{Pattern: adminPath + name, Handler: caddy.AdminHandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
			if r.Method != method {
				w.Header().Set("Allow", method)
				return caddy.APIError{HTTPStatus: http.StatusMethodNotAllowed, Err: errors.New("use " + method)}
			}
			app, store, err := running(r)
			if err != nil {
				return err
			}
			result, err := serve(r, app, store)
			if err != nil {
				var known caddy.APIError
				if errors.As(err, &known) {
					return known
				}
				return caddy.APIError{HTTPStatus: http.StatusInternalServerError, Err: err}
			}
			w.Header().Set("Content-Type", "application/json")
			return json.NewEncoder(w).Encode(result)
		})}
	}
	return []caddy.AdminRoute{
		{Pattern: adminPath, Handler: caddy.AdminHandlerFunc(serveOverview)},
		{Pattern: adminPath + "live", Handler: caddy.AdminHandlerFunc(serveLive)},
		{Pattern: adminPath + "ready", Handler: caddy.AdminHandlerFunc(serveReady)},
		route("status", http.MethodGet, adminStatus),
		route("inventory", http.MethodGet, adminInventory),
		route("verify", http.MethodGet, adminVerify),
		route("checkpoint", http.MethodGet, adminCheckpoint),
		route("compare", http.MethodPost, adminCompare),
		route("document", http.MethodGet, adminDocument),
		route("backup", http.MethodPost, adminBackup),
		route("copies", http.MethodGet, adminCopies),
		route("copy-destroyed", http.MethodPost, adminCopyDestroyed),
		route("keys", http.MethodGet, adminKeys),
		route("rotate-keys", http.MethodPost, adminRotateKeys),
		route("report", http.MethodGet, adminReport),
		route("purge", http.MethodPost, adminPurge),
		route("export", http.MethodGet, adminExport),
		route("held", http.MethodPost, adminExport), // the same, with the ID in the body: addresses are logged
		route("erase", http.MethodPost, adminErase),
		route("requests", http.MethodGet, adminRequests),
		route("request-add", http.MethodPost, adminAddRequest),
		route("request-close", http.MethodPost, adminCloseRequest),
	}
}

// running returns the app of the configuration that runs. The admin API is set
// up before the apps, so it looks at each request.
func running(r *http.Request) (*App, storage.Store, error) {
	ctx := caddy.ActiveContext()
	loaded, err := ctx.AppIfConfigured("consent")
	if err != nil {
		return nil, nil, caddy.APIError{HTTPStatus: http.StatusNotFound, Err: errors.New("the running configuration has no consent_gate")}
	}
	app := loaded.(*App)
	store, err := app.shared.open(r.Context())
	if err != nil {
		return nil, nil, caddy.APIError{HTTPStatus: http.StatusServiceUnavailable, Err: err}
	}
	return app, store, nil
}

// Status is what "consent status" shows.
type Status struct {
	Version      string               `json:"version"`
	At           time.Time            `json:"at"`
	Edition      string               `json:"edition"`
	Controller   string               `json:"controller"`
	CrossBorder  string               `json:"cross_border"`
	Timezone     string               `json:"timezone"`
	Windows      map[string]string    `json:"windows"`
	Totals       storage.Totals       `json:"totals"`
	Parts        []storage.Part       `json:"parts"`
	Oldest       map[string]time.Time `json:"oldest_readable"`
	Acts         []storage.Act        `json:"acts"`
	Verification storage.Verification `json:"verification"`
	Overdue      int                  `json:"overdue"`
	// UnknownThirdParties are those that nothing names, seen in the last 30 days.
	UnknownThirdParties int             `json:"unknown_third_parties"`
	OverdueCopies       int             `json:"overdue_copies"`
	OpenRequests        int             `json:"open_requests"`
	OverdueRequests     int             `json:"overdue_requests"`
	VendorDeletions     VendorDeletions `json:"vendor_deletions"`
	Key                 string          `json:"key"` // by which receipts and checkpoints are checked
	KeyError            string          `json:"key_error,omitempty"`
	// Deletion is what the last run of the deletion found.
	Deletion retention.Result `json:"deletion"`
	Free     uint64           `json:"free_bytes"` // on the store's disk
	Problems []string         `json:"problems"`   // in words; empty when all promises are kept
}

// problems says in a sentence each what breaks a promise.
func (s Status) problems() []string {
	problems := []string{}
	add := func(broken bool, format string, args ...any) {
		if broken {
			problems = append(problems, fmt.Sprintf(format, args...))
		}
	}
	add(!s.Verification.OK, "The ledger doesn't verify from row %d on: %s; keep the database as evidence, and find out who changed it.", s.Verification.FirstBad, s.Verification.Problem)
	add(s.Deletion.ClockTripped, "The clock is in doubt (%s), and nothing whose window has ended is destroyed: set it right, or, if it is right, run: consentgate consent purge", s.Deletion.Clock)
	add(s.Deletion.Err != nil, "The last deletion failed and is tried again: %v.", s.Deletion.Err)
	add(s.Deletion.PendingErasures > 0, "The records of %d revoked consents aren't destroyed yet; it is tried again by itself.", s.Deletion.PendingErasures)
	add(0 < s.Free && s.Free < littleRoom, "The store's disk has %s left: make room before choices are refused.", humanize.Bytes(s.Free))
	add(s.Overdue > 0, "%d day tables are past their day; run: consentgate consent purge", s.Overdue)
	add(s.Verification.Unresolved > 0, "%d rows of the ledger refer to a text that is missing or was changed; keep the database as evidence.", s.Verification.Unresolved)
	add(s.KeyError != "", "Choices are refused, and nothing can be signed: %s.", s.KeyError)
	add(s.OverdueCopies > 0, "%d copies of the database are past their day; run: consentgate consent backup --list", s.OverdueCopies)
	add(s.OverdueRequests > 0, "%d requests by letter or mail are past their day; run: consentgate consent request list", s.OverdueRequests)
	s.VendorDeletions.problems(add)
	add(s.Verification.Residual > 0, "Bytes of %d destroyed day tables are still in the database files: end what else has them open; the next run scrubs again.", s.Verification.Residual)
	add(s.Totals.Dropped > 0, "%d visits were not recorded since the server started, because the queue was full or the clock was off; the server's log says which.", s.Totals.Dropped)
	return problems
}

// actsShown is how many of the newest acts a status lists.
const actsShown = 20

func adminStatus(r *http.Request, app *App, store storage.Store) (any, error) {
	ctx := r.Context()
	s := Status{
		Version: version(), At: app.now().UTC(), Edition: app.Policy.Edition.String(), Controller: app.Controller.Name,
		CrossBorder: app.CrossBorder, Timezone: app.Timezone, Windows: map[string]string{storage.VisitsKind: app.window(storage.VisitsKind).String()},
	}
	for kind, window := range app.Windows {
		s.Windows[kind] = window.String()
	}
	var err error
	read := func(f func() error) {
		if err == nil {
			err = f()
		}
	}
	read(func() error { return store.Sync(ctx) })
	read(func() (e error) { s.Totals, e = store.Totals(ctx); return })
	read(func() (e error) { s.Parts, e = store.Parts(ctx); return })
	read(func() (e error) { s.Oldest, e = store.Oldest(ctx); return })
	read(func() (e error) { s.Acts, e = store.Acts(ctx, actsShown); return })
	read(func() (e error) { s.Verification, e = store.Verify(ctx); return })
	read(func() (e error) { s.VendorDeletions, e = vendorDeletions(ctx, store); return })
	read(func() error {
		copies, e := store.Copies(ctx)
		s.OverdueCopies = overdueCopies(copies, s.At)
		return e
	})
	read(func() error {
		requests, e := store.Requests(ctx, false)
		s.OpenRequests, s.OverdueRequests = len(requests), overdueRequests(requests, app.today())
		return e
	})
	if err != nil {
		return nil, err
	}
	if s.Key, err = app.verifierKey(ctx); err != nil {
		s.KeyError = err.Error()
	}
	app.metrics.observeVerification(s.Verification)
	s.Deletion = app.purger.Last()
	s.Free, _ = freeBytes(app.shared.dir) // not on every system
	for _, part := range s.Parts {
		if part.State == storage.Live && !part.DropAt.After(s.At) {
			s.Overdue++
		}
	}
	inPages, reported := app.unknownHosts()
	s.UnknownThirdParties = inPages + reported
	s.Problems = s.problems()
	return s, nil
}

func adminVerify(r *http.Request, app *App, store storage.Store) (any, error) {
	verification, err := store.Verify(r.Context())
	if err == nil {
		app.metrics.observeVerification(verification)
	}
	return verification, err
}

// Purge is what "consent purge" did or, dry, would do.
type Purge struct {
	Due    []storage.Part    `json:"due,omitempty"`
	Result *retention.Result `json:"result,omitempty"`
}

func adminPurge(r *http.Request, app *App, _ storage.Store) (any, error) {
	if r.URL.Query().Has("dry_run") {
		due, err := app.purger.Due(r.Context())
		return Purge{Due: due}, err
	}
	result, err := app.purger.Tick(r.Context(), true)
	app.metrics.observePurge(result)
	return Purge{Result: &result}, err
}

func adminExport(r *http.Request, _ *App, store storage.Store) (any, error) {
	id, err := requestedID(r)
	if err != nil {
		return nil, err
	}
	return knownConsent(r.Context(), store, id)
}

// knownConsent returns what is held under an ID that the ledger knows.
func knownConsent(ctx context.Context, store storage.Store, id consent.ID) (storage.Holding, error) {
	if err := store.Sync(ctx); err != nil {
		return storage.Holding{}, err
	}
	held, err := store.Held(ctx, id)
	if err == nil && len(held.Events) == 0 {
		return held, notFound("no record has this consent ID")
	}
	return held, err
}

// operator is the actor of what is done by command.
const operator = "operator"

func adminErase(r *http.Request, app *App, store storage.Store) (any, error) {
	id, err := requestedID(r)
	if err != nil {
		return nil, err
	}
	if _, err := knownConsent(r.Context(), store, id); err != nil {
		return nil, err
	}
	if err := app.shared.append(r.Context(), app.operatorRow(id, storage.Erased), nil); err != nil {
		return nil, err
	}
	return app.forget(r.Context(), id, storage.Erased)
}

// maxFields bounds the body of a request of the admin API, in bytes.
const maxFields = 4 << 10

// fields returns the fields of the request's body and address.
func fields(r *http.Request) url.Values {
	r.Body = http.MaxBytesReader(nil, r.Body, maxFields)
	r.ParseForm() // what can't be read is missing, and refused as that
	return r.Form
}

func requestedID(r *http.Request) (consent.ID, error) {
	id, err := consent.ParseID(fields(r).Get("id"))
	if err != nil {
		return id, badRequest(err)
	}
	return id, nil
}

var _ caddy.AdminRouter = (*Admin)(nil)
