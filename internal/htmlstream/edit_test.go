package htmlstream

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
)

// TestEdits pins what the editing recorder's renames and insertions look like.
func TestEdits(t *testing.T) {
	for _, test := range []struct{ name, input, want string }{
		{"script", `<script src="//tracker/a.js" async></script>`, `<script type=text/plain  data-privacy-src="//tracker/a.js" async></script>`},
		{"XML declaration", `<?xml version="1.0"?><script src="tracker"/></script>`, `<?xml version="1.0"?><script type=text/plain  data-privacy-src="tracker"/></script>`},
		{"script without a space", `<script/src=tracker>`, `<script type=text/plain /data-privacy-src=tracker>`},
		{"old type", `<script type=module src=tracker>`, `<script type=text/plain  data-privacy-type=module data-privacy-src=tracker>`},
		{"every duplicate", `<script src=tracker SRC=b type=a type=b>`, `<script type=text/plain  data-privacy-src=tracker data-privacy-SRC=b data-privacy-type=a data-privacy-type=b>`},
		{"second duplicate is renamed but not read", `<img src=a src=tracker>`, `<img src=a src=tracker>`},
		{"attribute behind a quote", `<img alt="a"src='tracker'/>`, `<img alt="a"data-privacy-src='tracker'/>`},
		{"text around", `a<img src=tracker>b<img src=c>d<img src=tracker>e`, `a<img data-privacy-src=tracker>b<img src=c>d<img data-privacy-src=tracker>e`},
		{"template", `<template><img src=tracker></template>`, `<template><img data-privacy-src=tracker></template>`},
		{"comment", `<!-- <img src=tracker> -->`, `<!-- <img src=tracker> -->`},
		{"unfinished tag", `<img src=tracker`, `<img src=tracker`},
		{"foreign script", `<svg><script href=tracker />`, `<svg><script type=text/plain  data-privacy-href=tracker />`},

		{"inline script", `<script>load("tracker")</script>`, `<script type=text/plain >load("tracker")</script>`},
		{"inline script with a type", "<script type='text/javascript'>\ntracker\n</script >x", "<script type=text/plain  data-privacy-type='text/javascript'>\ntracker\n</script >x"},
		{"inline script without", `<script>if (a < b) load("</scrip")</script>`, `<script>if (a < b) load("</scrip")</script>`},
		{"inline script never ended", `<script>tracker`, `<script>tracker`},
		{"escaped inline script", `<script><!--<script></script>tracker--></script>a`, `<script type=text/plain ><!--<script></script>tracker--></script>a`},
		{"foreign inline script is markup", `<svg><script>tracker</script>`, `<svg><script>tracker</script>`},

		{"style", "<style>a{b:url(//tracker/c)}\ntracker</style >tracker", "<style>a{b:url(//data:,tracker/c)}\ndata:,tracker</style >tracker"},
		{"style never ended", `<style>tracker</styl`, `<style>data:,tracker</styl`},
		{"style in noscript", `<noscript><style>tracker</style></noscript>tracker`, `<noscript><style>data:,tracker</style></noscript>tracker`},
		{"noscript ends a style", `<noscript><style>tracker</noscript>tracker`, `<noscript><style>data:,tracker</noscript>tracker`},
		{"foreign style is markup", `<svg><style>tracker</style>`, `<svg><style>tracker</style>`},
		{"style in the head", `<!doctype html><style>tracker</style><p>tracker`, `<!doctype html><style>data:,tracker</style><p>tracker`},
		{"style attribute", `<p style="a:url(tracker)"><b style=tracker><i STYLE='tracker' style=tracker>`, `<p style="a:url(data:,tracker)"><b style=data:,tracker><i STYLE='data:,tracker' style=tracker>`},

		{"noscript", `<noscript><img src=tracker></noscript><img src=tracker>`, `<noscript><img data-privacy-src=tracker></noscript><img data-privacy-src=tracker>`},
		{"noscript in upper case", `<NOSCRIPT><img src=tracker></NOSCRIPT ><img src=tracker>`, `<NOSCRIPT><img data-privacy-src=tracker></NOSCRIPT ><img data-privacy-src=tracker>`},
		{"iframe in noscript", `<noscript><iframe src=tracker><img src=tracker></iframe></noscript>`, `<noscript><iframe data-privacy-src=tracker><img src=tracker></iframe></noscript>`},
		{"inline script in noscript", `<noscript><script>tracker</script></noscript>`, `<noscript><script>tracker</script></noscript>`},
		{"noscript ends in a value", `<noscript><img src=tracker alt="</noscript><img src=tracker>`, `<noscript><img src=tracker alt="</noscript><img data-privacy-src=tracker>`},
		{"noscript ends in an unquoted value", `<noscript><img src=tracker alt=</noscript><img src=tracker>`, `<noscript><img src=tracker alt=</noscript><img data-privacy-src=tracker>`},
		{"noscript ends in a comment", `<noscript><!-- </noscript><img src=tracker>`, `<noscript><!-- </noscript><img data-privacy-src=tracker>`},
		{"noscript ends in raw text", `<noscript><style></noscript><img src=tracker>`, `<noscript><style></noscript><img data-privacy-src=tracker>`},
		{"noscript ends in plaintext", `<noscript><plaintext></noscript><img src=tracker>`, `<noscript><plaintext></noscript><img data-privacy-src=tracker>`},
		{"noscript ends in SVG", `<noscript><svg></noscript><title><img src=tracker></title>`, `<noscript><svg></noscript><title><img src=tracker></title>`},
		{"noscript in noscript", `<noscript><noscript><img src=tracker></noscript></noscript><img src=tracker>`, `<noscript><noscript><img data-privacy-src=tracker></noscript></noscript><img data-privacy-src=tracker>`},
		{"noscript's end tag has attributes", `<noscript></noscript a=">"><img src=tracker>`, `<noscript></noscript a=">"><img data-privacy-src=tracker>`},
		{"longer name", `<noscript></noscripts><img src=tracker></noscript>`, `<noscript></noscripts><img data-privacy-src=tracker></noscript>`},
		{"noscript never ended", `<noscript><img src=tracker></noscrip`, `<noscript><img data-privacy-src=tracker></noscrip`},
	} {
		t.Run(test.name, func(t *testing.T) {
			out, _ := rewrite(t, test.input, editing)
			if out != test.want {
				t.Errorf("%q\nbecame %q\nwant   %q", test.input, out, test.want)
			}
			if left := removeInserted(out); left != test.input {
				t.Errorf("%q without what was inserted is %q", out, left)
			}
		})
	}
}

