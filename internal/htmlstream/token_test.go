package htmlstream

import (
	"slices"
	"testing"
)

// TestTagBoundaries pins where tags begin and end: an img the handler is asked
// about is one that a browser loads.
func TestTagBoundaries(t *testing.T) {
	img := []string{"img src=x"}
	for _, test := range []struct {
		name, input string
		want        []string
	}{
		{"plain", `<img src=x>`, img},
		{"upper case", `<IMG SRC=x>`, img},
		{"slash separates", `<img/src=x>`, img},
		{"form feed separates", "<img\fsrc=x>", img},
		{"unquoted value keeps its slash", `<img src=x/>`, []string{"img src=x/"}},
		{"quotes around the value", `<img src="x">`, img},
		{"single quotes", `<img src='x'>`, img},
		{"spaces around the equals sign", "<img src \n=\t x>", img},
		{"greater sign in quotes", `<img alt=">" src=x>`, img},
		{"greater sign in single quotes", `<img alt='"> <' src=x>`, img},
		{"no space after a quoted value", `<img alt="a"src=x>`, img},
		{"quote in a name counts for nothing", `<a "b><img src=x>`, img},
		{"quote in an unquoted value", `<a b=c"d><img src=x>`, img},
		{"equals sign begins a name", `<img ="y" src=x>`, img},
		{"equals sign after a quoted value begins a name", `<img alt="a"="><img src=x>`, []string{"img", "img src=x"}},
		{"two equals signs", `<img src==x>`, []string{"img src==x"}},
		{"missing value", `<img src=><p>`, []string{"img src="}},
		{"no value", `<img src><p>`, []string{"img src="}},
		{"first duplicate", `<img src=x src=y>`, img},
		{"NUL makes another name", "<img\x00 src=y><img src=x>", img},
		{"NUL in an attribute name", "<img sr\x00c=y src=x>", img},
		{"Kelvin sign isn't k", "<lin\u212A href=y><img src=x>", img},
		{"longer names", `<imgs src=y><im src=y><img-x src=y><img src=x>`, img},
		{"space before the name", `< img src=y><img src=x>`, img},
		{"digit after less-than", `<1img src=y><img src=x>`, img},
		{"less-than in a tag", `<a<img src=y><img src=x>`, img},
		{"two less-thans", `<<img src=x>`, img},
		{"end tag with a quoted greater sign", `</p a="><img src=y>"><img src=x>`, img},
		{"end tag of an img", `</img src=y><img src=x>`, img},
		{"empty end tag", `</><img src=x>`, img},
		{"bogus end tag", `</ <img src=y><img src=x>`, img},
		{"end of input in a tag", `<img src=x><img src=y`, img},
		{"end of input in a quoted value", `<img src=x><img src="y>`, img},
		{"end of input in an unquoted value", `<img src=x><img src=y/`, img},
		{"end of input after less-than", `<img src=x><`, img},
		{"end of input in an end tag", `<img src=x></im`, img},

		{"comment", `<!-- <img src=y> --><img src=x>`, img},
		{"comment with dashes", `<!-- a -- b - ---><img src=x>`, img},
		{"empty comment", `<!----><img src=x>`, img},
		{"comment closed at once", `<!--><img src=x>-->`, img},
		{"comment closed after a dash", `<!---><img src=x>-->`, img},
		{"comment closed with a bang", `<!-- --!><img src=x>-->`, img},
		{"bang at the start doesn't close", `<!--!><img src=y>--><img src=x>`, img},
		{"bang dash dash bang", `<!-- --!--!><img src=x>`, img},
		{"bang and something else", `<!-- --!a><img src=y>--><img src=x>`, img},
		{"dash space greater doesn't close", `<!-- -- ><img src=y>--><img src=x>`, img},
		{"nested comment", `<!-- <!-- --><img src=x>`, img},
		{"nested comment closed at once", `<!-- <!--><img src=x>`, img},
		{"comment never closed", `<img src=x><!-- <img src=y>`, img},
		{"bogus comment", `<!a "<img src=y>"><img src=x>`, []string{`img src=x`}},
		{"bogus comment with one dash", `<!-a--><img src=x>`, img},
		{"one dash and greater", `<!-><img src=x>`, img},
		{"only a bang", `<!><img src=x>`, img},
		{"processing instruction", `<p><?php echo "<img src=y>"?><img src=x>`, []string{`img src=x`}},
		{"doctype", `<!DOCTYPE html SYSTEM "a>b"><img src=x>`, img},
		{"half a doctype", `<!DOCTIPE "><img src=x>`, img},
		{"CDATA outside foreign content", `<![CDATA[ > <img src=x> ]]>`, img},
		{"half a CDATA section", `<![CDA><img src=x>`, img},

		{"title", `<title><img src=y></title><img src=x>`, img},
		{"textarea", `<textarea><img src=y></textarea ><img src=x>`, img},
		{"style", `<style><img src=y></style/><img src=x>`, []string{"style", "img src=x"}},
		{"xmp", `<xmp><img src=y></xmp><img src=x>`, img},
		{"iframe", `<iframe><img src=y></iframe><img src=x>`, []string{"iframe", "img src=x"}},
		{"noembed", `<noembed><img src=y></noembed><img src=x>`, img},
		{"noframes", `<noframes><img src=y></noframes><img src=x>`, img},
		{"plaintext", `<img src=x><plaintext></plaintext><img src=y>`, img},
		{"end tag in another case", `<title></TiTle><img src=x>`, img},
		{"end tag of a longer name", `<title></titles><img src=y></title><img src=x>`, img},
		{"end tag with attributes", `<title></title a=">"><img src=x>`, img},
		{"terminator begins twice", `<title><</</ti</title><img src=x>`, img},
		{"raw text inside raw text", `<textarea><title></textarea><img src=x>`, img},
		{"self-closing slash opens all the same", `<title/><img src=y></title><img src=x>`, img},
		{"void raw text at the end", `<img src=x><title><img src=y>`, img},
		{"select doesn't stop raw text", `<select><textarea><img src=y></textarea><img src=x></select>`, img},
		{"template", `<template><img src=x></template>`, img},

		{"script", `<script>"<img src=y>"</script><img src=x>`, []string{"script", "img src=x"}},
		{"script end tag with space", "<script><\n</script\n><img src=x>", []string{"script", "img src=x"}},
		{"script end tag of a longer name", `<script></scripts><img src=y></script><img src=x>`, []string{"script", "img src=x"}},
		{"escaped script", `<script><!-- </script><img src=x>`, []string{"script", "img src=x"}},
		{"double escaped script", `<script><!--<script></script><img src=y>--></script><img src=x>`, []string{"script", "img src=x"}},
		{"double escape ended by its script", `<script><!--<script></script></script><img src=x>`, []string{"script", "img src=x"}},
		{"double escape ended by dashes", `<script><!--<script>--></script><img src=x>`, []string{"script", "img src=x"}},
		{"escape ended at once", `<script><!--><script></script><img src=x>`, []string{"script", "img src=x"}},
		{"escape ended after a dash", `<script><!---><script></script><img src=x>`, []string{"script", "img src=x"}},
		{"escape of one dash", `<script><!-<script></script><img src=x>`, []string{"script", "img src=x"}},
		{"escape isn't ended by one dash", `<script><!--a-><script></script><img src=y></script><img src=x>`, []string{"script", "img src=x"}},
		{"double escape needs the whole word", `<script><!--<scripts></script><img src=x>`, []string{"script", "img src=x"}},
		{"double escape in another case", `<script><!--<SCRIPT/</script><img src=y></script><img src=x>`, []string{"script", "img src=x"}},
		{"double escape never ended", `<img src=x><script><!--<script></script><img src=y>`, []string{"img src=x", "script"}},
		{"bang greater isn't an end", `<script><!--<script>--!></script><img src=y>--></script><img src=x>`, []string{"script", "img src=x"}},

		{"a without ping", `<a href=y><area href=y><img src=x>`, img},
		{"a with ping", `<a href=z ping=x><area PING>`, []string{"a href=z ping=x", "area ping="}},
		{"everything that loads", `<audio><base><embed><input><link><meta><object><source><track><video><image><frame>`,
			[]string{"audio", "base", "embed", "input", "link", "meta", "object", "source", "track", "video", "image", "frame"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			out, asked := rewrite(t, test.input, func() *recorder { return &recorder{} })
			if out != test.input {
				t.Errorf("%q became %q", test.input, out)
			}
			if got := startTags(asked); !slices.Equal(got, test.want) {
				t.Errorf("%q: asked about %q, want %q", test.input, got, test.want)
			}
		})
	}
}
