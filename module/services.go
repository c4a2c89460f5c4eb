package module

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/consent"
)

// visitsService is the edge's own visit statistics: a service like any other to
// the visitor, who allows or refuses it.
var visitsService = catalogue.Service{
	ID:        "visits",
	Name:      "Visit statistics",
	Category:  consent.Statistics,
	Collect:   []string{Prefix + "visit"},
	Countries: []string{"operator"},
}

// compile returns the services by which the site's pages are judged, or an error
// that names the file, service and value that are wrong. inUse is nil when the
// operator named none of the catalogue.
func (h *Handler) compile() (compiled *catalogue.Catalogue, inUse []string, err error) {
	known, err := h.known()
	if err != nil {
		return nil, nil, err
	}
	services, inUse, err := h.apply(known, false)
	if err != nil {
		return nil, nil, err
	}
	compiled, err = catalogue.New(services)
	return compiled, inUse, err
}

// CheckServices tells what is wrong with Services, as far as it shows without
// reading the files of Catalogues: what isn't known may be described there.
func (h *Handler) CheckServices() error {
	known, err := catalogue.Builtin()
	if err != nil {
		return err
	}
	services, _, err := h.apply(known, len(h.Catalogues) > 0)
	if err != nil {
		return err
	}
	_, err = catalogue.New(services)
	return err
}

// known returns the built-in catalogue, changed and extended by the files of
// Catalogues.
func (h *Handler) known() ([]catalogue.Service, error) {
	services, err := catalogue.Builtin()
	if err != nil {
		return nil, err
	}
	file := make(map[string]string)
	for _, name := range h.Catalogues {
		path, err := caddy.NewReplacer().ReplaceOrErr(name, true, true)
		if err != nil {
			return nil, fmt.Errorf("catalogue %s: %w", name, err)
		}
		described, err := catalogue.ReadFile(path)
		if err != nil {
			return nil, err
		}
		for _, service := range described {
			if other, twice := file[service.ID]; twice {
				return nil, fmt.Errorf("catalogue %s: service %q is described in %s already", path, service.ID, other)
			}
			if service.ID == visitsService.ID {
				return nil, fmt.Errorf("catalogue %s: %w", path, errVisits())
			}
			file[service.ID] = path
			services = put(services, service)
		}
	}
	return services, nil
}

// errVisits refuses another description of the edge's own statistics: as a
// necessary service they would record visits nobody allowed.
func errVisits() error {
	return fmt.Errorf("service %q is the edge's own: only its name and window can be changed", visitsService.ID)
}

// apply changes and extends the known services by Services, and adds the edge's
// own statistics. With open set any ID may be referred to.
func (h *Handler) apply(known []catalogue.Service, open bool) (services []catalogue.Service, inUse []string, err error) {
	services = append(known, visitsService)
	referable := ids(services)
	named := false
	for _, own := range h.Services {
		i := slices.IndexFunc(services, func(s catalogue.Service) bool { return s.ID == own.ID })
		switch {
		case own.ID == visitsService.ID && (!IsReference(own) || len(own.Keeps) > 0):
			return nil, nil, errVisits()
		case !IsReference(own):
			services = put(services, own)
		case slices.Contains(referable, own.ID):
			named = true
			services[i].Name = cmp.Or(own.Name, services[i].Name)
			services[i].Window = cmp.Or(own.Window, services[i].Window)
			if len(own.Keeps) > 0 {
				services[i].Keeps = own.Keeps
			}
		case !open:
			return nil, nil, fmt.Errorf("service %q isn't in the catalogue: describe it, or use one of %s", own.ID, strings.Join(referable, ", "))
		}
		if slices.Contains(inUse, own.ID) {
			return nil, nil, fmt.Errorf("service %q is listed twice", own.ID)
		}
		inUse = append(inUse, own.ID)
	}
	if !named {
		return services, nil, nil
	}
	return services, append(inUse, visitsService.ID), nil
}

// put replaces the service of the same ID, or appends the new one.
func put(services []catalogue.Service, service catalogue.Service) []catalogue.Service {
	if i := slices.IndexFunc(services, func(s catalogue.Service) bool { return s.ID == service.ID }); i >= 0 {
		services[i] = service
		return services
	}
	return append(services, service)
}

// IsReference reports whether an entry only names a service of the catalogue,
// perhaps with another name, window or what it keeps, and so describes none of its
// own.
func IsReference(s catalogue.Service) bool {
	return s.Category == 0 && s.Vendor+s.Retention+s.Doubt+s.Source+s.Deletion == "" &&
		len(s.Scripts)+len(s.Collect)+len(s.Inline)+len(s.Stubs)+len(s.Cookies)+len(s.VisitorID)+len(s.Countries)+len(s.Signals) == 0
}

func ids(services []catalogue.Service) []string {
	list := make([]string, len(services))
	for i, s := range services {
		list[i] = s.ID
	}
	return list
}
