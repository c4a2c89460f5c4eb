package gate

import (
	"bytes"

	"github.com/mamen-ai/consentgate/internal/htmlstream"
)

// loadingRels are the link types on which a browser fetches or connects by itself
// (WHATWG HTML §4.6.8, Resource Hints, Web App Manifest, Compression Dictionary
// Transport, OpenSearch, vendors' icons). The others, canonical and alternate
// among them, only say something about the page.
var loadingRels = map[string]bool{
	"stylesheet": true, "icon": true, "apple-touch-icon": true, "apple-touch-icon-precomposed": true,
	"apple-touch-startup-image": true, "mask-icon": true, "fluid-icon": true, "manifest": true,
	"preload": true, "modulepreload": true, "prefetch": true, "prerender": true, "preconnect": true, "dns-prefetch": true,
	"compression-dictionary": true, "search": true, "next": true, "import": true, "subresource": true,
}

// maxRel is longer than any link type that matters.
const maxRel = 32

// loads reports whether a list of link types holds one on which a browser acts.
func loads(rel []byte) bool {
	for token := range bytes.FieldsSeq(rel) {
		if len(token) > maxRel {
			continue
		}
		var space [maxRel]byte
		lower := append(space[:0], token...)
		for i, c := range lower {
			if 'A' <= c && c <= 'Z' {
				lower[i] = c + 'a' - 'A'
			}
		}
		if loadingRels[string(lower)] {
			return true
		}
	}
	return false
}

// idleLink reports whether a link element loads nothing.
func (e *Elements) idleLink(t *htmlstream.Tag) bool {
	return !loads(htmlstream.DecodeAttr(attr(t, "rel"), e.decoded[:0]))
}
