package htmlstream

import "strings"

// RenamePrefix is what Rename inserts before an attribute's name.
const RenamePrefix = "data-privacy-"

// Tag is a start tag under the handler's hands. It is valid only during the
// call that handed it over.
type Tag struct {
	data       []byte // from < on, as far as the tag is held
	element    *element
	nameEnd    int
	attributes []attribute
	initials   uint32 // a bit for the first letter of each attribute's name, in any case
	edits      edits
	wantsText  bool
	inNoscript bool
	foreign    bool
}

// attribute holds positions in Tag.data.
type attribute struct {
	name, nameEnd   int
	value, valueEnd int
	renamed         bool
}

// initial returns the bit of a name's first letter.
func initial(c byte) uint32 { return 1 << (c & 0x1F) }

// Name returns the element's name in lower case: a constant, not a copy. It is
// empty for an element that loads and runs nothing by itself.
func (t *Tag) Name() string { return t.element.name }

// Attr returns the value of the first attribute with the given lower-case name,
// as it is written: without its quotes, character references not decoded. It is
// empty for an attribute without a value.
func (t *Tag) Attr(name string) (raw []byte, ok bool) {
	if name == "" || t.initials&initial(name[0]) == 0 {
		return nil, false // as most that are asked for
	}
	for i := range t.attributes {
		if a := &t.attributes[i]; equalFold(t.data[a.name:a.nameEnd], name) {
			return t.data[a.value:a.valueEnd], true
		}
	}
	return nil, false
}

// Has reports whether the tag has an attribute with the given lower-case name.
func (t *Tag) Has(name string) bool {
	_, ok := t.Attr(name)
	return ok
}

// Rename inserts RenamePrefix before the name of every attribute with the given
// lower-case name. All of them: preload scanners take a duplicate that the
// parser ignores. Attributes whose name begins with an equals sign can't be
// renamed; no name of a standard does.
func (t *Tag) Rename(name string) {
	if strings.HasPrefix(name, "=") {
		return
	}
	for i := range t.attributes {
		if a := &t.attributes[i]; !a.renamed && equalFold(t.data[a.name:a.nameEnd], name) {
			a.renamed = true
			t.edits.insert(a.name, RenamePrefix)
		}
	}
}

// Insert inserts text behind the element's name. The text begins and ends with
// a space and holds only ASCII letters and digits, "-", "_", ".", "=", "/" and
// spaces between; another text is ignored, because it could move the tag's end.
// The space at its end keeps the value of " type=text/plain " apart from what
// follows the name in <script/src=x>.
func (t *Tag) Insert(text string) {
	if len(text) < 2 || text[0] != ' ' || text[len(text)-1] != ' ' || !harmless(text, "-_.=/ ") {
		return
	}
	t.edits.insert(t.nameEnd, text)
}

// InsertInAttr inserts text into the value of the first attribute with the given
// lower-case name, at an offset of what Attr returns. The text holds only ASCII
// letters and digits, ":", "," and "-", which end no value however it's quoted;
// another text is ignored.
func (t *Tag) InsertInAttr(name string, offset int, text string) {
	if !harmless(text, ":,-") {
		return
	}
	for i := range t.attributes {
		if a := &t.attributes[i]; equalFold(t.data[a.name:a.nameEnd], name) {
			if 0 <= offset && offset <= a.valueEnd-a.value && a.value > 0 {
				t.edits.insert(a.value+offset, text)
			}
			return
		}
	}
}

// Set gives the attribute with the given lower-case name another value, and keeps
// what was written under RenamePrefix. The value is printable ASCII without "<",
// which could end a noscript around the tag; another value is ignored.
func (t *Tag) Set(name, value string) {
	if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' || r == '<' }) || !harmless(name, "-") {
		return
	}
	t.Rename(name)
	t.edits.insert(t.nameEnd, " "+name+`="`+strings.NewReplacer("&", "&amp;", `"`, "&quot;").Replace(value)+`" `)
}

// HoldText asks for the text of an inline script or style. It has no effect on
// other elements, in foreign content, where such text is markup, on a script
// inside noscript, where scripts don't run, and on a tag of more than 64 KB.
func (t *Tag) HoldText() {
	t.wantsText = !t.foreign && (t.element.traits&styleElement != 0 || t.element.traits&scriptElement != 0 && !t.inNoscript)
}

// Foreign reports whether the element is in the SVG or MathML namespace.
func (t *Tag) Foreign() bool { return t.foreign }

// equalFold reports whether b is the lower-case name, in any ASCII case.
func equalFold(b []byte, name string) bool {
	if len(b) != len(name) {
		return false
	}
	for i, c := range b {
		if lower(c) != name[i] {
			return false
		}
	}
	return true
}
