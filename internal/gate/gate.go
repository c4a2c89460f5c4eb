// Package gate decides: which services a visitor's choice lets run, and what
// that means for an element of the page, a header, a cookie, a request to a
// first-party collector and the Content-Security-Policy.
//
// It knows services (package catalogue) and choices (package consent). It
// doesn't read or write HTTP messages and it remembers nothing about visitors;
// what it blocked it tells an Observer.
package gate

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/inventory"
)

// Status says what a choice means for one service.
type Status uint8

const (
	// Blocked until the visitor allows it.
	Blocked Status = iota
	// Running: allowed by the visitor, or necessary.
	Running
	// Never runs, whatever the visitor allows: its data would leave the
	// jurisdiction (policy 3.2.6), or the operator doesn't use it.
	Never
)

var statusNames = [...]string{"blocked", "allowed", "never"}

// String returns "blocked", "allowed" or "never".
func (s Status) String() string { return statusNames[s] }

// Reason says why a service never runs.
type Reason string

// The reasons for which a service never runs.
const (
	CrossBorder Reason = "cross_border" // its data would leave the jurisdiction
	NotInUse    Reason = "not_in_use"   // the operator named other services
)

// Layer names the part of the gate that blocked something.
type Layer string

// The layers, as they are counted.
const (
	LayerElement   Layer = "element"
	LayerInline    Layer = "inline"
	LayerStyle     Layer = "style"
	LayerLink      Layer = "link"
	LayerHeader    Layer = "header"
	LayerRedirect  Layer = "redirect"
	LayerSetCookie Layer = "set_cookie"
	LayerCookie    Layer = "cookie"
	LayerCollector Layer = "collector"
	LayerGuard     Layer = "guard"
	LayerCSP       Layer = "csp"
)

// Unknown stands in for the index of a service that the catalogue doesn't hold.
const Unknown = -1

// Observer is told what the gate did while it works. Its methods are called on
// the path of a response and must not block.
type Observer interface {
	// Blocked is called for each thing stopped; service is an index of the
	// catalogue or Unknown.
	Blocked(layer Layer, service int)
	// Ran is called for each service that the page loads and the choice allows.
	Ran(service int)
	// SawHost is called for each third party that something names, blocked or
	// not. The host must not be kept.
	SawHost(source inventory.Source, host []byte, service int, denied bool)
	// SawCookie is called for each cookie that the origin sets or a browser sends;
	// attributes is what follows its value in a Set-Cookie line.
	SawCookie(source inventory.Source, name, attributes string, service int, denied bool)
	// SawOwn is called for each service in what the page carries itself: an inline
	// snippet, or an address of the site's own.
	SawOwn(service int, denied bool)
}

// Options are what an operator decides about a site.
type Options struct {
	Catalogue *catalogue.Catalogue
	// InUse names the services that may run here at all; the catalogue's others
	// stay blocked whatever is allowed. Nil means all.
	InUse []string
	// Necessary are hosts that are always allowed, as they are written in a
	// Content-Security-Policy: "cdn.mamen.ai" or "*.mamen.ai".
	Necessary []string
	// BlockUnknown makes everything unreachable that is neither the site's own
	// nor listed.
	BlockUnknown bool
	// Strict holds whole pages to a Connection-Allowlist, on which Links are the
	// hosts that the site's links lead to. It needs BlockUnknown.
	Strict Strict
	Links  []string
	// CrossBorder lets services run outside the jurisdiction once allowed.
	CrossBorder bool
	// Jurisdiction is the ISO 3166-1 alpha-2 code of the country in which data
	// must stay while CrossBorder is false.
	Jurisdiction string
	// Prefix is the path under which the edge's own endpoints answer.
	Prefix string
}

// Gate holds the decisions of one site. It is safe for concurrent use.
type Gate struct {
	options   Options
	services  []catalogue.Service
	ids       []string
	tags      []consent.Tag
	never     []Reason // why a service never runs
	necessary catalogue.HostSet
	embeds    []string // path of what a denied frame of the service gets; "" for none
	guardCode []byte
	revision  string

	mu      sync.Mutex
	permits map[permitKey]*Permit
}

// maxPermits bounds the permits kept for choices of single services. Beyond it
// they are computed for each request.
const maxPermits = 512

// maxPolicyBytes is how long an enforced policy may be. Proxies in front commonly
// give all response headers together 4 to 8 KiB.
const maxPolicyBytes = 2 << 10

