package gate

import (
	"bytes"

	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/htmlstream"
	"github.com/mamen-ai/consentgate/internal/inventory"
)

// Insertion is what the edge puts into a document.
type Insertion struct {
	Head []byte             // first thing in the head
	Body func(Place) []byte // first thing in the body
	Home string             // scheme and host of the page
	// Admission is what a policy in the head must know of what comes behind it.
	Admission func() Admission
}

// Elements neutralises the elements of one document. It implements
// htmlstream.Handler; a value serves one document and isn't safe for concurrent
// use.
type Elements struct {
	permit    *Permit
	base      catalogue.Base
	observer  Observer
	insertion Insertion

	kind    scriptKind // of the inline script that is held
	place   Place      // of what goes into the body
	nesting int        // how many srcdoc attributes the document lies in
	inBody  bool       // the body has begun
	hasBase bool       // a <base href> was seen: only the first counts
	based   bool       // a <base target> was seen: only the first counts
	policed bool       // the head states a policy
	css     cssScanner // of the style element at hand
	found   []int
	style   [512]byte // a style attribute, decoded
	decoded [512]byte
	scratch [512]byte
}

var _ htmlstream.Handler = (*Elements)(nil)

// Reset makes e ready for another document.
func (e *Elements) Reset(p *Permit, base catalogue.Base, o Observer, insertion Insertion) {
	e.permit, e.base, e.observer, e.insertion = p, base, o, insertion
	e.hasBase, e.based, e.policed, e.inBody, e.place = false, false, false, false, Place{}
}

// Head implements htmlstream.Handler.
func (e *Elements) Head() []byte { return e.insertion.Head }

// Body implements htmlstream.Handler.
func (e *Elements) Body(lang []byte) []byte {
	e.inBody = true
	if e.insertion.Body == nil {
		return nil
	}
	e.place.Lang = string(htmlstream.DecodeAttr(lang, e.decoded[:0]))
	return e.insertion.Body(e.place)
}

// The attributes through which elements load something.
var (
	scriptReferences = []string{"src", "href", "xlink:href"}
	imageReferences  = []string{"src", "srcset"}
	sourceReferences = []string{"src"}
	linkReferences   = []string{"href", "imagesrcset"}
	tableReferences  = []string{"background"}
	anchorReferences = []string{"ping"}
	videoReferences  = []string{"src", "poster"}
	objectReferences = []string{"data"}
	useReferences    = []string{"href", "xlink:href"}
	svgReferences    = []string{"href", "xlink:href", "src", "srcset"}
)

// references returns those of an element.
func references(name string) []string {
	switch name {
	case "script":
		return scriptReferences
	case "img", "source":
		return imageReferences
	case "iframe", "frame", "embed", "track", "audio", "input":
		return sourceReferences
	case "link":
		return linkReferences
	case "body", "table", "thead", "tbody", "tfoot", "tr", "td", "th":
		return tableReferences
	case "a", "area":
		return anchorReferences
	case "video":
		return videoReferences
	case "object":
		return objectReferences
	case "feimage", "use":
		return useReferences
	case "image":
		return svgReferences // the parser makes an img of it outside of SVG
	}
	return nil
}

// StartTag implements htmlstream.Handler.
func (e *Elements) StartTag(t *htmlstream.Tag) {
	e.styleAttribute(t)
	name := t.Name()
	switch name {
	case "base":
		e.setBase(t)
		return
	case "script":
		e.script(t)
		return
	case "meta":
		e.refresh(t)
		e.metaPolicy(t)
		return
	case "style":
		e.css = cssScanner{}
		t.HoldText()
		return
	case "iframe":
		e.srcdoc(t)
	case "link":
		if e.idleLink(t) {
			return
		}
	}
	for _, attribute := range references(name) {
		raw, ok := t.Attr(attribute)
		if !ok || !e.hasBase && staysHere(raw) {
			continue
		}
		var service int
		var denied bool
		switch attribute {
		case "srcset", "imagesrcset", "ping":
			service, denied = e.candidates(raw)
		default:
			service, denied = e.reference(raw)
		}
		if denied {
			t.Rename(attribute)
			if name == "iframe" {
				e.embed(t, service, raw)
			}
			e.observer.Blocked(LayerElement, service)
		}
	}
}

