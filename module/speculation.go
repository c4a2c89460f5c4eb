package module

import (
	"bytes"
	"net/http"

	"github.com/mamen-ai/consentgate/internal/gate"
	"github.com/mamen-ai/consentgate/internal/inventory"
)

// maxRules bounds a set of speculation rules that is looked at, in bytes. A longer
// one is answered by an empty one.
const maxRules = 64 << 10

// rulesType is the media type of speculation rules (HTML, "speculative loading").
const rulesType = "application/speculationrules+json"

// fetchesRules reports whether the browser asks for speculation rules that a page's
// header named.
func (x *exchange) fetchesRules() bool {
	return x.dest == "speculationrules"
}

// rulesBody holds a set of speculation rules until it is known whole. Rules that
// name what is denied, that are too long or can't be read are answered by an empty
// set.
type rulesBody struct {
	x     *exchange
	out   http.ResponseWriter
	send  func() // sends the header
	text  bytes.Buffer
	began bool
	// encoded rules can't be read: the origin was asked not to.
	encoded bool
}

// Write implements body.
func (b *rulesBody) Write(p []byte) (int, error) {
	if b.text.Len() <= maxRules {
		b.text.Write(p)
	}
	return len(p), nil
}

// Close implements body.
func (b *rulesBody) Close() error {
	service, denied := b.x.permit.SpeculationRules(b.text.Bytes(), b.x.base(), inventory.Header, b.x)
	if denied || b.text.Len() > maxRules || b.encoded {
		b.x.Blocked(gate.LayerHeader, service)
		b.text.Reset()
		b.text.WriteString("{}")
	}
	b.began = true
	b.send()
	_, err := b.text.WriteTo(b.out)
	return err
}

// Flush implements body.
func (b *rulesBody) Flush() error { return nil }

// Began implements body.
func (b *rulesBody) Began() bool { return b.began }

// Recycle implements body.
func (b *rulesBody) Recycle() {}
