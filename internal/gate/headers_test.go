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
		{[]string{"a=1;b=2;  c=3; _cnt_id=7;d= 4 ;e"}, []string{"a=1;b=2;  c=3;d= 4 ;e"}},
		{[]string{`_cnt_id="7; x"; a="1 2"; b=""`}, []string{`x"; a="1 2"; b=""`}},
		{[]string{"$Version=1; a=1; $Path=/; _cnt_id=7; $Path=/; $Domain=.x; b=2; $Path=/b"}, []string{"$Version=1; a=1; $Path=/; b=2; $Path=/b"}},
		{[]string{" _cnt_id = 7 ; a=1"}, []string{"a=1"}},
		{[]string{"_cnt_id; =_cnt_id=7; a=1"}, []string{"a=1"}},
		{[]string{"a=1; a=2; _cnt_id=1; a=3; _cnt_id=2"}, []string{"a=1; a=2; a=3"}},
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
	got := g.Permit(consent.Choice{}).SetCookies([]string{"session=1; Path=/", "_cnt_id=7; Path=/", "_cnt_=; Max-Age=0", "theme=dark", " =_cnt_id=7", "_cnt_id", "plain; _cnt_id=1"}, r)
	if want := []string{"session=1; Path=/", "theme=dark", "plain; _cnt_id=1"}; !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if want := slices.Repeat([]string{"set_cookie counter"}, 4); !slices.Equal(r.blocked, want) {
		t.Errorf("counted %q", r.blocked)
	}
}

func TestCookiesExpireOnEveryDomainAndPath(t *testing.T) {
	got := ExpireCookies([]string{"_cnt_id"}, "shop.eu.mamen.ai", "/a/b/c", 100)
	var want []string
	for _, path := range []string{"/", "/a", "/a/", "/a/b", "/a/b/", "/a/b/c"} {
		for _, domain := range []string{"", "; Domain=mamen.ai", "; Domain=eu.mamen.ai", "; Domain=shop.eu.mamen.ai"} {
			want = append(want, "_cnt_id=; Path="+path+domain+"; Max-Age=0")
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	for _, host := range []string{"localhost", "192.0.2.1", "2001:db8::1", "co.uk"} {
		if got := ExpireCookies([]string{"x"}, host, "/", 100); !slices.Equal(got, []string{"x=; Path=/; Max-Age=0"}) {
			t.Errorf("%s: %q", host, got)
		}
	}
	if lines := ExpireCookies([]string{"a\r\nb", "", "a;b", "a=b"}, "mamen.ai", "/", 100); len(lines) != 0 {
		t.Errorf("names that no cookie can have: %q", lines)
	}
	for _, line := range ExpireCookies([]string{"x"}, "mamen.ai", "/a;b/\x00/c", 100) {
		if strings.ContainsAny(line, "\x00") || strings.Contains(line, "a;b") {
			t.Errorf("a path ends its attribute: %q", line)
		}
	}
}

func TestCookiesExpireUnderNamesThatBrowsersTreatApart(t *testing.T) {
	for name, want := range map[string]string{
		"__Secure-ROLLOUT_TOKEN": "__Secure-ROLLOUT_TOKEN=; Path=/; Max-Age=0; Secure",
		"__host-x":               "__host-x=; Path=/; Max-Age=0; Secure",
		"cd_user_id/x":           "cd_user_id/x=; Path=/; Max-Age=0",
		"_pk_id[1]":              "_pk_id[1]=; Path=/; Max-Age=0",
	} {
		if got := ExpireCookies([]string{name, name}, "localhost", "/", 100); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// What doesn't fit into one answer goes with the next, whole names at a time.
func TestExpiredCookiesKeepToTheLimit(t *testing.T) {
	names := []string{"a", "b", "c", "d"}
	if got := ExpireCookies(names, "www.mamen.ai", "/x/", 30); len(got) != 27 {
		t.Errorf("%d lines of three names, want 27: %q", len(got), got)
	}
	if got := ExpireCookies(names, "a.b.c.d.e.f.g.mamen.ai", "/1/2/3/4/5/6/7/8", 40); len(got) != 40 {
		t.Errorf("%d lines of a deep host", len(got))
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
