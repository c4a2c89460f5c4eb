package gate

import (
	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/htmlstream"
)

// EmbedPath is the path below Options.Prefix under which the placeholder of a
// service lies, by its ID.
const EmbedPath = "embed/"

// HasPlaceholder reports whether frames of the service are something a visitor
// looks at, so that a denied one shows the edge's own page instead. Trackers hide
// theirs.
func (g *Gate) HasPlaceholder(service int) bool { return g.embeds[service] != "" }

// embed returns the attribute that leads a denied frame of the service to its
// placeholder, or "".
func embed(service catalogue.Service, prefix string) string {
	if prefix == "" || service.Category != consent.Functional {
		return ""
	}
	return " src=" + prefix + EmbedPath + service.ID + " "
}

// embed makes a denied frame show the service's placeholder, in the size the page
// gave it. A document of the page's own goes before src, a sandbox would hold the
// visitor's click, and a base on another host would lead elsewhere.
func (e *Elements) embed(t *htmlstream.Tag, service int) {
	if service == Unknown || e.moved || t.Foreign() || t.Has("srcdoc") || t.Has("sandbox") {
		return
	}
	if attribute := e.permit.gate.embeds[service]; attribute != "" {
		t.Insert(attribute)
	}
}