// New compiles the gate of a site.
func New(o Options) (*Gate, error) {
	if o.Catalogue == nil {
		return nil, errors.New("gate: no catalogue")
	}
	g := &Gate{options: o, services: o.Catalogue.Services(), permits: make(map[permitKey]*Permit)}
	for _, service := range g.services {
		g.ids = append(g.ids, service.ID)
		g.tags = append(g.tags, consent.TagOf(service.ID))
		g.never = append(g.never, g.neverReason(service))
		g.embeds = append(g.embeds, embed(service, o.Prefix))
	}
	for _, source := range o.Necessary {
		if err := checkHostSource(source); err != nil {
			return nil, fmt.Errorf("necessary host %q: %w", source, err)
		}
	}
	if err := checkLinks(o); err != nil {
		return nil, err
	}
	g.necessary = hostSet(o.Necessary)
	var err error
	if g.guardCode, err = minifiedGuard(); err != nil {
		return nil, err
	}
	g.revision = g.sum()
	if o.BlockUnknown {
		everything := g.Permit(consent.Choice{State: consent.Allowed, Categories: consent.All})
		if size := len(everything.policy); size > maxPolicyBytes {
			return nil, fmt.Errorf("the Content-Security-Policy of a visitor who allows all %d services has %d bytes, more than %d: name the services this site uses, with one service option each",
				len(g.services), size, maxPolicyBytes)
		}
	}
	return g, nil
}

// Services returns the services of the site; the index is the one an Observer
// is told.
func (g *Gate) Services() []catalogue.Service { return g.services }

// ServiceID returns the ID of the service with the given index, or "unknown".
func (g *Gate) ServiceID(index int) string {
	if index < 0 || index >= len(g.services) {
		return "unknown"
	}
	return g.services[index].ID
}

// Revision returns 8 hexadecimal digits that change when the gate may decide
// otherwise about a page: a page kept by a browser is good for one revision.
func (g *Gate) Revision() string { return g.revision }

func (g *Gate) sum() string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %v %v %q %q %q", g.options.Necessary, g.options.BlockUnknown, g.never, g.options.Prefix, g.embeds, g.guardCode)
	for _, service := range g.services {
		fmt.Fprintf(h, "%+v", service)
	}
	return hex.EncodeToString(h.Sum(nil)[:4])
}

// CookiePattern returns which of the service's cookies the name is, as the catalogue
// describes it, or "".
func (g *Gate) CookiePattern(service int, cookie string) string {
	return g.options.Catalogue.CookiePattern(service, cookie)
}

// Index returns the index of the service with the given ID, or Unknown.
func (g *Gate) Index(id string) int { return slices.Index(g.ids, id) }

// Categories returns the optional categories that have at least one service
// which could run here: what the visitor is asked about.
func (g *Gate) Categories() []consent.Category {
	var list []consent.Category
	for _, category := range consent.Optional() {
		for i, service := range g.services {
			if service.Category == category && g.never[i] == "" {
				list = append(list, category)
				break
			}
		}
	}
	return list
}

// Status returns what the choice means for the service.
func (g *Gate) Status(choice consent.Choice, service int) Status {
	switch {
	case g.never[service] != "":
		return Never
	case choice.Allows(g.services[service].Category, g.tags[service]):
		return Running
	}
	return Blocked
}

// Reason returns why a service whose Status is Never doesn't run, or "".
func (g *Gate) Reason(service int) Reason { return g.never[service] }

func (g *Gate) neverReason(service catalogue.Service) Reason {
	switch {
	case service.Category == consent.Necessary:
		return ""
	case g.options.InUse != nil && !slices.Contains(g.options.InUse, service.ID):
		return NotInUse
	case !g.options.CrossBorder && leaves(service.Countries, g.options.Jurisdiction):
		return CrossBorder
	}
	return ""
}

// leaves reports whether data processed in the given countries leaves the
// jurisdiction, as it may where none is known.
func leaves(countries []string, jurisdiction string) bool {
	return len(countries) == 0 || len(abroad(countries, jurisdiction)) > 0
}

// abroad returns those of the countries that lie outside of the jurisdiction. A
// self-hosted service stays where the operator is.
func abroad(countries []string, jurisdiction string) []string {
	return slices.DeleteFunc(slices.Clone(countries), func(country string) bool {
		return country == "operator" || strings.EqualFold(country, jurisdiction)
	})
}

// Abroad returns the countries outside of the jurisdiction in which a service
// processes data.
func (g *Gate) Abroad(service int) []string {
	return abroad(g.Services()[service].Countries, g.options.Jurisdiction)
}

// permitKey tells permits apart. Services holds the bytes of the sorted tags.
type permitKey struct {
	categories consent.Set
	services   string
}

// Permit returns what the choice lets run. Permits of whole categories are
// computed once.
func (g *Gate) Permit(choice consent.Choice) *Permit {
	var key permitKey
	if choice.State == consent.Allowed {
		key.categories = choice.Categories
		raw := make([]byte, 0, 3*len(choice.Services))
		for _, tag := range choice.Services {
			raw = append(raw, byte(tag>>16), byte(tag>>8), byte(tag))
		}
		key.services = string(raw)
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if permit, ok := g.permits[key]; ok {
		return permit
	}
	permit := newPermit(g, choice)
	if len(g.permits) < maxPermits {
		permit.kept = true
		g.permits[key] = permit
	}
	return permit
}

// IsVisitorID reports whether the service's vendor keeps its identifier of the
// visitor in a cookie of that name.
func (g *Gate) IsVisitorID(service int, cookie string) bool {
	return g.options.Catalogue.IsVisitorID(service, cookie)
}
