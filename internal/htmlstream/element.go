package htmlstream

// traits say what an element's tags do to a tokenizer or to the places of head
// and body.
type traits uint32

const (
	reported               traits = 1 << iota // can load or run something
	reportedWithPing                          // does so only with a ping attribute
	reportedWithBackground                    // does so only with a background attribute
	reportedForeign                           // does so only in SVG
	rawText                                   // RCDATA or RAWTEXT content
	scriptElement                             //
	styleElement                              //
	plaintextElement                          //
	noscriptElement                           //
	templateElement                           //
	htmlElement                               //
	headElement                               //
	bodyElement                               //
	framesetElement                           //
	headContent                               // may stand in or after head without opening the body
	breakout                                  // start tag leaves foreign content (§13.2.6.5)
	breakoutFont                              // does so with color, face or size
	leavesForeign                             // end tag leaves foreign content when nothing there matches it
	svgElement                                //
	mathElement                               //
	svgIntegration                            // HTML inside, in SVG
	mathText                                  // HTML inside, in MathML
	mathMember                                // MathML even inside of mathText
	annotation                                // HTML inside, in MathML, with the right encoding attribute
)

// structural elements matter even when they aren't held for editing.
const structural = rawText | scriptElement | plaintextElement | noscriptElement | templateElement |
	htmlElement | headElement | bodyElement | svgElement | mathElement

// element is a name the scanner knows.
type element struct {
	name   string // lower-case
	traits traits
}

var unknown = element{}

// name is an element's name in a form that compares quickly: lower-case, exact
// up to 16 bytes. No known name is longer.
type name struct {
	head, tail uint64
	length     int
}

// nameByte holds each byte's lower-case form; 0 for what ends a name. NUL
// becomes U+FFFD in a name, which makes it another name.
var nameByte = func() (table [256]byte) {
	for i := range table {
		table[i] = lower(byte(i))
		if class[i]&(space|slash|greater) != 0 {
			table[i] = 0
		}
	}
	table[0] = 0xFF
	return table
}()

// read adds the bytes of p from i on and returns the position of the one that
// ends the name, or the end of p.
func (n *name) read(p []byte, i int) int {
	head, length := n.head, n.length
	for ; i < len(p); i++ {
		c := nameByte[p[i]]
		if c == 0 {
			break
		}
		if length < 8 {
			head = head<<8 | uint64(c)
		} else {
			n.tail = n.tail<<8 | uint64(c)
		}
		length++
	}
	n.head, n.length = head, length
	return i
}

func nameOf(s string) name {
	var n name
	n.read([]byte(s), 0)
	return n
}

const slots = 512 // a power of two, well above the number of known names

func (n name) slot() uint64 {
	return ((n.head ^ n.tail<<1 ^ uint64(n.length)) * 0x9E3779B97F4A7C15) >> 55
}

type elementTable [slots]struct {
	name    name
	element *element
}

// lookup returns the element with the given name, or &unknown.
func (t *elementTable) lookup(n name) *element {
	for i := n.slot(); ; i = (i + 1) % slots {
		switch entry := &t[i]; {
		case entry.element == nil:
			return &unknown
		case entry.name == n:
			return entry.element
		}
	}
}

var elements = func() *elementTable {
	table := new(elementTable)
	for _, group := range vocabulary {
		for _, s := range group.names {
			n := nameOf(s)
			i := n.slot()
			for table[i].element != nil && table[i].name != n {
				i = (i + 1) % slots
			}
			if table[i].element == nil {
				table[i].name, table[i].element = n, &element{name: s}
			}
			table[i].element.traits |= group.traits
		}
	}
	return table
}()

var vocabulary = []struct {
	traits traits
	names  []string
}{
	{reported, []string{
		"audio", "base", "body", "embed", "frame", "iframe", "image", "img", "input", "link", "meta",
		"object", "script", "source", "style", "track", "video"}},
	{reportedWithPing, []string{"a", "area"}},
	{reportedWithBackground, []string{"table", "thead", "tbody", "tfoot", "tr", "td", "th"}},
	{reportedForeign, []string{"feimage", "use"}},

	{rawText, []string{"title", "textarea", "style", "xmp", "iframe", "noembed", "noframes"}},
	{scriptElement, []string{"script"}},
	{styleElement, []string{"style"}},
	{plaintextElement, []string{"plaintext"}},
	{noscriptElement, []string{"noscript"}},

	{templateElement, []string{"template"}},
	{htmlElement, []string{"html"}},
	{headElement, []string{"head"}},
	{bodyElement, []string{"body"}},
	{framesetElement, []string{"frameset"}},
	{headContent, []string{
		"base", "basefont", "bgsound", "link", "meta", "noframes", "script", "style", "template", "title"}},

	{breakout, []string{
		"b", "big", "blockquote", "body", "br", "center", "code", "dd", "div", "dl", "dt", "em", "embed",
		"h1", "h2", "h3", "h4", "h5", "h6", "head", "hr", "i", "img", "li", "listing", "menu", "meta", "nobr",
		"ol", "p", "pre", "ruby", "s", "small", "span", "strong", "strike", "sub", "sup", "table", "tt", "u",
		"ul", "var"}},
	{breakoutFont, []string{"font"}},
	// An end tag leaves foreign content if an HTML element of its name is open
	// around it. Which are isn't known here; these are the ones in use as
	// containers.
	{leavesForeign, []string{
		"a", "address", "article", "aside", "b", "blockquote", "br", "button", "caption", "center", "dd", "details",
		"div", "dl", "dt", "em", "fieldset", "figcaption", "figure", "font", "footer", "form", "h1", "h2", "h3", "h4",
		"h5", "h6", "header", "hgroup", "i", "label", "li", "main", "nav", "object", "ol", "p", "picture", "pre",
		"section", "span", "strong", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul"}},

	{svgElement, []string{"svg"}},
	{mathElement, []string{"math"}},
	{svgIntegration, []string{"foreignobject", "desc", "title"}},
	{mathText, []string{"mi", "mn", "mo", "ms", "mtext"}},
	{mathMember, []string{"malignmark", "mglyph"}},
	{annotation, []string{"annotation-xml"}},
}
