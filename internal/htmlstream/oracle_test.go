package htmlstream

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// lister is a Handler that lists start tags with all their attributes, in the
// form of tokenizerTags. What only browsers without JavaScript see is left out,
// and what is reported only in SVG.
type lister struct{ tags []string }

func (*lister) Head() []byte        { return nil }
func (*lister) Body([]byte) []byte  { return nil }
func (*lister) Script(*Tag, []byte) {}

func (*lister) Style(t *Text, _ bool) int { return len(t.Bytes()) }

func (h *lister) StartTag(t *Tag) {
	if t.inNoscript || t.element.traits&reportedForeign != 0 {
		return
	}
	var buffer [64]byte
	attributes := map[string]string{}
	for _, a := range t.attributes {
		key := normalize(string(t.data[a.name:a.nameEnd]))
		if _, ok := attributes[key]; !ok {
			value := newlines.Replace(string(t.data[a.value:a.valueEnd]))
			attributes[key] = string(DecodeAttr([]byte(value), buffer[:]))
		}
	}
	h.tags = append(h.tags, describe(normalize(string(t.data[1:t.nameEnd])), attributes))
}

var newlines = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\x00", "\uFFFD")

// normalize lowers ASCII letters only and does what a tokenizer does with NUL.
func normalize(name string) string {
	b := []byte(name)
	for i := range b {
		b[i] = lower(b[i])
	}
	return newlines.Replace(string(b))
}

func describe(name string, attributes map[string]string) string {
	var b strings.Builder
	b.WriteString(name)
	for _, key := range slices.Sorted(maps.Keys(attributes)) {
		fmt.Fprintf(&b, " %q=%q", key, attributes[key])
	}
	return b.String()
}

// tokenizerTags returns what lister should list, by x/net/html.
func tokenizerTags(text []byte) []string {
	var tags []string
	z := html.NewTokenizer(bytes.NewReader(text))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return tags
		case html.StartTagToken, html.SelfClosingTagToken:
			raw, more := z.TagName()
			name := string(raw)
			attributes := map[string]string{}
			for more {
				var key, value []byte
				key, value, more = z.TagAttr()
				if _, ok := attributes[string(key)]; !ok && len(key) > 0 {
					attributes[string(key)] = string(value)
				}
			}
			_, ping := attributes["ping"]
			_, style := attributes["style"]
			_, background := attributes["background"]
			if traits := elements.lookup(nameOf(name)).traits; traits&reported != 0 || traits&reportedWithPing != 0 && ping ||
				traits&reportedWithBackground != 0 && background || style {
				tags = append(tags, describe(name, attributes))
			}
		}
	}
}

// foreign finds what makes the tokenizer's reading depend on the tree.
var foreign = regexp.MustCompile(`(?i)<(svg|math)`)

func xnetAgrees(t *testing.T, text []byte) {
	t.Helper()
	if foreign.Match(text) || passes(text) || len(text) > maxTag {
		return
	}
	h := &lister{}
	rewriteCut(t, text, h)
	if want := tokenizerTags(text); !slices.Equal(h.tags, want) {
		t.Errorf("%q:\nlists  %q,\nx/net: %q", text, h.tags, want)
	}
}

func passes(text []byte) bool {
	return bytes.HasPrefix(text, []byte(utf16BigEndian)) || bytes.HasPrefix(text, []byte(utf16LittleEndian))
}

// samples are inputs that try many states; also the seeds of the fuzz target.
var samples = []string{
	`<!doctype html><html lang=en><head><title>a & b</title><script src="https://tracker/a.js?x=1&amp;y=2"></script></head><body class=c><img src=tracker></body></html>`,
	`<script>load("tracker")</script><noscript><img src="tracker" alt='<!--'></noscript><iframe src=tracker></iframe>`,
	`<a "b><img src=tracker><script ="x" src=tracker></script><img/src=tracker/><img alt="a"src=tracker a=b=c =d>`,
	`<!----><!--><!---><!-- --!><!-- a -- > --><!x><?y><!><!-><img src=tracker></ z></><a href=x ping=tracker>`,
	`<script><!--<script></script>tracker--></script><script><!--></script><script><!-- --></script><img src=tracker>`,
	"<img\x00 src=a><img s\x00=tracker src=tracker><link\frel=a\fhref=tracker><img src=\"a&#104;&colon;tracker\">",
	`<textarea><title></textarea><style></styles></style/><xmp></XMP ><noembed><noframes></noembed></noframes><img src=tracker>`,
	`<svg><title><img src=tracker></title><style><use href=tracker></style><![CDATA[ > ]]><foreignObject><title><img src=tracker></title></foreignObject></svg>`,
	`<math><mi><mglyph><a></mi><annotation-xml encoding=text/html><p><svg/></annotation-xml></math><video src=tracker poster=a>`,
	"\xEF\xBB\xBF<!DOCTYPE html><title></title>text<plaintext><img src=tracker>",
	`<head><template><img src=tracker><body></template><object data=tracker><frameset><frame src=tracker>`,
	`<noscript><style></noscript><noscript></noscripts></noscript a=">"><img src=tracker`,
	`<?xml version="1.0"?><html><img src="tracker"/></html>`,
	`<div class="x" id='y' data-z=&quot;><b><i></b></i></div ><br/><h1></h1></script></p><`,
	`<iframe srcdoc="&lt;img src=tracker>"></iframe></`,
}

func TestTagsAreThoseOfXNet(t *testing.T) {
	for _, sample := range samples {
		xnetAgrees(t, []byte(sample))
	}
	xnetAgrees(t, writtenPage(20<<10))
}