// TestHeldText pins what Script is given, and that noscript and foreign content
// hold no script.
func TestHeldText(t *testing.T) {
	const input = `<script> a </script><script src=x>b</script><script></script><noscript><script>c</script></noscript><svg><script>d</script></svg><script>e`
	_, asked := rewrite(t, input, editing)
	want := []string{`script`, `text " a "`, `script src=x`, `script`, `text ""`, `script noscript`, `script foreign`, `script`}
	if !slices.Equal(asked, want) {
		t.Errorf("asked %q, want %q", asked, want)
	}
}

// insertHandler inserts one text into every tag.
type insertHandler struct {
	recorder
	text string
}

func (h *insertHandler) StartTag(t *Tag) { t.Insert(h.text) }

// TestInsertRefuses pins that no insertion can move a token boundary.
func TestInsertRefuses(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{" a=b ", "<img a=b >"},
		{" src=/.own/embed/a_1-B ", "<img src=/.own/embed/a_1-B >"},
		{" ", "<img>"},
		{"", "<img>"},
		{"a ", "<img>"},
		{" a", "<img>"},
		{" a=\"b\" ", "<img>"},
		{" > ", "<img>"},
		{" < ", "<img>"},
		{" a=b&amp; ", "<img>"},
		{" \u00e9 ", "<img>"},
		{" \xe9 ", "<img>"},
		{" a='b' ", "<img>"},
		{" a=`b ", "<img>"},
		{" a\n=b ", "<img>"},
		{" a=b?c ", "<img>"},
		{" a\x00 ", "<img>"},
	} {
		if got := string(rewriteCut(t, []byte("<img>"), &insertHandler{text: test.text})); got != test.want {
			t.Errorf("Insert(%q) gives %q, want %q", test.text, got, test.want)
		}
	}
}

// TestRenameRefusesEquals pins that a name that begins with an equals sign
// keeps its place: with letters before it, it would be a value.
func TestRenameRefusesEquals(t *testing.T) {
	tag := Tag{data: []byte("<img =a>"), attributes: []attribute{{name: 5, nameEnd: 7}}}
	if tag.Rename("=a"); len(tag.edits) > 0 {
		t.Error("an attribute named =a was renamed")
	}
}

