package gate

import (
	"slices"
	"strings"
)

// contentSecurityPolicy returns the policy of the permit. It limits where
// anything in the page may connect and nothing else: inline code and eval stay
// as the site has them. It is sent as a header line of its own, since several
// policies intersect (CSP3 §4.2) and ours can then only narrow the site's.
//
// Workers leave out data:, because WebKit lets a data: worker escape the policy.
// Forms may lead to the site itself and to what the operator calls necessary;
// no service needs more.
func (p *Permit) contentSecurityPolicy() string {
	return "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'" + sourceList(p.sources()) +
		"; worker-src 'self' blob:; form-action 'self'" + sourceList(p.gate.options.Necessary) +
		"; base-uri 'self'; report-uri " + p.gate.options.Prefix + "report"
}

// sources returns what may be reached beside the site itself.
func (p *Permit) sources() []string {
	allowed := slices.Clone(p.gate.options.Necessary)
	if !p.gate.options.BlockUnknown {
		return allowed
	}
	for i := range p.gate.services {
		if p.running[i] {
			allowed = append(allowed, p.gate.options.Catalogue.Sources(i)...)
		}
	}
	return allowed
}

func sourceList(sources []string) string {
	var list strings.Builder
	for _, source := range slices.Compact(slices.Sorted(slices.Values(sources))) {
		list.WriteString(" " + source)
	}
	return list.String()
}

// Policy returns the name and value of the permit's own policy header. Without
// BlockUnknown it only reports, so that the operator learns what the site
// reaches; its allow-list then stays short, since what the catalogue allows is
// told from the reports.
func (p *Permit) Policy() (name, value string) {
	if p.open {
		return "", ""
	}
	if p.gate.options.BlockUnknown {
		return "Content-Security-Policy", p.policy
	}
	return "Content-Security-Policy-Report-Only", p.policy
}
