package gate

import (
	"bytes"

	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/htmlstream"
)

// Place is what the page says, before its body begins, that bears on what is
// inserted there.
type Place struct {
	Lang string // of the html element, "" where it has none
	// Elsewhere says that a base element names an address: references that begin
	// with a path lead to its host.
	Elsewhere bool
	// OtherTab says that a base element leads links and forms into another tab or
	// frame.
	OtherTab bool
	// Pictureless says that a policy in the head stops pictures in data: URLs.
	Pictureless bool
}

// metaPolicy lets what is inserted behind it through a policy that the head states
// (WHATWG HTML §4.2.5.3, "content-security-policy"): no header can do that. In a
// body such a policy has no effect.
func (e *Elements) metaPolicy(t *htmlstream.Tag) {
	if e.inBody || e.insertion.Admission == nil || !bytes.EqualFold(attr(t, "http-equiv"), []byte("content-security-policy")) {
		return
	}
	e.policed = true
	policy := string(htmlstream.DecodeAttr(attr(t, "content"), e.decoded[:0]))
	admitted := Admit([]string{policy}, e.insertion.Admission())[0]
	if admitted != policy {
		t.Set("content", admitted)
	}
	e.place.Pictureless = e.place.Pictureless || BoundsOf([]string{policy}).Pictureless
}

// setBase follows the first <base href> and the first <base target>: references of
// the page then lead where they say (WHATWG HTML §4.2.3).
func (e *Elements) setBase(t *htmlstream.Tag) {
	if t.Foreign() {
		return
	}
	if target, ok := t.Attr("target"); ok && !e.based {
		e.based = true
		e.place.OtherTab = len(target) > 0 && !bytes.EqualFold(target, []byte("_self"))
	}
	raw, ok := t.Attr("href")
	if !ok || e.hasBase {
		return
	}
	e.hasBase = true
	e.place.Elsewhere = !staysHere(raw)
	url := htmlstream.DecodeAttr(raw, e.decoded[:0])
	if l := catalogue.Locate(url, e.base, e.scratch[:]); l.Kind != catalogue.Opaque {
		e.base.Host, e.base.Path = string(l.Host), string(l.Path)
	}
}
