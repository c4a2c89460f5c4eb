package gate

import (
	"strings"

	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/inventory"
)

// Permit is what one choice lets run on one site: everything that follows from
// it, computed before the first byte of the page is seen. It is immutable.
type Permit struct {
	gate    *Gate
	running []bool
	open    bool   // nothing is blocked
	kept    bool   // the gate gives this one for every equal choice
	policy  string // Content-Security-Policy
	guard   []byte // JavaScript of the runtime guard; nil when open
	signals []byte // JavaScript of vendors' consent calls

	allowlist       string // Connection-Allowlist of workers and frames
	strictAllowlist string // the same of whole pages
}

func newPermit(g *Gate, choice consent.Choice) *Permit {
	p := &Permit{gate: g, running: make([]bool, len(g.services)), open: !g.options.BlockUnknown}
	for i := range g.services {
		p.running[i] = g.Status(choice, i) == Running
		p.open = p.open && p.running[i]
	}
	p.policy = p.contentSecurityPolicy()
	p.signals = p.consentCalls()
	if !p.open {
		p.guard = p.guardScript()
	}
	if g.options.BlockUnknown {
		p.allowlist = p.connectionAllowlist(nil)
		p.strictAllowlist = p.connectionAllowlist(g.options.Links)
	}
	return p
}

// Running reports whether the service with the given index may run.
func (p *Permit) Running(service int) bool { return p.running[service] }

// Open reports whether nothing is blocked. Then Elements insert nothing behind the
// beginning of the body.
func (p *Permit) Open() bool { return p.open }

// Guard returns the runtime guard: JavaScript in ASCII that must be the first
// script of the page. It is nil when nothing is blocked.
func (p *Permit) Guard() []byte { return p.guard }

// verdict returns the service a reference belongs to and whether it is denied.
func (p *Permit) verdict(l catalogue.Location) (service int, denied bool) {
	if l.Kind == catalogue.Opaque {
		return Unknown, false
	}
	service = p.gate.options.Catalogue.Find(l)
	if service >= 0 {
		return service, !p.running[service]
	}
	if l.Kind == catalogue.ThirdParty && p.gate.options.BlockUnknown && !p.gate.necessary.Has(l.Host) {
		return Unknown, true
	}
	return Unknown, false
}

// judge is verdict about something that the site names. It tells the observer
// what that shows.
func (p *Permit) judge(l catalogue.Location, source inventory.Source, o Observer) (service int, denied bool) {
	service, denied = p.verdict(l)
	switch {
	case l.Kind == catalogue.ThirdParty:
		o.SawHost(source, l.Host, service, denied)
	case service >= 0:
		o.SawOwn(service, denied)
	}
	return service, denied
}

// Reference returns the service a URL belongs to, resolved against base, and
// whether it is denied.
func (p *Permit) Reference(url string, base catalogue.Base) (service int, denied bool) {
	var scratch [512]byte
	return p.verdict(catalogue.Locate([]byte(url), base, scratch[:]))
}

// Collector returns the service to which a request to a host of the site belongs,
// by which of its patterns, and whether it is denied: the edge answers the request
// itself then. Servers that pass over letter case in paths answer a collector in
// every spelling.
func (p *Permit) Collector(host, path, query string) (service int, pattern string, denied bool) {
	service, pattern = p.gate.options.Catalogue.FindCollector(host, path, query)
	if lower := strings.ToLower(path); service < 0 && lower != path {
		service, pattern = p.gate.options.Catalogue.FindCollector(host, lower, query)
	}
	if service < 0 {
		return Unknown, "", false
	}
	return service, pattern, !p.running[service]
}

// Event returns the service to which what is posted to a path of the site belongs,
// by which end of its address, and whether it is denied; see catalogue.TakesEvents.
func (p *Permit) Event(path string, body []byte) (service int, pattern string, denied bool) {
	service, pattern = p.gate.options.Catalogue.FindEvent(path, body)
	if service < 0 {
		return Unknown, "", false
	}
	return service, pattern, !p.running[service]
}
