package gate

import (
	"bytes"
	"encoding/base64"

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

// SourcePath comes behind a service's ID with the address that the frame would show, in
// base64url (RFC 4648 §5): the placeholder links to it.
const SourcePath = "/at/"

// maxSource bounds such an address, in bytes.
const maxSource = 1 << 10

// EmbedSource returns the address in what stands behind SourcePath, or "" when it isn't
// one of the service: nobody else's can be put on the site's placeholder.
func (g *Gate) EmbedSource(service int, encoded string) string {
	raw, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil || len(raw) > maxSource || !isWeb(raw) {
		return ""
	}
	if g.options.Catalogue.Find(catalogue.Locate(raw, catalogue.Base{}, nil)) != service {
		return ""
	}
	return string(raw)
}

// isWeb reports whether the address is one of http or https without anything that
// URL parsers drop or change.
func isWeb(address []byte) bool {
	scheme, _, _ := bytes.Cut(address, []byte("//"))
	if !bytes.EqualFold(scheme, []byte("https:")) && !bytes.EqualFold(scheme, []byte("http:")) {
		return false
	}
	return !bytes.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r > '~' || r == '\\' })
}

// source returns what stands behind SourcePath for the frame's address, or "".
func (e *Elements) source(raw []byte) string {
	address := bytes.TrimSpace(htmlstream.DecodeAttr(raw, e.decoded[:0]))
	if bytes.HasPrefix(address, []byte("//")) {
		address = append([]byte("https:"), address...)
	}
	if len(address) > maxSource || !isWeb(address) {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(address)
}

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
func (e *Elements) embed(t *htmlstream.Tag, service int, raw []byte) {
	if service == Unknown || t.Foreign() || t.Has("srcdoc") {
		return
	}
	path := e.permit.gate.embeds[service]
	if path == "" {
		return
	}
	if t.Has("sandbox") {
		path += HeldPath
	} else if source := e.source(raw); source != "" {
		path += SourcePath + source
	}
	switch {
	case !e.place.Elsewhere:
		t.Insert(" src=" + path + " ")
	case e.insertion.Home != "":
		t.Set("src", e.insertion.Home+path)
	}
}
