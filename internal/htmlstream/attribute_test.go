package htmlstream

import (
	"slices"
	"testing"
)

// TestAttributes pins names and values of attributes after the states of the WHATWG
// HTML standard, wherever the input is cut.
func TestAttributes(t *testing.T) {
	for _, test := range []struct {
		section, input string
		want           []string
	}{
		// §13.2.5.8, tag name state
		{"tag name", `<img>`, []string{`img`}},
		{"tag name", "<img\t>", []string{`img`}},
		{"tag name", `<img/>`, []string{`img`}},
		{"tag name", `<IMG/A>`, []string{`img "a"=""`}},

		// §13.2.5.32, before attribute name state
		{"before name", `<img =>`, []string{`img "="=""`}},
		{"before name", `<img =a=b>`, []string{`img "=a"="b"`}},
		{"before name", `<img ==b>`, []string{`img "="="b"`}},
		{"before name", "<img \t\n\f\r a>", []string{`img "a"=""`}},
		{"before name", `<img / / a / >`, []string{`img "a"=""`}},

		// §13.2.5.33, attribute name state
		{"name", `<img a>`, []string{`img "a"=""`}},
		{"name", `<img aB-C_1:d.e>`, []string{`img "ab-c_1:d.e"=""`}},
		{"name", `<img a"b'c<d=e>`, []string{`img "a\"b'c<d"="e"`}},
		{"name", "<img \u00c9=b>", []string{`img "É"="b"`}}, // only ASCII becomes lower case
		{"name", "<img a\x00=b>", []string{`img "a�"="b"`}},
		{"name", `<img a=b a=c A=d>`, []string{`img "a"="b"`}}, // the first of a name counts
		{"name", `<img a/b=c>`, []string{`img "a"="" "b"="c"`}},

		// §13.2.5.34, after attribute name state
		{"after name", `<img a b>`, []string{`img "a"="" "b"=""`}},
		{"after name", "<img a \n = \t b>", []string{`img "a"="b"`}},
		{"after name", `<img a / b>`, []string{`img "a"="" "b"=""`}},
		{"after name", `<img a /=b>`, []string{`img "=b"="" "a"=""`}},
		{"after name", `<img a "b>`, []string{`img "\"b"="" "a"=""`}},

		// §13.2.5.35, before attribute value state
		{"before value", `<img a=>`, []string{`img "a"=""`}},
		{"before value", `<img a= >`, []string{`img "a"=""`}},
		{"before value", `<img a= b=c>`, []string{`img "a"="b=c"`}},
		{"before value", `<img a=/>`, []string{`img "a"="/"`}},

		// §13.2.5.36 and 37, attribute value, quoted
		{"quoted", `<img a="" b=''>`, []string{`img "a"="" "b"=""`}},
		{"quoted", `<img a="b'c>d/" e='f"g'>`, []string{`img "a"="b'c>d/" "e"="f\"g"`}},
		{"quoted", "<img a=\"b\r\nc\rd\ne\">", []string{`img "a"="b\nc\nd\ne"`}},
		{"quoted", "<img a='\x00'>", []string{`img "a"="�"`}},
		{"quoted", `<img a="b`, nil},
		{"quoted", `<img a="><img b='><img c="'>`, []string{`img "'"="" "a"="><img b='><img c="`}},

		// §13.2.5.38, attribute value, unquoted
		{"unquoted", `<img a=b>`, []string{`img "a"="b"`}},
		{"unquoted", "<img a=b\fc>", []string{`img "a"="b" "c"=""`}},
		{"unquoted", `<img a=b/c/>`, []string{`img "a"="b/c/"`}},
		{"unquoted", "<img a=b\"c'd<e=f`g>", []string{"img \"a\"=\"b\\\"c'd<e=f`g\""}},
		{"unquoted", `<img a==>`, []string{`img "a"="="`}},
		{"unquoted", `<img a=b`, nil},

		// §13.2.5.39 and 40, after attribute value, quoted, and self-closing start tag
		{"after value", `<img a="b"c>`, []string{`img "a"="b" "c"=""`}},
		{"after value", `<img a="b"/c>`, []string{`img "a"="b" "c"=""`}},
		{"after value", `<img a="b"=c>`, []string{`img "=c"="" "a"="b"`}},
		{"after value", `<img a='b'"c>`, []string{`img "\"c"="" "a"="b"`}},
		{"after value", `<img a="b"><img c>`, []string{`img "a"="b"`, `img "c"=""`}},

		// §13.2.5.72 to 80, character references in attributes
		{"reference", `<img a=&amp;b>`, []string{`img "a"="&b"`}},
		{"reference", `<img a=&ampb c=&amp=d e=&amp>`, []string{`img "a"="&ampb" "c"="&amp=d" "e"="&"`}},
		{"reference", `<img a=&notit; b=&notin; c=&not;>`, []string{`img "a"="&notit;" "b"="∉" "c"="¬"`}},
		{"reference", `<img a=&#x68;&#104&#X68>`, []string{`img "a"="hhh"`}},
		{"reference", `<img a="&#;&#x;&#xg;&;& &a">`, []string{`img "a"="&#;&#x;&#xg;&;& &a"`}},
		{"reference", `<img a=&#0;&#x110000;&#xD800;&#99999999999;>`, []string{`img "a"="����"`}},
		{"reference", `<img a=&#128;&#x9f;>`, []string{`img "a"="€Ÿ"`}},
		{"reference", `<img a="&quot;>&lt;" b>`, []string{`img "a"="\"><" "b"=""`}},
	} {
		t.Run(test.section+" "+test.input, func(t *testing.T) {
			text := []byte(test.input)
			for cut := range len(text) + 1 {
				h := &lister{}
				if got := string(rewriteCut(t, text, h, cut)); got != test.input {
					t.Errorf("it became %q", got)
				}
				if !slices.Equal(h.tags, test.want) {
					t.Errorf("cut at %d it lists %q, want %q", cut, h.tags, test.want)
				}
			}
		})
	}
}
