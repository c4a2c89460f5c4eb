package gate

import (
	"slices"
	"strings"
	"testing"
)

// cssURLs lists the URLs of a style sheet that comes in pieces of the given size.
func cssURLs(sheet string, size int) []string {
	var css cssScanner
	var urls []string
	text := []byte{}
	for at := 0; ; at += size {
		last := at+size >= len(sheet)
		text = append(text, sheet[min(at, len(sheet)):min(at+size, len(sheet))]...)
		stops := cssStops{text: text}
		for i := 0; ; {
			start, end, resume, found := css.next(&stops, i, last)
			if i = resume; !found {
				text = slices.Clone(text[resume:])
				break
			}
			urls = append(urls, string(cssUnescape(text[start:end], nil)))
		}
		if last {
			return urls
		}
	}
}

func TestStyleSheetsLoadTheseURLs(t *testing.T) {
	long := strings.Repeat("x", 3*maxCSSToken)
	for _, test := range []struct {
		name, sheet string
		want        []string
	}{
		{"nothing", "a{color:red}", nil},
		{"url", "a{background:url(a.png) url( 'b.png' ) URL(\"c.png\")}", []string{"a.png", "b.png", "c.png"}},
		{"never ended", "a{b:url(a.png", []string{"a.png"}},
		{"import", `@import "a.css";@import url(b.css) screen;@IMPORT 'c.css'`, []string{"a.css", "b.css", "c.css"}},
		{"strings", `a::before{content:"url(a.png)";quotes:'"' "b"}c{d:url(e)}`, []string{"e"}},
		{"string behind an import's end", `@import url(a);b{content:"c"}`, []string{"a"}},
		{"comments", "/* url(a.png) */a{b:url(c)/**/}/*/url(d)*/e{f:url(g)}", []string{"c", "g"}},
		{"escapes", `a{b:u\72l(c\2e png);d:url("e\
f")}`, []string{"c.png", "ef"}},
		{"escaped quote", `a{content:"\"url(b)"}c{d:url(e)}`, []string{"e"}},
		{"broken string", "a{content:\"b\n}c{d:url(e)}", []string{"e"}},
		{"image set", `a{b:image-set("c.png" 1x,url(d.png) 2x,"e.png" type("image/png") 3x);f:"g"}`, []string{"c.png", "d.png", "e.png", "image/png"}},
		{"prefixed image set", `a{b:-webkit-image-set(url(c) 1x)}d{e:"f"}`, []string{"c"}},
		{"src", `@font-face{src:url(a) format("woff2"),src("b")}`, []string{"a", "b"}},
		{"names that only look like it", "curl(a) url-b(c) url (d) --url: e;x{y:my-url(z)}", nil},
		{"data URL", "a{b:url(data:image/png;base64,AA//==)}c{d:url(e)}", []string{"data:image/png;base64,AA//==", "e"}},
		{"custom property", "a{--b:url(c)}", []string{"c"}},
		{"character set", `@charset "utf-8";@namespace "a";@namespace url(http://www.w3.org/1999/xhtml);@import "b"`, []string{"b"}},
		{"long comment", "/*" + long + "*/a{b:url(c)}", []string{"c"}},
		{"long string", `a{b:"` + long + `"}c{d:url(e)}`, []string{"e"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, size := range []int{len(test.sheet), 1, 2, 3, 7, 100} {
				if got := cssURLs(test.sheet, size); !slices.Equal(got, test.want) {
					t.Errorf("in pieces of %d: %q, want %q", size, got, test.want)
				}
			}
		})
	}
}

func TestURLThatIsTooLongIsJudgedByItsBeginning(t *testing.T) {
	for _, form := range []string{"url(%)", `url("%")`, "url( '%' )", `image-set("%" 1x)`} {
		long := "https://host.example/" + strings.Repeat("x", 3*maxCSSToken)
		sheet := `a{b:` + strings.Replace(form, "%", long, 1) + `}c{d:url("e")}f{g:url(h);i:"j"}`
		for _, size := range []int{1, 100, maxCSSToken + 500, len(sheet)} {
			urls := cssURLs(sheet, size)
			if len(urls) != 3 || !strings.HasPrefix(urls[0], "https://host.example/x") || urls[1] != "e" || urls[2] != "h" {
				t.Errorf("%s in pieces of %d: %.60q", form, size, urls)
			}
		}
	}
}

func FuzzStyleSheetInPieces(f *testing.F) {
	f.Add(`@import "a";b{c:url("d")}/*e*/`, 3)
	f.Add(`a{b:image-set("c" 1x);content:"\"url(d)"}`, 1)
	f.Fuzz(func(t *testing.T, sheet string, size int) {
		if size < 1 || len(sheet) > maxCSSToken {
			return
		}
		if once, pieces := cssURLs(sheet, len(sheet)+1), cssURLs(sheet, size); !slices.Equal(once, pieces) {
			t.Errorf("%q: %q at once, %q in pieces of %d", sheet, once, pieces, size)
		}
	})
}