// parseAgrees checks that editing changes nothing in the tree but the renamed
// attributes and the scripts' new type, both with and without JavaScript.
func parseAgrees(t *testing.T, input, output string) {
	t.Helper()
	for _, scripting := range []bool{true, false} {
		before, after := tree(t, input, scripting), tree(t, output, scripting)
		if before != after {
			t.Errorf("scripting %t: %q\nbecame %q, which isn't the same document:\n%s\n%s", scripting, input, output, before, after)
		}
	}
}

// tree returns the document as x/net/html reads it, without what the editing
// recorder inserts.
func tree(t *testing.T, text string, scripting bool) string {
	t.Helper()
	document, err := html.ParseWithOptions(strings.NewReader(text), html.ParseOptionEnableScripting(scripting))
	if err != nil {
		return err.Error() // nested too deeply; both sides are
	}
	var b strings.Builder
	for node := range document.Descendants() {
		if node.Type != html.ElementNode {
			fmt.Fprintf(&b, "%d %q\n", node.Type, removeInserted(node.Data))
			continue
		}
		attributes := slices.Clone(node.Attr)
		attributes = slices.DeleteFunc(attributes, func(a html.Attribute) bool {
			return a.Key == "type" && a.Val == "text/plain"
		})
		for i := range attributes {
			attributes[i].Key = removeInserted(attributes[i].Key)
			attributes[i].Val = removeInserted(attributes[i].Val)
		}
		slices.SortStableFunc(attributes, func(a, b html.Attribute) int {
			return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Key, b.Key))
		})
		fmt.Fprintf(&b, "%s:%s %q\n", node.Namespace, node.Data, attributes)
	}
	return b.String()
}

func TestEditedDocumentIsTheSame(t *testing.T) {
	for _, sample := range samples {
		output, _ := rewrite(t, sample, editing)
		parseAgrees(t, sample, output)
	}
}

// TestForeignTagsAreThoseOfXNet compares where namespaces begin and end with a
// full tree builder.
func TestForeignTagsAreThoseOfXNet(t *testing.T) {
	for _, input := range []string{
		`<svg><style><img src=a></style></svg>`,
		`<svg><title><img src=a></title><desc><p><img src=b></desc><g><img src=c>`,
		`<svg><script href=a><use href=b></script><image href=c /></svg><title><img src=d></title>`,
		`<svg><g></g></svg><svg/><title><img src=a></title>`,
		`<div><svg><path></div><style><img src=a></style>`,
		`<p><svg><g></p><style><img src=a></style>`,
		`<svg><font><style><use href=b></style></font><font size=1><style><img src=a></style>`,
		`<svg><foreignObject><div></svg><style><img src=a></style>`,
		`<svg><g><foreignObject><div></g><style><img src=a></style>`,
		`<svg><foreignObject><div><svg><g></foreignObject></svg></div></foreignObject><style><use href=a></style>`,
		`<svg><foreignObject></svg><style><img src=a></style>`,
		`<svg><foreignObject><svg></foreignObject><style><use href=a></style>`,
		`<math><mi><style><img src=a></style></mi><style><use href=b></style></math>`,
		`<math><annotation-xml encoding=text/html><style><img src=a></style>`,
		`<math><annotation-xml><svg><style><use href=b></style></svg><style><img src=a></style>`,
		`<math><mrow><svg><desc><style><img src=a></style>`,
		`<svg><![CDATA[<img src=a>]]><title><![CDATA[<img src=b>]]><p><![CDATA[<img src=c>]]>`,
		`<svg></path><g></rect></g></svg><style><img src=a></style>`,
	} {
		document, err := html.Parse(strings.NewReader(input))
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for node := range document.Descendants() {
			name := strings.ToLower(node.Data)
			traits := elements.lookup(nameOf(name)).traits
			if node.Type == html.ElementNode && name != "body" && (traits&reported != 0 || traits&reportedForeign != 0 && node.Namespace != "") {
				for _, a := range node.Attr {
					name += " " + a.Key + "=" + a.Val
				}
				if node.Namespace != "" {
					name += " foreign"
				}
				want = append(want, name)
			}
		}
		_, asked := rewrite(t, input, func() *recorder { return &recorder{} })
		if got := startTags(asked); !slices.Equal(got, want) {
			t.Errorf("%q:\nasked about %q\nx/net:      %q", input, got, want)
		}
	}
}

// FuzzRewriter holds every promise at once: no cut changes the output, a
// handler that edits nothing gets the same bytes, edits only insert, and the
// tags and the document are those of x/net/html.
func FuzzRewriter(f *testing.F) {
	for _, sample := range samples {
		f.Add([]byte(sample), uint16(7))
	}
	f.Fuzz(func(t *testing.T, text []byte, cut uint16) {
		if got := rewriteCut(t, text, &recorder{}); !bytes.Equal(got, text) {
			t.Fatalf("%q became %q without an edit", text, got)
		}
		newHandler := func() *recorder { return &recorder{head: "[H]", body: "[B %s]", edit: true} }
		h, other := newHandler(), newHandler()
		want := rewriteCut(t, text, h)
		var cuts []int
		for at := 0; at < len(text); at += 1 + int(cut)%(len(text)+1) {
			cuts = append(cuts, at)
		}
		if got := rewriteCut(t, text, other, cuts...); !bytes.Equal(got, want) || !slices.Equal(h.asked, other.asked) {
			t.Fatalf("cut at %v, %q became\n%q, at once\n%q", cuts, text, got, want)
		}
		if s := string(text); removeInserted(s) == s {
			output := string(rewriteCut(t, text, editing()))
			if removeInserted(output) != s {
				t.Fatalf("%q became %q, which isn't all insertions", s, output)
			}
			parseAgrees(t, s, output)
		}
		xnetAgrees(t, text)
	})
}