// TestNothingIsKeptBack pins that Write passes on every byte that no edit can
// need.
func TestNothingIsKeptBack(t *testing.T) {
	for _, test := range []struct{ input, want string }{
		{"<p>text", "<p>text"},
		{"<p class=", ""}, // browsers do nothing with a tag before its end
		{"<p>text <b", "<p>text "},
		{"text <", "text "},
		{"text <im", "text "},
		{"text <img src=", "text "},
		{"text <!-- a", "text <!-- a"},
		{"</di", ""},
		{"</div ", "</div "},
		{"<title>a</ti", "<title>a</ti"},
		{"<script src=a>a</scr", "<script src=a>a</scr"},
		{"<script>a</scr", ""},
		{"<svg><script>a", "<svg><script>a"},
		{"<noscript><script>a", "<noscript><script>a"},
		{"<html>", "<html>"},
		{"<html><head", "<html>"},
	} {
		var out bytes.Buffer
		r := NewRewriter(&out, editing())
		r.Write([]byte(test.input))
		if out.String() != test.want {
			t.Errorf("after Write(%q) %q is out, want %q", test.input, out.String(), test.want)
		}
	}
}

type failingWriter struct{ left int }

var errFull = errors.New("full")

func (w *failingWriter) Write(p []byte) (int, error) {
	if w.left -= len(p); w.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

// TestErrors pins that the writer's error comes back from every later call, and
// that a closed rewriter refuses more.
func TestErrors(t *testing.T) {
	r := NewRewriter(&failingWriter{left: 3}, editing())
	if _, err := r.Write([]byte("text that is too long")); !errors.Is(err, errFull) {
		t.Errorf("Write: %v", err)
	}
	if _, err := r.Write([]byte("a")); !errors.Is(err, errFull) {
		t.Errorf("second Write: %v", err)
	}
	if err := r.Close(); !errors.Is(err, errFull) || !errors.Is(r.Err(), errFull) {
		t.Errorf("Close: %v, Err: %v", err, r.Err())
	}
	var out bytes.Buffer
	r.Reset(&out, editing())
	r.Write([]byte("<img src=tracker"))
	if err := errors.Join(r.Close(), r.Close()); err != nil || out.String() != "<img src=tracker" {
		t.Errorf("after Reset: %q, %v", out.String(), err)
	}
	if _, err := r.Write([]byte("a")); err == nil {
		t.Error("Write after Close succeeded")
	}
}

// TestSteadyStateAllocatesNothing pins that a reused rewriter needs no memory.
func TestSteadyStateAllocatesNothing(t *testing.T) {
	page := writtenPage(50 << 10)
	r := NewRewriter(nil, nil)
	h, out := &benchHandler{}, &plainWriter{}
	if n := testing.AllocsPerRun(5, func() {
		r.Reset(out, h)
		r.Write(page)
		r.Close()
	}); n != 0 {
		t.Errorf("%v allocations per page", n)
	}
}

// removeInserted deletes what the editing recorder inserts.
func removeInserted(s string) string {
	return strings.NewReplacer(RenamePrefix, "", scriptType, "", styleMark+"tracker", "tracker").Replace(s)
}

// setHandler gives one attribute of every tag another value.
type setHandler struct {
	recorder
	value string
}

func (h *setHandler) StartTag(t *Tag) { t.Set("content", h.value) }

// TestSet pins that a new value stands before the old one, which keeps its place
// under another name, and that no value can move a token boundary.
func TestSet(t *testing.T) {
	for _, test := range []struct{ input, value, want string }{
		{`<meta content="a" name=b>`, `c 'd'; e >`, `<meta content="c 'd'; e >"  data-privacy-content="a" name=b>`},
		{`<meta/content=a content='b'>`, `c`, `<meta content="c" /data-privacy-content=a data-privacy-content='b'>`},
		{`<meta name=b>`, `"&amp;`, `<meta content="&quot;&amp;amp;"  name=b>`},
		{`<meta content=a>`, ``, `<meta content=""  data-privacy-content=a>`},
		{`<meta content=a>`, `</noscript>`, `<meta content=a>`},
		{`<meta content=a>`, "b\nc", `<meta content=a>`},
		{`<meta content=a>`, "\u00e9", `<meta content=a>`},
		{`<meta content=a>`, "\xe9", `<meta content=a>`},
	} {
		if got := string(rewriteCut(t, []byte(test.input), &setHandler{value: test.value})); got != test.want {
			t.Errorf("%s: Set(%q) gives %q, want %q", test.input, test.value, got, test.want)
		}
	}
}
