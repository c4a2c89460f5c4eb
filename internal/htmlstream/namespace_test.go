package htmlstream

import (
	"slices"
	"strings"
	"testing"
)

// TestForeignContent pins where SVG and MathML begin and end, by what a title
// holds: raw text in HTML, markup in foreign content.
func TestForeignContent(t *testing.T) {
	for _, test := range []struct {
		name, input string
		want        []string
	}{
		{"style isn't raw text in SVG", `<svg><style><img src=x></style></svg>`, []string{"style foreign", "img src=x"}},
		{"title isn't raw text in SVG", `<svg><title><img src=x></title></svg>`, []string{"img src=x"}},
		{"textarea isn't raw text in MathML", `<math><textarea><link href=x></textarea>`, []string{"link href=x foreign"}},
		{"script isn't raw text in SVG", `<svg><script href=x><use href=y></script>`, []string{"script href=x foreign", "use href=y foreign"}},
		{"image, use and feImage", `<svg><image href=x /><use href=y /><feImage href=z /></svg>`,
			[]string{"image href=x foreign", "use href=y foreign", "feimage href=z foreign"}},
		{"use outside SVG is nothing", `<use href=y><feimage href=z>`, nil},
		{"SVG ends", `<svg></svg><title><img src=y></title>`, nil},
		{"self-closing SVG is empty", `<svg/><title><img src=y></title>`, nil},
		{"self-closing script in SVG is empty", `<svg><script href=x /><use href=y /></svg>`, []string{"script href=x foreign", "use href=y foreign"}},
		{"an unquoted slash doesn't close", `<svg><g a=/><title><img src=x></title></g></svg>`, []string{"img src=x"}},
		{"end tag in another case", `<SVG><G></g></Svg><title><img src=y></title>`, nil},
		{"an end tag closes what is inside", `<svg><g><path></svg><title><img src=y></title>`, nil},
		{"an unknown end tag closes nothing", `<svg></path><style><img src=x>`, []string{"style foreign", "img src=x"}},
		{"the end tag of an HTML container", `<div><svg><path></div><style><img src=y></style>`, []string{"style"}},
		{"SVG has links of its own", `<svg><a><path></a><style><use href=x>`, []string{"style foreign", "use href=x foreign"}},
		{"end tag p leaves", `<svg></p><title><img src=y></title>`, nil},
		{"breakout", `<svg><g><p><title><img src=y></title>`, nil},
		{"img breaks out", `<svg><img src=x><title><img src=y></title>`, []string{"img src=x"}},
		{"font breaks out with color", `<svg><font color=red><title><img src=y></title>`, nil},
		{"font stays without", `<svg><font class=red><style><use href=x>`, []string{"style foreign", "use href=x foreign"}},
		{"foreignObject holds HTML", `<svg><foreignObject><title><img src=y></title></foreignObject><style><use href=x>`, []string{"style foreign", "use href=x foreign"}},
		{"desc and title hold HTML", `<svg><desc><xmp><img src=y></xmp></desc><title><xmp><img src=y></xmp></title>`, nil},
		{"SVG in HTML in SVG", `<svg><foreignObject><div><svg><style><use href=x></style></svg></div><title><img src=y></title>`, []string{"style foreign", "use href=x foreign"}},
		{"svg end tag inside HTML in SVG is ignored", `<svg><foreignObject><div></svg><title><img src=y></title>`, nil},
		{"end tags of SVG inside HTML in SVG are ignored", `<svg><g><foreignObject><div></g><title><img src=y></title>`, nil},
		{"HTML between keeps a foreignObject open", `<svg><foreignObject><div><svg><g></foreignObject></svg></div></foreignObject><style><use href=x>`, []string{"style foreign", "use href=x foreign"}},
		{"mi holds HTML", `<math><mi><title><img src=y></title></mi><style><use href=x>`, []string{"style foreign", "use href=x foreign"}},
		{"mglyph in mi is MathML", `<math><mi><mglyph><style><use href=x>`, []string{"style foreign", "use href=x foreign"}},
		{"annotation-xml is MathML", `<math><annotation-xml><style><use href=x>`, []string{"style foreign", "use href=x foreign"}},
		{"annotation-xml may hold HTML", `<math><annotation-xml encoding="Text/&#x48;TML"><title><img src=y></title>`, nil},
		{"annotation-xml may hold SVG", `<math><annotation-xml><svg><foreignObject><title><img src=y></title>`, nil},
		{"no SVG elsewhere in MathML", `<math><mrow><svg><foreignObject><style><use href=x>`, []string{"style foreign", "use href=x foreign"}},
		{"CDATA in SVG", `<svg><![CDATA[ > <use href=y> ]]]><use href=x>`, []string{"use href=x foreign"}},
		{"CDATA in a title of SVG", `<svg><title><![CDATA[ > <img src=y> ]]></title><use href=x>`, []string{"use href=x foreign"}},
		{"no CDATA in HTML in SVG", `<svg><foreignObject><div><![CDATA[ > <img src=x> ]]>`, []string{"img src=x"}},
		{"brackets in CDATA", `<svg><![CDATA[ ]] ]> > <use href=y> ]]><use href=x>`, []string{"use href=x foreign"}},
		{"noscript isn't raw text in SVG", `<svg><noscript><use href=x></noscript></svg>`, []string{"use href=x foreign"}},
		{"SVG in a template", `<template><svg><style><use href=x></style></svg><title><img src=y></title></template>`, []string{"style foreign", "use href=x foreign"}},
		{"deeper than the stack", strings.Repeat("<svg><g>", 200) + strings.Repeat("</g></svg>", 200) + `<title><img src=y></title><img src=x>`, []string{"img src=x"}},
		{"breakout from deeper than the stack", strings.Repeat("<svg><g>", 200) + `<p><svg></svg><title><img src=y></title><img src=x>`, []string{"img src=x"}},
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
