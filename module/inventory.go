package module

import (
	"context"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/inventory"
)

const (
	// inventorySaved is how often what the traffic showed is written to the store.
	inventorySaved = 30 * time.Second
	// inventoryMonths is after how many calendar months without being seen
	// something is forgotten.
	inventoryMonths = 13
	// recently is how long an unknown third party counts as one in status and
	// metrics, in days.
	recently = 30
)

// necessaryHosts stands in the inventory for the service of hosts that the
// operator lists as necessary.
const necessaryHosts = "necessary"

// SawHost implements gate.Observer.
func (x *exchange) SawHost(source inventory.Source, host []byte, service int, denied bool) {
	x.note(inventory.Sight{Kind: inventory.Host, Source: source, Name: host, Service: x.owner(host, service), Blocked: denied})
}

// owner returns what names a third party: the ID of a service, necessaryHosts, or
// "" when nothing does.
func (x *exchange) owner(host []byte, service int) string {
	switch {
	case service >= 0:
		return x.handler.gate.ServiceID(service)
	case x.handler.gate.IsNecessary(host):
		return necessaryHosts
	}
	return ""
}

// SawCookie implements gate.Observer.
func (x *exchange) SawCookie(source inventory.Source, name, attributes string, service int, denied bool) {
	if name == consent.CookieName || len(name) > maxCookieName {
		return
	}
	id := ""
	if service >= 0 {
		id = x.handler.gate.ServiceID(service)
	}
	var space [maxCookieName]byte
	sight := inventory.Sight{Kind: inventory.Cookie, Source: source, Name: append(space[:0], name...), Service: id, Blocked: denied}
	if source == inventory.Header {
		sight.Lifetime = lifetime(attributes, x.at)
	}
	x.note(sight)
}

// maxCookieName is longer than any name that an operator would want to see.
const maxCookieName = 256

// SawOwn implements gate.Observer.
func (x *exchange) SawOwn(service int, denied bool) {
	x.note(inventory.Sight{Kind: inventory.Own, Source: inventory.Page, Service: x.handler.gate.ServiceID(service), Blocked: denied})
}

// sawCollector notes a request to the site itself that belongs to a service.
func (x *exchange) sawCollector(service int, pattern string, denied bool) {
	host, path := x.ownPage(x.request.Header.Get("Referer"))
	x.handler.app.shared.inventory.Note(inventory.Sight{
		Kind: inventory.Collector, Source: inventory.Report, Name: []byte(pattern), Service: x.handler.gate.ServiceID(service),
		Blocked: denied, At: x.at, Host: host, Path: path,
	})
}

// note counts something that the requested page shows.
func (x *exchange) note(s inventory.Sight) {
	s.At, s.Host, s.Path = x.at, x.host, x.url.Path
	x.handler.app.shared.inventory.Note(s)
}

// keepInventory writes what the traffic shows until ctx ends.
func (a *App) keepInventory(ctx context.Context) {
	ticker := time.NewTicker(inventorySaved)
	defer ticker.Stop()
	for failing := false; ; {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		err := a.shared.saveInventory(ctx)
		if err != nil && !failing && ctx.Err() == nil {
			a.logger.Warn("what the traffic shows can't be stored", "error", err)
		}
		failing = err != nil
	}
}

// saveInventory writes what changed in the inventory to the store, if it's open.
func (s *sharedStore) saveInventory(ctx context.Context) error {
	store := s.current()
	if store == nil {
		return nil
	}
	s.saving.Lock()
	defer s.saving.Unlock()
	s.inventory.Forget(s.clock().AddDate(0, -inventoryMonths, 0))
	changes := s.inventory.Changes()
	if changes.Empty() {
		return nil
	}
	if err := store.SaveInventory(ctx, changes.Seen, changes.Gone); err != nil {
		return err
	}
	s.inventory.Saved(changes)
	return nil
}

// closingTime bounds how long the end of the server waits for the inventory.
const closingTime = 5 * time.Second

// saveInventoryAtEnd is saveInventory for when nothing may hold up the end.
func (s *sharedStore) saveInventoryAtEnd() error {
	ctx, cancel := context.WithTimeout(context.Background(), closingTime)
	defer cancel()
	return s.saveInventory(ctx)
}

// naming returns what names a third party as a whole, as owner does: "" when one
// of the sites has no name for it.
func (a *App) naming(host string) string {
	by := ""
	for _, site := range a.sites {
		service, named := site.gate.Names(host)
		switch {
		case !named:
			return ""
		case by != "":
		case service >= 0:
			by = site.gate.ServiceID(service)
		default:
			by = necessaryHosts
		}
	}
	return by
}

// unknownHosts returns how many third parties that nothing names were seen lately:
// in what the site answers, and in browsers' reports alone.
func (a *App) unknownHosts() (inPages, reported int) {
	since := a.now().AddDate(0, 0, -recently)
	pages, reports := make(map[string]bool), make(map[string]bool)
	for _, s := range a.shared.inventory.List() {
		switch {
		case s.Kind != inventory.Host || s.Service != "" || s.Last.Before(since) || a.naming(s.Name) != "":
		case s.Source == inventory.Report:
			reports[s.Name] = true
		default:
			pages[s.Name] = true
		}
	}
	for host := range reports {
		if !pages[host] {
			reported++
		}
	}
	return len(pages), reported
}
