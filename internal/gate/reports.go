package gate

import (
	"slices"
	"strings"

	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/inventory"
)

// Reports returns the values of the site's own Content-Security-Policy, enforced or
// report-only, without the denied addresses that violations are posted to (CSP3
// §6.5.1, report-uri): a browser posts there with the visitor's address, outside of
// every policy. When nothing is denied it returns values itself.
func (p *Permit) Reports(values []string, base catalogue.Base, o Observer) []string {
	var out []string
	for i, value := range values {
		policies := strings.Split(value, ",")
		changed := false
		for j, policy := range policies {
			if kept, ok := p.withoutReports(policy, base, o); ok {
				policies[j], changed = kept, true
			}
		}
		if !changed {
			continue
		}
		if out == nil {
			out = slices.Clone(values)
		}
		out[i] = strings.Join(policies, ",")
	}
	if out == nil {
		return values
	}
	return out
}

// withoutReports returns a policy without denied addresses, and whether it had any.
func (p *Permit) withoutReports(policy string, base catalogue.Base, o Observer) (kept string, changed bool) {
	d := parseDirectives(policy)
	directive := d.find("report-uri")
	if directive == nil {
		return policy, false
	}
	var scratch [512]byte
	addresses := slices.DeleteFunc(slices.Clone(directive.sources), func(address string) bool {
		service, denied := p.judge(catalogue.Locate([]byte(address), base, scratch[:]), inventory.Header, o)
		if denied {
			o.Blocked(LayerHeader, service)
		}
		return denied
	})
	if len(addresses) == len(directive.sources) {
		return policy, false
	}
	if directive.sources = addresses; len(addresses) == 0 {
		d = d.without("report-uri")
	}
	return d.String(), true
}
