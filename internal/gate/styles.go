package gate

import (
	"bytes"

	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/htmlstream"
	"github.com/mamen-ai/consentgate/internal/inventory"
)

// emptyURL, put before a URL in a style, makes it one that loads nothing and
// leaves everything else of the style as it is.
const emptyURL = "data:,"

// Style implements htmlstream.Handler: it makes the URLs of denied services in a
// style element lead nowhere.
func (e *Elements) Style(t *htmlstream.Text, last bool) (n int) {
	text := t.Bytes()
	stops := cssStops{text: text}
	for {
		start, end, resume, found := e.css.next(&stops, n, last)
		n = resume
		if !found {
			return n
		}
		if e.styleURL(text[start:end]) {
			t.Insert(start, emptyURL)
		}
	}
}

// styleAttribute does the same in a style attribute.
func (e *Elements) styleAttribute(t *htmlstream.Tag) {
	raw, ok := t.Attr("style")
	if !ok || bytes.IndexByte(raw, '(') < 0 && bytes.IndexByte(raw, '&') < 0 {
		return
	}
	text := htmlstream.DecodeAttr(raw, e.style[:0])
	css, stops := cssScanner{}, cssStops{text: text}
	for i := 0; ; {
		start, end, resume, found := css.next(&stops, i, true)
		if !found {
			return
		}
		i = resume
		if e.styleURL(text[start:end]) {
			t.InsertInAttr("style", htmlstream.RawOffset(raw, start), emptyURL)
		}
	}
}

// styleURL judges one URL of a style.
func (e *Elements) styleURL(raw []byte) (denied bool) {
	if !e.hasBase && staysHere(raw) {
		return false
	}
	url := cssUnescape(raw, e.decoded[:0])
	service, denied := e.permit.judge(catalogue.Locate(url, e.base, e.scratch[:]), inventory.Page, e.observer)
	if denied {
		e.observer.Blocked(LayerStyle, service)
	} else if service >= 0 {
		e.observer.Ran(service)
	}
	return denied
}
