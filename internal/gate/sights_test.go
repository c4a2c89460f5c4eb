package gate

import (
	"slices"
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/htmlstream"
	"github.com/mamen-ai/consentgate/internal/inventory"
)

// TestObserverSeesWhatAPageNames pins that third parties are told whether they are
// known or not, and blocked or not, and that the site's own are not.
func TestObserverSeesWhatAPageNames(t *testing.T) {
	undecided, statistics := consent.Choice{}, allowing(consent.Statistics)
	for _, c := range []struct {
		name, page string
		options    func(*Options)
		choice     consent.Choice
		want       []string
	}{
		{"known", `<script src="https://stat.example.kz/c.js"></script>`, nil, undecided, []string{"page stat.example.kz counter denied"}},
		{"allowed", `<script src="https://stat.example.kz/c.js"></script>`, nil, statistics, []string{"page stat.example.kz counter"}},
		{"unknown", `<img src="//CDN.Example.com:8443/a.png?x=1">`, nil, undecided, []string{"page cdn.example.com unknown"}},
		{"unknown, blocked", `<img src="//cdn.example.com/a.png">`, func(o *Options) { o.BlockUnknown = true }, undecided, []string{"page cdn.example.com unknown denied"}},
		{"necessary", `<img src="//cdn.mamen.ai/a.png">`, func(o *Options) { o.BlockUnknown = true; o.Necessary = []string{"*.mamen.ai"} }, undecided, []string{"page cdn.mamen.ai unknown"}},
		{"set of images", `<img srcset="https://a.example/1 1x, //b.example/2 2x">`, nil, undecided, []string{"page a.example unknown", "page b.example unknown"}},
		{"set with a blocked image first", `<img srcset="https://pixel.example.kz/1 1x, //b.example/2 2x">`, nil, undecided, []string{"page pixel.example.kz pixel denied", "page b.example unknown"}},
		{"refresh", `<meta http-equiv=refresh content="5; url=https://next.example/">`, nil, undecided, []string{"page next.example unknown"}},
		{"rules", `<script type=speculationrules>{"prefetch":[{"urls":["https://next.example/a"]}]}</script>`, nil, undecided, []string{"page next.example unknown"}},
		{"nested", `<iframe srcdoc="&lt;img src=//cdn.example.com/a>"></iframe>`, nil, undecided, []string{"page cdn.example.com unknown"}},
		{"moved", `<base href="https://cdn.example.com/"><img src="a.png">`, nil, undecided, []string{"page cdn.example.com unknown"}},
		{"snippet", `<script>load("stat.example.kz/counter")</script>`, nil, undecided, []string{"own counter denied"}},
		{"allowed snippet", `<script>load("stat.example.kz/counter")</script>`, nil, statistics, []string{"own counter"}},
		{"service of the site's own path", `<script src="/counter.js"></script>`, nil, undecided, []string{"own counter denied"}},
		{"own", `<img src="/a.png"><img src="https://mamen.ai/b.png"><script src="/app.js"></script><link rel=icon href="data:,">`, nil, undecided, nil},
		{"no load", `<a href="https://elsewhere.example/">x</a><p title="https://elsewhere.example/">`, nil, undecided, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, r := rewrite(t, testGate(t, c.options), c.choice, c.page)
			if !slices.Equal(r.saw, c.want) {
				t.Errorf("saw %q, want %q", r.saw, c.want)
			}
		})
	}
}

// TestObserverSeesHeaders pins what the origin's and the browser's headers show.
func TestObserverSeesHeaders(t *testing.T) {
	g := testGate(t, nil)
	r := &record{gate: g}
	p := g.Permit(consent.Choice{})
	p.Links([]string{"<https://cdn.example.com/a.css>; rel=preload, <https://stat.example.kz/c.js>; rel=preload, </own.css>; rel=preload"}, pageBase, r)
	p.Values([]string{`default="https://reports.example/r"`}, pageBase, r)
	p.SetCookies([]string{"session=1; Path=/", " _cnt_id =7"}, r)
	p.Cookies([]string{"theme=dark; _abroad=1"}, r)
	want := []string{
		"header cdn.example.com unknown", "header stat.example.kz counter denied", "header reports.example unknown",
		"header cookie session unknown", "header cookie _cnt_id counter denied",
		"report cookie theme unknown", "report cookie _abroad abroad denied",
	}
	if !slices.Equal(r.saw, want) {
		t.Errorf("saw %q, want %q", r.saw, want)
	}
}

func TestCollectorsAreToldByTheirPattern(t *testing.T) {
	p := testGate(t, nil).Permit(consent.Choice{})
	for path, want := range map[string]string{"/counter.php": "/counter.php", "/./counter.php": "/counter.php", "/counter.js": "/counter.js", "/page": ""} {
		if service, pattern, _ := p.Collector("mamen.ai", path, ""); pattern != want || (service == counterService) != (want != "") {
			t.Errorf("%s fits %q of %d, want %q", path, pattern, service, want)
		}
	}
}

func TestNamedHosts(t *testing.T) {
	g := testGate(t, func(o *Options) { o.Necessary = []string{"cdn.mamen.ai", "*.static.example"} })
	for host, want := range map[string]string{
		"cdn.mamen.ai": "necessary", "a.static.example": "necessary", "stat.example.kz": "counter", "x.abroad.example": "abroad",
		"static.example": "", "www.shared.example": "", "video.example.kz": "", "unheard.example": "",
	} {
		service, named := g.Names(host)
		got := ""
		switch {
		case named && service == Unknown:
			got = "necessary"
		case named:
			got = g.ServiceID(service)
		}
		if got != want {
			t.Errorf("%s is named by %q, want %q", host, got, want)
		}
	}
}

// silent is an Observer that remembers nothing.
type silent struct{}

func (silent) Blocked(Layer, int)                                    {}
func (silent) Ran(int)                                               {}
func (silent) SawHost(inventory.Source, []byte, int, bool)           {}
func (silent) SawCookie(inventory.Source, string, string, int, bool) {}
func (silent) SawOwn(int, bool)                                      {}

// TestTellingAllocatesNothing pins the path that every reference of a page takes.
func TestTellingAllocatesNothing(t *testing.T) {
	g := testGate(t, nil)
	var elements Elements
	w := htmlstream.NewRewriter(nil, nil)
	page := []byte(`<img src="https://cdn.example.com/a.png"><img srcset="//b.example/1 1x"><script src="https://unheard.example/x.js"></script>`)
	permit := g.Permit(consent.Choice{})
	rewrite := func() {
		elements.Reset(permit, pageBase, silent{}, Insertion{})
		w.Reset(discard{}, &elements)
		w.Write(page)
		w.Close()
	}
	rewrite()
	if n := testing.AllocsPerRun(100, rewrite); n != 0 {
		t.Errorf("%v allocations", n)
	}
	values := []string{"session=1; Path=/"}
	if n := testing.AllocsPerRun(100, func() { permit.SetCookies(values, silent{}); permit.Cookies(values, silent{}) }); n != 0 {
		t.Errorf("cookies: %v allocations", n)
	}
}
