package gate

import (
	"bytes"
	"io"

	"github.com/mamen-ai/consentgate/internal/htmlstream"
)

// maxNesting bounds how deep documents inside srcdoc attributes are judged; a
// deeper one is denied.
const maxNesting = 3

// srcdoc judges the document that an iframe carries in its srcdoc attribute, and
// stops it whole when something in it is denied: its markup is written in
// character references, into which nothing can be inserted.
func (e *Elements) srcdoc(t *htmlstream.Tag) {
	raw, ok := t.Attr("srcdoc")
	if !ok || bytes.IndexByte(raw, '<') < 0 && bytes.IndexByte(raw, '&') < 0 {
		return
	}
	inner := Elements{nesting: e.nesting + 1}
	counted := &blockedCounter{Observer: e.observer}
	inner.permit, inner.base, inner.observer = e.permit, e.base, counted
	if inner.nesting <= maxNesting {
		w := htmlstream.NewRewriter(io.Discard, &inner)
		w.Write(htmlstream.DecodeAttr(raw, nil)) // a Rewriter fails only with its writer
		w.Close()
	} else if !e.permit.open {
		counted.Blocked(LayerElement, Unknown)
	}
	if counted.blocked {
		t.Rename("srcdoc")
	}
}

// blockedCounter passes on what the gate tells and remembers that something was
// blocked.
type blockedCounter struct {
	Observer
	blocked bool
}

func (c *blockedCounter) Blocked(layer Layer, service int) {
	c.blocked = true
	c.Observer.Blocked(layer, service)
}
