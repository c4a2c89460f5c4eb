package module

import (
	"cmp"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/gate"
	"github.com/mamen-ai/consentgate/internal/inventory"
	"github.com/mamen-ai/consentgate/storage"
)

// Inventory is what "consent inventory" shows of the traffic.
type Inventory struct {
	At         time.Time     `json:"at"`
	Timezone   string        `json:"timezone"`
	Unknown    []HostSeen    `json:"unknown"` // third parties that nothing names
	Services   []ServiceSeen `json:"services"`
	Necessary  []HostSeen    `json:"necessary"`
	Cookies    []NameSeen    `json:"cookies"`
	Collectors []NameSeen    `json:"collectors"`
	Named      []string      `json:"named"` // services of the catalogue that the configuration names
}

// Seen is how often and since when.
type Seen struct {
	InPages  int64     `json:"in_pages"` // by what the site answers: markup and headers
	Reported int64     `json:"reported"` // by browsers, in reports and requests
	Blocked  int64     `json:"blocked"`  // of both
	First    time.Time `json:"first"`    // whole hours, as Last
	Last     time.Time `json:"last"`
	Where    string    `json:"where"` // page of the first sight: host and path, "" when it isn't known
}

// HostSeen is a third party.
type HostSeen struct {
	Host string `json:"host"`
	Seen
}

// ServiceSeen is a service with the hosts by which it was seen; none when the site
// carries its code itself.
type ServiceSeen struct {
	ID       string   `json:"id"`
	Name     string   `json:"name"`
	Category string   `json:"category"`
	Status   string   `json:"status"`           // without a choice: "blocked", "allowed" or "never"
	Reason   string   `json:"reason,omitempty"` // why it never runs
	Own      bool     `json:"own"`              // has a block in the configuration, or is the edge's
	Hosts    []string `json:"hosts"`
	Seen
}

// NameSeen is a cookie, or the pattern of a collector.
type NameSeen struct {
	Name    string `json:"name"`
	Service string `json:"service"` // ID, "" when none is known
	Seen
}

// add adds a sighting. What the site shows says better than a report where.
func (s *Seen) add(sighting inventory.Sighting) {
	reported := sighting.Source == inventory.Report
	if s.Where == "" || !reported && (s.InPages == 0 || sighting.First.Before(s.First)) {
		s.Where = cmp.Or(sighting.Where, s.Where)
	}
	if reported {
		s.Reported += sighting.Count
	} else {
		s.InPages += sighting.Count
	}
	s.Blocked += sighting.Blocked
	if s.First.IsZero() || sighting.First.Before(s.First) {
		s.First = sighting.First
	}
	if sighting.Last.After(s.Last) {
		s.Last = sighting.Last
	}
}

// compare puts first what the site shows most, then what browsers report most.
func (s Seen) compare(other Seen) int {
	return cmp.Or(cmp.Compare(other.InPages, s.InPages), cmp.Compare(other.Reported, s.Reported))
}

func adminInventory(_ *http.Request, app *App, _ storage.Store) (any, error) {
	answer := app.inventory(app.shared.inventory.List())
	answer.At, answer.Timezone = app.now().UTC(), app.Timezone
	return answer, nil
}

