package gate

import (
	"strings"

	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/inventory"
)

// ReportingPolicies are the headers that hold policies of the site, by which a
// browser sends reports about its visitors.
func ReportingPolicies() []string {
	return []string{"Content-Security-Policy", "Content-Security-Policy-Report-Only"}
}

// Policies returns the site's Content-Security-Policies without the addresses in
// report-uri that are denied (CSP3 §6.5.1): a report carries the page's address,
// and the visitor's. What they restrict stays. When nothing is denied it returns
// values itself.
func (p *Permit) Policies(values []string, base catalogue.Base, o Observer) []string {
	out := values
	for i, value := range values {
		changed := false
		policies := strings.Split(value, ",")
		for j, policy := range policies {
			if kept, denied := p.withoutReports(policy, base, o); denied {
				policies[j], changed = kept, true
			}
		}
		if !changed {
			continue
		}
		if &out[0] == &values[0] {
			out = append([]string(nil), values...)
		}
		out[i] = strings.Join(policies, ",")
	}
	return out
}

// withoutReports judges one policy.
func (p *Permit) withoutReports(policy string, base catalogue.Base, o Observer) (kept string, denied bool) {
	var scratch [512]byte
	tokens := strings.Split(policy, ";")
	for i, token := range tokens {
		fields := strings.Fields(token)
		if len(fields) == 0 || !strings.EqualFold(fields[0], "report-uri") {
			continue
		}
		addresses := fields[:1]
		for _, address := range fields[1:] {
			if service, isDenied := p.judge(catalogue.Locate([]byte(address), base, scratch[:]), inventory.Header, o); isDenied {
				o.Blocked(LayerHeader, service)
				denied = true
				continue
			}
			addresses = append(addresses, address)
		}
		tokens[i] = " " + strings.Join(addresses, " ")
		if len(addresses) == 1 {
			tokens[i] = ""
		}
	}
	if !denied {
		return policy, false
	}
	return strings.Trim(strings.Join(tokens, ";"), "; \t"), true
}
