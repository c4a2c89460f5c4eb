package gate

import (
	"strings"

	"github.com/mamen-ai/consentgate/internal/catalogue"
)

// Links returns the Link header's values without the targets that are denied
// (RFC 8288 §3). Browsers act on hints there before the page's policy exists.
// When nothing is denied it returns values itself.
func (p *Permit) Links(values []string, base catalogue.Base, o Observer) []string {
	var scratch [512]byte
	var out []string
	changed := false
	for _, value := range values {
		var kept []string
		for _, link := range splitLinks(value) {
			if target, ok := linkTarget(link); ok {
				if service, denied := p.verdict(catalogue.Locate([]byte(target), base, scratch[:])); denied {
					o.Blocked(LayerLink, service)
					changed = true
					continue
				}
			}
			kept = append(kept, link)
		}
		if len(kept) > 0 {
			out = append(out, strings.Join(kept, ","))
		}
	}
	if !changed {
		return values
	}
	return out
}

// splitLinks splits a Link value at the commas between links, not at those
// inside a target or a quoted parameter.
func splitLinks(value string) []string {
	var links []string
	start, inTarget, inQuotes := 0, false, false
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case inQuotes && c == '\\':
			i++
		case inQuotes:
			inQuotes = c != '"'
		case inTarget:
			inTarget = c != '>'
		case c == '"':
			inQuotes = true
		case c == '<':
			inTarget = true
		case c == ',':
			links = append(links, value[start:i])
			start = i + 1
		}
	}
	return append(links, value[start:])
}

func linkTarget(link string) (string, bool) {
	_, rest, found := strings.Cut(link, "<")
	if !found {
		return "", false
	}
	target, _, found := strings.Cut(rest, ">")
	return target, found
}
