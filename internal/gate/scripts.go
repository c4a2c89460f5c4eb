package gate

import (
	"bytes"

	"github.com/mamen-ai/consentgate/internal/htmlstream"
	"github.com/mamen-ai/consentgate/internal/inventory"
)

// script judges a script by its address, and holds the text of one that has none.
func (e *Elements) script(t *htmlstream.Tag) {
	external := false
	for _, attribute := range scriptReferences {
		raw, ok := t.Attr(attribute)
		if !ok {
			continue
		}
		external = external || attribute == "src" || t.Foreign()
		if service, denied := e.reference(raw); denied {
			t.Rename(attribute)
			e.neutralise(t)
			e.observer.Blocked(LayerElement, service)
		}
	}
	if external {
		return
	}
	if e.kind = kindOfScript(t); e.kind != dataBlock {
		t.HoldText()
	}
}

// Script implements htmlstream.Handler: it neutralises an inline script that
// carries the snippet of a denied service, and speculation rules that name one.
func (e *Elements) Script(t *htmlstream.Tag, text []byte) {
	if e.kind == speculationRules {
		if service, denied := e.permit.SpeculationRules(text, e.base, inventory.Page, e.observer); denied {
			e.neutralise(t)
			e.observer.Blocked(LayerInline, service)
		}
		return
	}
	e.found = e.permit.gate.options.Catalogue.FindInline(text, e.found[:0])
	blocked := false
	for _, service := range e.found {
		e.observer.SawOwn(service, !e.permit.running[service])
		if e.permit.running[service] {
			continue
		}
		if !blocked {
			e.neutralise(t)
			blocked = true
		}
		e.observer.Blocked(LayerInline, service)
	}
	if blocked {
		return
	}
	for _, service := range e.found {
		e.observer.Ran(service)
	}
}

// neutralise makes a script a data block. The old type must be renamed as well:
// preload scanners take the last of two.
func (e *Elements) neutralise(t *htmlstream.Tag) {
	t.Rename("type")
	t.Rename("nomodule")
	t.Insert(" type=text/plain ")
}

// scriptKind is what browsers do with the text of a script element.
type scriptKind uint8

const (
	dataBlock        scriptKind = iota // nothing: left alone and not searched
	runs                               // run it
	speculationRules                   // fetch ahead what it names
)

// kindOfScript judges a script element by its type (HTML, "prepare the script
// element", steps 8 to 12).
func kindOfScript(t *htmlstream.Tag) scriptKind {
	raw, ok := t.Attr("type")
	prefix := ""
	if !ok {
		raw, prefix = attr(t, "language"), "text/"
	}
	if len(raw) == 0 {
		return runs
	}
	var decoded, lower [maxScriptType]byte
	value := bytes.Trim(htmlstream.DecodeAttr(raw, decoded[:0]), " \t\n\f\r")
	if len(prefix)+len(value) > maxScriptType {
		return dataBlock
	}
	essence := append(append(lower[:0], prefix...), value...)
	for i, b := range essence {
		if b >= 'A' && b <= 'Z' {
			essence[i] = b + 'a' - 'A'
		}
	}
	switch {
	case javascriptTypes[string(essence)], string(essence) == "module":
		return runs
	case string(essence) == "speculationrules":
		return speculationRules
	}
	return dataBlock
}

// maxScriptType is longer than any type that matters.
const maxScriptType = 64

// javascriptTypes are the JavaScript MIME type essence strings (WHATWG MIME
// Sniffing §4.6).
var javascriptTypes = map[string]bool{
	"application/ecmascript": true, "application/javascript": true,
	"application/x-ecmascript": true, "application/x-javascript": true,
	"text/ecmascript": true, "text/javascript": true,
	"text/javascript1.0": true, "text/javascript1.1": true, "text/javascript1.2": true,
	"text/javascript1.3": true, "text/javascript1.4": true, "text/javascript1.5": true,
	"text/jscript": true, "text/livescript": true,
	"text/x-ecmascript": true, "text/x-javascript": true,
}
