package gate

import (
	"slices"
	"strings"

	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/inventory"
)

// ActingHeaders are the response headers besides Link and Set-Cookie by which a
// browser reaches an address on its own: where it reports to (Reporting API,
// Network Error Logging), what it fetches or opens ahead, where it goes next.
// Browsers act on them outside of the page's policy.
func ActingHeaders() []string {
	return []string{"Report-To", "Reporting-Endpoints", "Speculation-Rules", "Refresh"}
}

// Values returns the values of an acting header without those that name a denied
// address. When nothing is denied it returns values itself.
func (p *Permit) Values(values []string, base catalogue.Base, o Observer) []string {
	return undenied(values, func(value string) bool {
		service, denied := p.mentions(value, base, inventory.Header, o)
		if denied {
			o.Blocked(LayerHeader, service)
		}
		return denied
	})
}

// undenied returns the values that aren't denied: values itself when none is, else a
// copy. Each is asked about once.
func undenied(values []string, denied func(value string) bool) []string {
	first := slices.IndexFunc(values, denied)
	if first < 0 {
		return values
	}
	kept := append(make([]string, 0, len(values)), values[:first]...)
	for _, value := range values[first+1:] {
		if !denied(value) {
			kept = append(kept, value)
		}
	}
	return kept
}

// mentions judges every address in a text whose grammar puts quotes, brackets,
// commas or white space around addresses: JSON, structured fields, and the value
// of a refresh. The observer is told of each.
func (p *Permit) mentions(text string, base catalogue.Base, source inventory.Source, o Observer) (service int, denied bool) {
	var scratch [512]byte
	service = Unknown
	for word := range strings.FieldsFuncSeq(text, surroundsAddress) {
		if !strings.Contains(word, "/") && !strings.Contains(word, `\`) {
			continue
		}
		// url=https://… of a refresh, name=https://… of a parameter
		if name, address, found := strings.Cut(word, "="); found && !strings.ContainsAny(name, `/\:`) {
			word = address
		}
		owner, isDenied := p.judge(catalogue.Locate([]byte(word), base, scratch[:]), source, o)
		if isDenied && !denied {
			service, denied = owner, true
		}
	}
	return service, denied
}

func surroundsAddress(r rune) bool { return r <= ' ' || strings.ContainsRune(`"'<>,;(){}[]`, r) }
