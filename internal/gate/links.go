package gate

import (
	"strings"

	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/inventory"
)

// Links returns the Link header's values without the targets that are denied
// (RFC 8288 §3). Browsers act on hints there before the page's policy exists.
// When nothing is denied it returns values itself.
func (p *Permit) Links(values []string, base catalogue.Base, o Observer) []string {
	var out []string
	changed := false
	for _, value := range values {
		var kept []string
		for _, link := range splitLinks(value) {
			if service, denied := p.link(link, base, o); denied {
				o.Blocked(LayerLink, service)
				changed = true
				continue
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

// link judges one link by its target and the images it may name instead (WHATWG
// HTML §4.2.4.4), if it is of a type on which a browser acts.
func (p *Permit) link(link string, base catalogue.Base, o Observer) (service int, denied bool) {
	_, rest, _ := strings.Cut(link, "<")
	target, rest, found := strings.Cut(rest, ">")
	if !found {
		return Unknown, false
	}
	var rel, images string
	hasRel := false
	for parameter := ""; len(rest) > 0; {
		parameter, rest = cutParameter(rest)
		name, value, _ := strings.Cut(parameter, "=")
		value = strings.ReplaceAll(strings.Trim(strings.TrimSpace(value), `"`), `\`, "")
		switch name = strings.TrimSpace(name); {
		case strings.EqualFold(name, "rel") && !hasRel: // the first counts
			rel, hasRel = value, true
		case strings.EqualFold(name, "imagesrcset"):
			images = value
		}
	}
	if !loads([]byte(rel)) {
		return Unknown, false
	}
	var scratch [512]byte
	service, denied = p.judge(catalogue.Locate([]byte(target), base, scratch[:]), inventory.Header, o)
	if !denied && images != "" {
		service, denied = p.mentions(images, base, inventory.Header, o)
	}
	return service, denied
}

// cutParameter cuts parameters at the first semicolon outside of quotes.
func cutParameter(text string) (parameter, rest string) {
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\' && quoted:
			i++
		case c == '"':
			quoted = !quoted
		case c == ';' && !quoted:
			return text[:i], text[i+1:]
		}
	}
	return text, ""
}