// refresh stops a page from moving on to a denied service by itself.
func (e *Elements) refresh(t *htmlstream.Tag) {
	if !bytes.EqualFold(attr(t, "http-equiv"), []byte("refresh")) {
		return
	}
	content := htmlstream.DecodeAttr(attr(t, "content"), e.decoded[:0])
	if service, denied := e.permit.mentions(string(content), e.base, inventory.Page, e.observer); denied {
		t.Rename("http-equiv")
		e.observer.Blocked(LayerElement, service)
	}
}

// reference judges one URL attribute and tells the observer what may run.
func (e *Elements) reference(raw []byte) (service int, denied bool) {
	url := htmlstream.DecodeAttr(raw, e.decoded[:0])
	service, denied = e.permit.judge(catalogue.Locate(url, e.base, e.scratch[:]), inventory.Page, e.observer)
	if service >= 0 && !denied {
		e.observer.Ran(service)
	}
	return service, denied
}

// staysHere reports, without parsing it, that an attribute leads to the page's
// own host: nothing in it can begin a scheme or a host, openly or by a character
// reference or a byte that URL parsers drop (WHATWG URL §4.4). Most references of
// most pages are such. What the site's own host answers to a collector's path is
// decided when it's requested; scripts are judged by their paths as well.
func staysHere(raw []byte) bool {
	for i, b := range raw {
		if mayLeave[b] && (b != '/' || i > 0 && raw[i-1] == '/') {
			return false
		}
	}
	return true
}

// mayLeave holds the bytes for which staysHere looks; one slash alone leads nowhere.
var mayLeave = func() (table [256]bool) {
	for i := range table {
		b := byte(i)
		table[i] = b == ':' || b == '&' || b == '\\' || b == '/' || b < ' '
	}
	return table
}()

// candidates judges an attribute that holds several URLs: srcset, where
// descriptors stand between them, and ping. One denied URL denies the
// attribute.
func (e *Elements) candidates(raw []byte) (service int, denied bool) {
	service = Unknown
	value := htmlstream.DecodeAttr(raw, e.decoded[:0])
	for len(value) > 0 {
		end, hasSlash := 0, false
		for end < len(value) && value[end] != ',' && !isSpace(value[end]) {
			hasSlash = hasSlash || value[end] == '/' || value[end] == '\\'
			end++
		}
		if hasSlash {
			owner, isDenied := e.permit.judge(catalogue.Locate(value[:end], e.base, e.scratch[:]), inventory.Page, e.observer)
			if isDenied && !denied {
				service, denied = owner, true
			}
		}
		value = value[min(end+1, len(value)):]
	}
	return service, denied
}

// isSpace reports ASCII white space (WHATWG Infra), which is that of CSS as well.
func isSpace(b byte) bool { return b == ' ' || '\t' <= b && b <= '\r' && b != '\v' }

func attr(t *htmlstream.Tag, name string) []byte {
	raw, _ := t.Attr(name)
	return raw
}

// Context is what decides, beside the bytes of a document, what becomes of them. Of two
// documents of one site with equal contexts, equal bytes are judged alike.
type Context struct {
	Permit             *Permit
	Path               string // against which references are resolved
	scheme, host, home string
	hasBase, based     bool
	InBody             bool // the body has begun, which it doesn't in fragments and framesets
	place              Place
}

// Context returns the context of what comes next. ok is false where there is none: under
// a choice for which there is no permit of long life.
func (e *Elements) Context() (c Context, ok bool) {
	return Context{
		Permit: e.permit, Path: e.base.Path, scheme: e.base.Scheme, host: e.base.Host, home: e.insertion.Home,
		hasBase: e.hasBase, based: e.based, InBody: e.inBody, place: e.place,
	}, e.permit.kept
}

// Plain reports whether nothing in the document so far bears on what is inserted into
// it but its language: no base element, no policy.
func (e *Elements) Plain() bool {
	return e.place == Place{Lang: e.place.Lang} && !e.hasBase && !e.based && !e.policed
}
