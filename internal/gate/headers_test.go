package gate

import (
	"slices"
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/consent"
)

func TestDeniedCookiesDontReachTheOrigin(t *testing.T) {
	g := testGate(t, nil)
	for _, c := range []struct{ in, want []string }{
		{[]string{"session=1; _cnt_id=7; theme=dark"}, []string{"session=1; theme=dark"}},
		{[]string{"_cnt_id=7"}, nil},
		{[]string{"_cnt_id=7; _abroad=1", "session=1"}, []string{"session=1"}},
		{[]string{"session=_cnt_id=7; _cntx=1"}, []string{"session=_cnt_id=7; _cntx=1"}},
		{[]string{"session=1;theme=dark"}, []string{"session=1;theme=dark"}},
		{nil, nil},
	} {
		r := &record{gate: g}
		got, denied := g.Permit(consent.Choice{}).Cookies(c.in, r)
		if !slices.Equal(got, c.want) {
			t.Errorf("%q becomes %q, want %q", c.in, got, c.want)
		}
		if len(denied) != len(r.blocked) {
			t.Errorf("%q: %d denied, %d counted", c.in, len(denied), len(r.blocked))
		}
	}
	if got, _ := g.Permit(allowing(consent.Statistics)).Cookies([]string{"_cnt_id=7"}, &record{gate: g}); !slices.Equal(got, []string{"_cnt_id=7"}) {
		t.Errorf("an allowed cookie is left out: %q", got)
	}
}

func TestSharedCookieStaysWhileOneOfItsServicesRuns(t *testing.T) {
	g := testGate(t, nil)
	for _, c := range []struct {
		choice consent.Choice
		kept   bool
	}{
		{consent.Choice{}, false},
		{allowing(consent.Statistics), false},
		{allowing(consent.Marketing), true},
		{allowing(consent.Functional), true},
	} {
		got, _ := g.Permit(c.choice).Cookies([]string{"_shared=1"}, &record{gate: g})
		if (len(got) == 1) != c.kept {
			t.Errorf("%v: %q", c.choice.Categories, got)
		}
	}
}

func TestDeniedCookiesAreNotSet(t *testing.T) {
	g := testGate(t, nil)
	r := &record{gate: g}
	got := g.Permit(consent.Choice{}).SetCookies([]string{"session=1; Path=/", "_cnt_id=7; Path=/", "_cnt_=; Max-Age=0", "theme=dark"}, r)
	if want := []string{"session=1; Path=/", "theme=dark"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if want := []string{"set_cookie counter", "set_cookie counter"}; !slices.Equal(r.blocked, want) {
		t.Errorf("counted %q", r.blocked)
	}
}

func TestCookiesExpireOnEveryDomainAndPath(t *testing.T) {
	lines := strings.Join(ExpireCookies([]string{"_cnt_id"}, "shop.eu.mamen.ai", "/a/b/c"), "\n")
	for _, want := range []string{
		"_cnt_id=; Path=/; Max-Age=0", "_cnt_id=; Path=/; Domain=mamen.ai; Max-Age=0",
		"_cnt_id=; Path=/; Domain=eu.mamen.ai; Max-Age=0", "_cnt_id=; Path=/; Domain=shop.eu.mamen.ai; Max-Age=0",
		"_cnt_id=; Path=/a; Max-Age=0", "_cnt_id=; Path=/a/b; Domain=mamen.ai; Max-Age=0",
	} {
		if !strings.Contains(lines, want) {
			t.Errorf("%q is missing from\n%s", want, lines)
		}
	}
	if strings.Contains(lines, "Domain=ai") {
		t.Error("a public suffix is named as domain")
	}
	for _, host := range []string{"localhost", "192.0.2.1", "2001:db8::1"} {
		for _, line := range ExpireCookies([]string{"x"}, host, "/") {
			if strings.Contains(line, "Domain") {
				t.Errorf("%s: %s", host, line)
			}
		}
	}
	if lines := ExpireCookies([]string{"a\r\nb", "", "a;b"}, "mamen.ai", "/"); len(lines) != 0 {
		t.Errorf("names that no cookie can have: %q", lines)
	}
}

func TestDeniedLinksAreTakenOut(t *testing.T) {
	base := catalogue.Base{Scheme: "https", Host: "mamen.ai", Path: "/"}
	g := testGate(t, nil)
	for _, c := range []struct{ in, want []string }{
		{[]string{`<https://stat.example.kz>; rel=preconnect`}, nil},
		{[]string{`</a.css>; rel=preload, <//pixel.example.kz/x.js>; rel=preload; as=script, </b.css>; rel=preload`},
			[]string{`</a.css>; rel=preload, </b.css>; rel=preload`}},
		{[]string{`<https://cdn.example/a,b.js>; rel=preload; title="x, <https://stat.example.kz>; rel=preconnect"`},
			[]string{`<https://cdn.example/a,b.js>; rel=preload; title="x, <https://stat.example.kz>; rel=preconnect"`}},
		{[]string{`<https://stat.example.kz.evil.example>; rel=preconnect`}, []string{`<https://stat.example.kz.evil.example>; rel=preconnect`}},
		{[]string{`no target`}, []string{`no target`}},
		{[]string{`<https://stat.example.kz/>; rel=canonical`, `<https://stat.example.kz/>; rel="alternate"; rel=preload`, `<https://stat.example.kz/>`},
			[]string{`<https://stat.example.kz/>; rel=canonical`, `<https://stat.example.kz/>; rel="alternate"; rel=preload`, `<https://stat.example.kz/>`}},
		{[]string{`<https://stat.example.kz/>; title="a;\" rel=x"; REL = "alternate  STYLESHEET"`}, nil},
		{[]string{`</a.png>; rel=preload; as=image; imagesrcset="/a.png 1x, https://pixel.example.kz/b.png 2x"`}, nil},
	} {
		if got := g.Permit(consent.Choice{}).Links(c.in, base, &record{gate: g}); !slices.Equal(got, c.want) {
			t.Errorf("%q becomes %q, want %q", c.in, got, c.want)
		}
	}
}

func FuzzLinks(f *testing.F) {
	f.Add(`</a>; rel=preload, <https://stat.example.kz>; rel="a,b"`)
	g := testGate(f, nil)
	permit := g.Permit(consent.Choice{})
	f.Fuzz(func(t *testing.T, value string) {
		if got := strings.Join(splitLinks(value), ","); got != value {
			t.Errorf("%q was split into %q", value, got)
		}
		permit.Links([]string{value}, catalogue.Base{Host: "mamen.ai"}, &record{gate: g})
		permit.Cookies([]string{value}, &record{gate: g})
		permit.SetCookies([]string{value}, &record{gate: g})
	})
}
