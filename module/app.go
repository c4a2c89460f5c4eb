// Package module is the Caddy side of consentgate: the app "consent", the HTTP
// handler "consent_gate", the admin API and the commands. It reads requests,
// writes responses and owns metrics and life cycle; what is decided, shown and
// stored is the business of the packages below it, which know nothing of Caddy.
package module

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/mamen-ai/consentgate/internal/downstream"
	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/internal/retention"
	"github.com/mamen-ai/consentgate/storage"
)

func init() {
	caddy.RegisterModule(new(App))
}

// App holds what all sites behind one edge share: the store of records, the
// policy they implement, and the rules of keeping and deleting. It runs the
// deletion of data whose window has ended.
type App struct {
	// Where records are kept.
	Storage *Storage `json:"storage,omitempty"`

	// The organisation that answers for the data (policy 7.2). It is named in
	// the banner, on the privacy page and in every record.
	Controller *Controller `json:"controller,omitempty"`

	// The edition of the privacy policy in force. A new edition makes older
	// choices stale: visitors are asked again.
	Policy *Policy `json:"policy,omitempty"`

	// The zone whose midnights bound a day of records. Default: "Asia/Almaty".
	Timezone string `json:"timezone,omitempty"`

	// The country in which personal data must stay while cross_border is "deny",
	// as an ISO 3166-1 alpha-2 code. Default: "KZ".
	Jurisdiction string `json:"jurisdiction,omitempty"`

	// "deny" keeps services that process data outside the jurisdiction blocked
	// even after consent (policy 3.2.6); "allow" leaves them to the visitor.
	// Default: "deny".
	CrossBorder string `json:"cross_border,omitempty"`

	// How long records of each kind of analytics are kept: "14mo" or "24mo"
	// (policy 3.1 row 7). The kind "visits" holds everything that isn't named.
	// Default: 14mo for every kind.
	Windows map[string]policy.Window `json:"windows,omitempty"`

	// "masked" keeps the network of an IP address, /24 or /48; "full" keeps it
	// whole. Default: "masked".
	IP string `json:"ip,omitempty"`

	// After how many calendar months a choice is asked again, 1 to 12.
	// Default: 6.
	ChoiceMonths int `json:"choice_months,omitempty"`

	// A file with the working days of years that the built-in calendar of
	// Kazakhstan lacks or has wrong, in the form of internal/policy/holidays.json.
	// They decide by when a request must be answered (policy 3.4.1). Default: none.
	Holidays string `json:"holidays,omitempty"`

	// How services' own servers are asked to delete a visitor who withdraws (policy
	// 3.4.1 (3)), by the service's ID. Default: nobody is asked.
	Downstream map[string]Downstream `json:"downstream,omitempty"`

	// Fills an empty store with made-up visits, some of which are past their
	// window, so that one can watch them being destroyed. For trying
	// consentgate out: a store that holds records refuses it. Default: false.
	Demo bool `json:"demo,omitempty"`

	logger   *slog.Logger
	location *time.Location
	now      func() time.Time
	edition  storage.Document // of the policy; without SHA256 when no file is named
	calendar policy.Calendar
	keys     *keyStore
	metrics  *metrics
	shared   *sharedStore
	acquired bool
	sites    []*Handler // of the configuration

	purger   *retention.Purger
	vendors  map[string]downstream.Vendor
	worker   *downstream.Worker // guarded by the shared store's mutex
	schedule func()             // begins once all apps have started
	stop     context.CancelFunc
	running  sync.WaitGroup
}

// CaddyModule returns the Caddy module information.
func (*App) CaddyModule() caddy.ModuleInfo {
	return caddy.ModuleInfo{ID: "consent", New: func() caddy.Module { return new(App) }}
}

// Provision sets defaults and takes a share in the store. The only files it reads
// are the policy's and the holidays': the database is opened when the app starts.
func (a *App) Provision(ctx caddy.Context) error {
	a.logger = ctx.Slogger()
	a.setDefaults()
	if err := a.check(); err != nil {
		return err
	}
	if a.Demo {
		if err := a.setDemoWindows(); err != nil {
			return err
		}
	}
	if err := a.readPolicy(); err != nil {
		return err
	}
	if err := a.readHolidays(); err != nil {
		return err
	}
	if err := a.provisionDownstream(); err != nil {
		return err
	}
	path, err := caddy.NewReplacer().ReplaceOrErr(a.Storage.Path, true, true)
	if err != nil {
		return fmt.Errorf("storage path: %w", err)
	}
	dir, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("storage path %q: %w", path, err)
	}
	a.keys = &keyStore{storage: ctx.Storage()}
	pooled, _, err := stores.LoadOrNew(dir, func() (caddy.Destructor, error) { return newSharedStore(dir), nil })
	if err != nil {
		return err
	}
	a.shared, a.acquired = pooled.(*sharedStore), true
	a.metrics = a.shared.metrics
	if err := a.metrics.register(ctx.GetMetricsRegistry(), a); err != nil {
		return fmt.Errorf("registering metrics: %w", err)
	}
	return a.awaitStart(ctx)
}

// Start opens the store, so that a bad path fails the configuration's load, and
// answers requests.
func (a *App) Start() error {
	if err := a.checkDownstream(); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(context.Background())
	a.stop = stop
	if err := a.shared.enter(a); err != nil {
		stop()
		return err
	}
	store, err := a.shared.open(ctx)
	if err != nil {
		stop()
		return err
	}
	a.metrics.services.name(append(a.namedServices(), a.ownServices()...))
	for _, site := range a.sites {
		if err := site.keepDocuments(ctx, store); err != nil {
			a.logger.Error("what records refer to can't be kept; it is tried again with the next choice", "error", err)
		}
	}
	a.purger = retention.New(retention.Options{
		Store:    store,
		Clock:    a.now,
		Location: a.location,
		Logger:   a.logger,
		Observe:  a.metrics.observePurge,
	})
	a.settleRestored(ctx, store)
	a.shared.admit()
	a.schedule = func() { a.begin(ctx, store) }
	return nil
}

// Stop ends what runs by schedule and writes the inventory. The store stays open: requests that are
// still served may write to it until Cleanup.
func (a *App) Stop() error {
	if a.stop != nil {
		a.stop()
	}
	a.running.Wait()
	if err := a.shared.saveInventoryAtEnd(); err != nil {
		a.logger.Warn("what the traffic shows can't be stored", "error", err)
	}
	return nil
}

// Cleanup gives the share in the store back; the last one closes it.
func (a *App) Cleanup() error {
	if !a.acquired {
		return nil // a Delete without a share would close the running configuration's store
	}
	a.acquired = false
	a.shared.leave(a)
	_, err := stores.Delete(a.shared.dir)
	return err
}

var (
	_ caddy.App          = (*App)(nil)
	_ caddy.Provisioner  = (*App)(nil)
	_ caddy.CleanerUpper = (*App)(nil)
)
