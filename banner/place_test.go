package banner

import (
	"strings"
	"testing"
)

func TestFragmentFitsItsPlace(t *testing.T) {
	o := seed()
	o.PolicyURL = "/policy.pdf"
	o.Logo = File{Name: "logo.svg", Body: []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32"><rect width="32" height="32"/></svg>`)}
	b := newBanner(t, o)
	for _, test := range []struct {
		name         string
		place        Place
		ask, control []string
		absent       []string
	}{
		{"anywhere", Place{}, []string{"action=/.privacy/choice", "href=/policy.pdf", "src=data:", "<script>"}, []string{"href=/.privacy/>", "<script>"}, []string{"target=", "//demo"}},
		{"elsewhere", Place{Origin: "https://demo.test:8080"}, []string{"action=https://demo.test:8080/.privacy/choice", "href=https://demo.test:8080/policy.pdf", "href=https://demo.test:8080/.privacy/>"},
			[]string{"href=https://demo.test:8080/.privacy/>"}, []string{"href=/.", "href=/p", "action=/.", "target="}},
		{"elsewhere, strange host", Place{Origin: "https://a>b"}, []string{"action=/.privacy/choice"}, []string{"href=/.privacy/>"}, []string{"a>b"}},
		{"other tab", Place{OwnTab: true}, []string{"<form target=_self ", "<a target=_self "}, []string{"<a target=_self "}, []string{"<a href", "<form method"}},
		{"no scripts", Place{Scriptless: true}, []string{"src=data:"}, nil, []string{"<script"}},
		{"no pictures", Place{Pictureless: true}, []string{"<script>"}, nil, []string{"<img", "data:"}},
	} {
		for _, c := range []struct {
			f    *Fragment
			want []string
		}{{b.Ask("en"), test.ask}, {b.Control("en"), test.control}} {
			got := string(test.place.Fit(c.f.HTML))
			for _, part := range c.want {
				if !strings.Contains(got, part) {
					t.Errorf("%s: %s is missing in %s", test.name, part, got)
				}
			}
			for _, part := range test.absent {
				if strings.Contains(got, part) {
					t.Errorf("%s: %s is in %s", test.name, part, got)
				}
			}
			if !strings.HasPrefix(got, "<div id=privacy-") || !strings.HasSuffix(got, "</div>") || strings.Count(got, "</template>") != 1 {
				t.Errorf("%s: it became %s", test.name, got)
			}
		}
	}
	html := b.Ask("en").HTML
	before := string(html)
	Place{Scriptless: true, Pictureless: true, OwnTab: true, Origin: "https://x.test"}.Fit(html)
	if string(html) != before {
		t.Error("a place changes the fragment itself")
	}
}