// inventory sorts sightings by what the configuration says about them.
func (a *App) inventory(sightings []inventory.Sighting) Inventory {
	unknown, necessary := make(map[string]*HostSeen), make(map[string]*HostSeen)
	services := make(map[string]*ServiceSeen)
	cookies, collectors := make(map[[2]string]*NameSeen), make(map[[2]string]*NameSeen)
	for _, s := range sightings {
		if s.Kind == inventory.Host && s.Service == "" {
			s.Service = a.naming(s.Name) // the configuration may have learned it since
		}
		known := s.Service != "" && s.Service != necessaryHosts
		name := NameSeen{Name: s.Name, Service: s.Service}
		key := [2]string{s.Name, s.Service}
		switch {
		case s.Kind == inventory.Cookie:
			entry(cookies, key, name).add(s)
		case s.Kind == inventory.Collector:
			entry(collectors, key, name).add(s)
		case s.Kind == inventory.Host && s.Service == "":
			entry(unknown, s.Name, HostSeen{Host: s.Name}).add(s)
		case s.Kind == inventory.Host && !known:
			entry(necessary, s.Name, HostSeen{Host: s.Name}).add(s)
		}
		if !known || s.Kind == inventory.Cookie && s.Source == inventory.Report {
			continue // a name alone, which any script may set, shows no service
		}
		service := entry(services, s.Service, a.describe(s.Service))
		service.add(s)
		if s.Kind == inventory.Host && !slices.Contains(service.Hosts, s.Name) {
			service.Hosts = append(service.Hosts, s.Name)
		}
	}
	byName := func(x, y NameSeen) int {
		return cmp.Or(cmp.Compare(x.Name, y.Name), cmp.Compare(x.Service, y.Service))
	}
	byHost := func(x, y HostSeen) int { return cmp.Or(x.compare(y.Seen), cmp.Compare(x.Host, y.Host)) }
	return Inventory{
		Unknown:   sorted(unknown, byHost),
		Necessary: sorted(necessary, byHost),
		Services: sorted(services, func(x, y ServiceSeen) int {
			return cmp.Or(cmp.Compare(rank(x.Category), rank(y.Category)), cmp.Compare(x.ID, y.ID))
		}),
		Cookies: sorted(cookies, func(x, y NameSeen) int {
			return cmp.Or(cmp.Compare(min(len(x.Service), 1), min(len(y.Service), 1)), byName(x, y))
		}),
		Collectors: sorted(collectors, byName),
		Named:      a.namedServices(),
	}
}

// entry returns what stands under the key, which is made at the first call.
func entry[K comparable, V any](in map[K]*V, key K, made V) *V {
	if in[key] == nil {
		in[key] = &made
	}
	return in[key]
}

func sorted[K comparable, V any](from map[K]*V, compare func(V, V) int) []V {
	list := make([]V, 0, len(from))
	for _, v := range from {
		list = append(list, *v)
	}
	slices.SortFunc(list, compare)
	return list
}

// rank orders categories by how much a visitor is asked about them: a service that
// the configuration lacks comes last.
func rank(category string) int {
	i := slices.Index(consent.CategoryNames(), category)
	if i < 0 {
		return len(consent.CategoryNames())
	}
	return -i
}

// describe returns a service as the first site has it that knows it.
func (a *App) describe(id string) ServiceSeen {
	seen := ServiceSeen{ID: id, Name: id, Hosts: []string{}}
	for _, site := range a.sites {
		i := site.gate.Index(id)
		if i < 0 {
			continue
		}
		service := site.gate.Services()[i]
		seen.Name, seen.Category = service.Name, service.Category.String()
		seen.Status, seen.Reason = site.gate.Status(consent.Choice{}, i).String(), string(site.gate.Reason(i))
		seen.Own = id == visitsService.ID || slices.ContainsFunc(site.Services, func(s catalogue.Service) bool {
			return s.ID == id && !isName(s)
		})
		if site.gate.Reason(i) != gate.NotInUse {
			break // another site may use it
		}
	}
	return seen
}

// isName reports whether an option names a service of the catalogue and says
// nothing else about it.
func isName(s catalogue.Service) bool { return IsReference(s) && s.Name == "" && s.Window == 0 }

// namedServices returns the services of the catalogue that some site names, without
// those that have a block.
func (a *App) namedServices() []string {
	named := make(map[string]bool)
	for _, site := range a.sites {
		for _, service := range site.Services {
			if isName(service) {
				named[service.ID] = true
			}
		}
	}
	list := slices.Sorted(maps.Keys(named))
	if list == nil {
		list = []string{}
	}
	return list
}
