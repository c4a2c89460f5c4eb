package catalogue

import (
	"encoding/json"
	"strings"
)

// MaxEvent bounds, in bytes, the body of a request that is read to know an event.
const MaxEvent = 16 << 10

// event is how a tool's first-party collector is known whose address a site could
// use for something else: by what is posted there.
type event struct {
	service string
	path    string // the end of the address
	is      func(fields map[string]json.RawMessage) bool
}

func events() []event {
	return []event{
		// Name, URL and domain of Plausible's events API.
		{"plausible", "/api/event", func(fields map[string]json.RawMessage) bool {
			return isText(fields["n"]) && isText(fields["u"]) && isText(fields["d"])
		}},
		{"umami", "/api/send", isUmami},
		{"umami", "/api/collect", isUmami}, // Umami 1
	}
}

func isUmami(fields map[string]json.RawMessage) bool {
	var payload struct{ Website, Hostname, Language string }
	return isText(fields["type"]) && json.Unmarshal(fields["payload"], &payload) == nil &&
		payload.Website != "" && payload.Hostname+payload.Language != ""
}

// isText reports whether the value is a JSON string.
func isText(value json.RawMessage) bool { return len(value) > 0 && value[0] == '"' }

// TakesEvents reports whether FindEvent must see the body of a request to the
// path to know it.
func TakesEvents(path string) bool {
	for _, e := range events() {
		if strings.HasSuffix(path, e.path) {
			return true
		}
	}
	return false
}

// FindEvent returns the index of the service whose event is posted to the path of
// a host of the site, or -1, and the end of the address by which it's known. The body
// is the request's, whole.
func (c *Catalogue) FindEvent(path string, body []byte) (service int, pattern string) {
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil {
		return none, ""
	}
	for _, e := range events() {
		if strings.HasSuffix(path, e.path) && e.is(fields) {
			return c.Index(e.service), e.path
		}
	}
	return none, ""
}
