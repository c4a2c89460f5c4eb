package gate

import (
	"encoding/json"
	"strings"

	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/inventory"
)

// SpeculationRules reports whether a set of rules has the browser fetch or render
// ahead what is denied (HTML, "speculative loading"). Browsers hold to no policy
// then. While anything is blocked, rules for links must name the site's own: what
// links the page has isn't known. A rule that can't be read is denied, since browsers
// pass over it and go on with the next; what isn't JSON at all does nothing.
func (p *Permit) SpeculationRules(text []byte, base catalogue.Base, source inventory.Source, o Observer) (service int, denied bool) {
	var sets map[string]json.RawMessage
	if json.Unmarshal(text, &sets) != nil {
		return Unknown, false
	}
	service = Unknown
	var scratch [512]byte
	for _, set := range sets {
		var rules []map[string]json.RawMessage
		if json.Unmarshal(set, &rules) != nil {
			// A tag, or a list with something in it that isn't a rule.
			denied = denied || !p.open && len(set) > 0 && set[0] == '['
			continue
		}
		for _, rule := range rules {
			var urls []string
			if list, ok := rule["urls"]; !ok && !ownLinks(rule["where"]) || ok && json.Unmarshal(list, &urls) != nil {
				denied = denied || !p.open
			}
			for _, url := range urls {
				owner, isDenied := p.judge(catalogue.Locate([]byte(url), base, scratch[:]), source, o)
				if isDenied && !denied {
					service, denied = owner, true
				}
			}
		}
	}
	return service, denied
}

// ownLinks reports whether a rule's condition holds for links of the site itself
// only: it must name some by path, alone or beside further conditions.
func ownLinks(where json.RawMessage) bool {
	var condition struct {
		HrefMatches json.RawMessage   `json:"href_matches"`
		And         []json.RawMessage `json:"and"`
		Or          []json.RawMessage `json:"or"`
	}
	if json.Unmarshal(where, &condition) != nil {
		return false
	}
	for _, one := range condition.And {
		if ownLinks(one) {
			return true
		}
	}
	for _, one := range condition.Or {
		if !ownLinks(one) {
			return false
		}
	}
	if len(condition.Or) > 0 {
		return true
	}
	var patterns []string
	if json.Unmarshal(condition.HrefMatches, &patterns) != nil {
		patterns = make([]string, 1)
		if json.Unmarshal(condition.HrefMatches, &patterns[0]) != nil {
			return false
		}
	}
	for _, pattern := range patterns {
		if !strings.HasPrefix(pattern, "/") || strings.HasPrefix(pattern, "//") {
			return false
		}
	}
	return len(patterns) > 0
}
