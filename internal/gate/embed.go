package gate

import (
	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/htmlstream"
)

// EmbedPath is the path below Options.Prefix under which the placeholder of a
// service lies, by its ID.
const EmbedPath = "embed/"

// HeldPath comes behind a service's ID where the frame's sandbox would hold the
// visitor's click.
const HeldPath = "/held"

// HasPlaceholder reports whether frames of the service are something a visitor
// looks at, so that a denied one shows the edge's own page instead. Trackers hide
// theirs.
func (g *Gate) HasPlaceholder(service int) bool { return g.embeds[service] != "" }

// embed returns the path of the placeholder of the service's denied frames, or "".
func embed(service catalogue.Service, prefix string) string {
	if prefix == "" || service.Category != consent.Functional {
		return ""
	}
	return prefix + EmbedPath + service.ID
}

// embed makes a denied frame show the service's placeholder, in the size the page
// gave it. A document of the page's own goes before src.
func (e *Elements) embed(t *htmlstream.Tag, service int) {
	if service == Unknown || t.Foreign() || t.Has("srcdoc") {
		return
	}
	path := e.permit.gate.embeds[service]
	if path == "" {
		return
	}
	if t.Has("sandbox") {
		path += HeldPath
	}
	switch {
	case !e.place.Elsewhere:
		t.Insert(" src=" + path + " ")
	case e.insertion.Home != "":
		t.Set("src", e.insertion.Home+path)
	}
}
