package module

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/downstream"
	"github.com/mamen-ai/consentgate/storage"
)

// Downstream says how a service's own server is asked to delete a visitor who
// withdraws.
type Downstream struct {
	// The API: "matomo" (HTTP API, PrivacyManager) or "posthog" (persons API).
	API string `json:"api,omitempty"`
	// The address of the installation. Placeholders are replaced.
	URL string `json:"url,omitempty"`
	// Matomo's token_auth of a user who administers the site, or PostHog's personal
	// API key with the scopes person:read and person:write. Write a placeholder, for
	// example {env.MATOMO_TOKEN} or {file./run/secrets/matomo}: what stands here is
	// shown by the admin API.
	Token string `json:"token,omitempty"`
	// The number of the site, of Matomo.
	Site string `json:"site,omitempty"`
	// The number of the project, of PostHog.
	Project string `json:"project,omitempty"`
}

// scope returns the number that the API needs, or an error that names the option.
func (d Downstream) scope() (string, error) {
	scope, other, name, wrong := d.Site, d.Project, "site", "project"
	if d.API == downstream.PostHog {
		scope, other, name, wrong = other, scope, wrong, name
	}
	if other != "" {
		return "", fmt.Errorf("%s has no %s: write %s <number>", d.API, wrong, name)
	}
	if err := downstream.CheckScope(scope); err != nil {
		return "", fmt.Errorf("%s: %w", name, err)
	}
	return scope, nil
}

// Check refuses what is wrong with the options for a service, as far as it shows
// while placeholders aren't replaced. A service that isn't in the built-in catalogue
// may be described elsewhere.
func (d Downstream) Check(service string) error {
	if !slices.Contains(catalogue.DeletionAPIs(), d.API) {
		return fmt.Errorf("'%s': use %s", d.API, strings.Join(catalogue.DeletionAPIs(), " or "))
	}
	services, err := catalogue.Builtin()
	if err != nil {
		return err
	}
	if i := slices.IndexFunc(services, func(s catalogue.Service) bool { return s.ID == service }); i >= 0 {
		if err := d.fits(services[i]); err != nil {
			return err
		}
	}
	if !strings.Contains(d.URL, "{") {
		if err := downstream.CheckURL(d.URL); err != nil {
			return err
		}
	}
	if d.Token == "" {
		return fmt.Errorf("write token, for example token {env.%s_TOKEN}", strings.ToUpper(d.API))
	}
	_, err = d.scope()
	return err
}

// fits refuses a service whose vendor can't be asked by the API.
func (d Downstream) fits(s catalogue.Service) error {
	switch {
	case len(s.VisitorID) == 0:
		return fmt.Errorf("service '%s' has no visitor_id: nobody can be found at its server", s.ID)
	case s.Deletion == "" && s.Source+s.Vendor != "":
		return fmt.Errorf("service '%s' offers no deletion of a single visitor that consentgate can use", s.ID)
	case s.Deletion != "" && s.Deletion != d.API:
		return fmt.Errorf("service '%s' is asked by %s, not by %s", s.ID, s.Deletion, d.API)
	}
	return nil
}

// provisionDownstream replaces the placeholders and makes the clients. The replaced
// values stay in them.
func (a *App) provisionDownstream() error {
	a.vendors = make(map[string]downstream.Vendor)
	client := &http.Client{}
	replacer := caddy.NewReplacer()
	for service, options := range a.Downstream {
		err := options.Check(service)
		c := downstream.Config{API: options.API}
		if err == nil {
			c.URL, err = replacer.ReplaceOrErr(options.URL, true, true)
		}
		if err == nil {
			c.Token, err = replacer.ReplaceOrErr(options.Token, true, true)
		}
		if err == nil {
			c.Scope, err = options.scope()
		}
		if err == nil {
			a.vendors[service], err = downstream.New(c, client, a.now)
		}
		if err != nil {
			return fmt.Errorf("downstream %s: %w", service, err)
		}
	}
	return nil
}

// checkDownstream refuses services that no site describes: it needs all sites.
func (a *App) checkDownstream() error {
	for _, service := range slices.Sorted(maps.Keys(a.Downstream)) {
		known := len(a.sites) == 0
		for _, site := range a.sites {
			i := site.gate.Index(service)
			if i < 0 {
				continue
			}
			known = true
			if err := a.Downstream[service].fits(site.gate.Services()[i]); err != nil {
				return fmt.Errorf("downstream %s: %w", service, err)
			}
		}
		if !known {
			return fmt.Errorf("downstream %s: no site has a service of that name", service)
		}
	}
	return nil
}

// startDownstream begins to empty the outbox.
func (a *App) startDownstream(ctx context.Context, store storage.Store) {
	for service := range a.vendors {
		a.metrics.vendorFailures.WithLabelValues(service)
	}
	worker := downstream.NewWorker(downstream.Options{
		Outbox:    store,
		Vendors:   a.vendors,
		Clock:     a.now,
		Logger:    a.logger,
		OnFailure: func(service string) { a.metrics.vendorFailures.WithLabelValues(service).Inc() },
		OnDone:    func(act storage.Act) { a.metrics.observeActs([]storage.Act{act}) },
	})
	a.shared.mu.Lock()
	a.worker = worker
	a.shared.mu.Unlock()
	a.running.Go(func() { worker.Run(ctx) })
}

// wakeDownstream has the vendors asked now: by the configuration that counts, which
// may be another than the request's.
func (s *sharedStore) wakeDownstream() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if user := s.user(); user != nil && user.worker != nil {
		user.worker.Wake()
	}
}

// target returns by which identifier a service's vendor can delete a visitor.
func (s *sharedStore) target(service, visitorID string) (string, bool) {
	user := s.settings()
	if user == nil {
		return "", false
	}
	return downstream.Visitor(user.Downstream[service].API, visitorID)
}

// revoke is append for an event that revokes a consent. What the vendors know the
// visitor by is queued with it.
func (s *sharedStore) revoke(ctx context.Context, row storage.Consent, targets []storage.Target) error {
	store, err := s.open(ctx)
	if err == nil {
		_, err = store.AppendRevocation(ctx, row, targets)
	}
	if err == nil {
		s.heed(row)
	}
	return err
}

// maxTargets bounds the deletions that one withdrawal queues by its cookies, which
// anybody may write. A browser has one or two.
const maxTargets = 16

// targets returns by what the vendors know the browser that sent the request.
func (x *exchange) targets() (targets []storage.Target) {
	for i, service := range x.handler.gate.Services() {
		if _, configured := x.handler.app.Downstream[service.ID]; !configured {
			continue
		}
		for _, cookie := range x.request.Cookies() {
			if len(targets) == maxTargets || !x.handler.gate.IsVisitorID(i, cookie.Name) {
				continue
			}
			if visitor, ok := x.handler.app.shared.target(service.ID, cookie.Value); ok {
				targets = append(targets, storage.Target{Service: service.ID, Visitor: visitor})
			}
		}
	}
	return targets
}

// deletion tells a visitor what a withdrawal means at the service: banner.ServiceRow.
func (a *App) deletion(s catalogue.Service) string {
	_, configured := a.Downstream[s.ID]
	switch {
	case s.ID == visitsService.ID:
		return ""
	case configured:
		return "deleted"
	case s.Deletion != "":
		return "unset"
	}
	return "none"
}
