package banner

import (
	"strings"
	"testing"
)

func TestStylesThatReachOutOrTellTheAnswersApartAreRefused(t *testing.T) {
	for style, want := range map[string]string{
		"p{}</style><script>":                           "</style",
		"p{}</STYLE >":                                  "</style",
		`@import "https://a.example/x.css";`:            "@import",
		`@IMPORT url(/x.css);`:                          "@import",
		`@\69mport "//a.example/x.css";`:                "without escapes",
		"p{background:url(https://a.example/x.png)}":    "third party",
		"p{background:url( 'http://a.example/x' )}":     "third party",
		`p{background:url("//a.example/x.png")}`:        "third party",
		"p{background:URL(//a.example/x.png)}":          "third party",
		`p{background:url(\2f/a.example/x.png)}`:        "third party",
		`p{background:url("/\/a.example/x.png")}`:       "third party",
		"p{background:url(x.png)}":                      "url(/path)",
		`p{background:u\72l(//a.example/x.png)}`:        "without escapes",
		`p{background:image-set("//a.example/x" 1x)}`:   "url(/path)",
		`p{background:-webkit-image-set("x" 1x)}`:       "url(/path)",
		"p{--x:url(//a.example/x);background:var(--x)}": "third party",
		"button:nth-child(2){display:none}":             "5.1.1",
		"button:first-of-type{opacity:.5}":              "5.1.1",
		"form>:last-child{color:red}":                   "5.1.1",
		"button[value=refuse]{color:red}":               "5.1.1",
		"button[ value ^= ref ]{color:red}":             "5.1.1",
		"button + button{color:red}":                    "5.1.1",
		"details~button~button{color:red}":              "5.1.1",
		"form{button:nth-child(2){color:red}}":          "5.1.1",
		"@media print{button:only-of-type{color:red}}":  "5.1.1",
		"button:default{color:red}":                     "5.1.1",
		"button:not(:first-child){color:red}":           "5.1.1",
		"p{color:red":                                   "closed",
		"p{color:red}}":                                 "too many",
		"p::after{content:'x\n'}":                       "not closed",
		"p{color:\xff}":                                 "UTF-8",
		strings.Repeat(" ", maxCSS+1):                   "8192",
	} {
		o := seed()
		o.CSS = File{"own.css", []byte(style)}
		_, err := New(o)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "css own.css") {
			t.Errorf("%.80s: %v doesn't say %q", style, err, want)
		}
	}
}

func TestHarmlessStylesAreTaken(t *testing.T) {
	for _, style := range []string{
		"", "/* nothing */",
		"h2 { color: #123456 } .mark > a:hover { text-decoration: none }",
		"div { width: calc(100% + 2px); cursor: default; align-items: first baseline }",
		"h2 { background: url(data:image/png;base64,AAAA) } p { background: url('/mark.svg') no-repeat }",
		`h2::after { content: "\2014 https://a.example" }`,
		"details[open] { padding: 1em } @media (min-width: 60em) { button { min-height: 4em } }",
		"@keyframes in { from { opacity: 0 } } div { animation: in .2s }",
	} {
		o := seed()
		o.CSS = File{"own.css", []byte(style)}
		if _, err := New(o); err != nil {
			t.Errorf("%s: %v", style, err)
		}
	}
}

func FuzzOwnStyle(f *testing.F) {
	f.Add("p{background:url(/x)}")
	f.Add("@media{button:nth-child(2){}}")
	f.Add("p{content:'</sty\\le>'}/*")
	f.Fuzz(func(t *testing.T, style string) {
		if len(style) > 1<<10 {
			return
		}
		o := Options{Languages: []string{"en"}, CSS: File{"own.css", []byte(style)}}
		b, err := New(o)
		if err != nil {
			return
		}
		if page := b.Ask("en").HTML; strings.Count(strings.ToLower(string(page)), "</style") != 1 {
			t.Errorf("%q ends the style before its end", style)
		}
	})
}
