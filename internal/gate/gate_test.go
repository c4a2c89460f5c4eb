package gate

import (
	"slices"
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/inventory"
)

// testServices are one service of each sort the gate tells apart.
func testServices() []catalogue.Service {
	return []catalogue.Service{
		{ID: "counter", Category: consent.Statistics, Countries: []string{"KZ"}, Window: 24,
			Scripts: []string{"stat.example.kz", "/counter.js"}, Collect: []string{"/counter.php"},
			Inline: []string{"stat.example.kz/counter"}, Stubs: []string{"counter", "_cnt[]"}, Cookies: []string{"_cnt_*"}},
		{ID: "abroad", Category: consent.Statistics, Countries: []string{"US"},
			Scripts: []string{"*.abroad.example", "www.shared.example/abroad/"}, Collect: []string{"wss://live.abroad.example"},
			Inline: []string{"abroad.example/tag"}, Cookies: []string{"_abroad"}},
		{ID: "pixel", Category: consent.Marketing, Countries: []string{"KZ"}, Scripts: []string{"pixel.example.kz"}, Cookies: []string{"_shared"}},
		{ID: "video", Category: consent.Functional, Countries: []string{"operator"}, Scripts: []string{"video.example.kz/embed/"}, Cookies: []string{"_shared"}},
		{ID: "captcha", Category: consent.Necessary, Countries: []string{"US"}, Scripts: []string{"captcha.example"}},
	}
}

const (
	counterService = iota
	abroadService
	pixelService
	videoService
	captchaService
)

func testGate(t testing.TB, change func(*Options)) *Gate {
	t.Helper()
	compiled, err := catalogue.New(testServices())
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Catalogue: compiled, Jurisdiction: "KZ", Prefix: "/.privacy/"}
	if change != nil {
		change(&o)
	}
	g, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func allowing(categories ...consent.Category) consent.Choice {
	return consent.Choice{State: consent.Allowed, Categories: consent.SetOf(categories...)}
}

// record is an Observer that remembers.
type record struct {
	blocked []string
	ran     []int
	saw     []string
	gate    *Gate
}

func (r *record) Blocked(layer Layer, service int) {
	r.blocked = append(r.blocked, string(layer)+" "+r.gate.ServiceID(service))
}
func (r *record) Ran(service int) { r.ran = append(r.ran, service) }

func (r *record) SawHost(source inventory.Source, host []byte, service int, denied bool) {
	r.see(string(source)+" "+string(host), service, denied)
}
func (r *record) SawCookie(source inventory.Source, name, _ string, service int, denied bool) {
	r.see(string(source)+" cookie "+name, service, denied)
}
func (r *record) SawOwn(service int, denied bool) { r.see("own", service, denied) }

func (r *record) see(what string, service int, denied bool) {
	what += " " + r.gate.ServiceID(service)
	if denied {
		what += " denied"
	}
	r.saw = append(r.saw, what)
}

func TestChoiceDecidesOverEachService(t *testing.T) {
	for name, c := range map[string]struct {
		options func(*Options)
		choice  consent.Choice
		want    [5]Status // by service
	}{
		"undecided":  {nil, consent.Choice{}, [5]Status{Blocked, Never, Blocked, Blocked, Running}},
		"refused":    {nil, consent.Choice{State: consent.Refused}, [5]Status{Blocked, Never, Blocked, Blocked, Running}},
		"statistics": {nil, allowing(consent.Statistics), [5]Status{Running, Never, Blocked, Blocked, Running}},
		"everything": {nil, allowing(consent.Optional()...), [5]Status{Running, Never, Running, Running, Running}},
		"everything, transfer abroad allowed": {func(o *Options) { o.CrossBorder = true },
			allowing(consent.Optional()...), [5]Status{Running, Running, Running, Running, Running}},
		"one service": {nil, consent.Choice{State: consent.Allowed, Services: []consent.Tag{consent.TagOf("pixel")}},
			[5]Status{Blocked, Never, Running, Blocked, Running}},
		"stale": {nil, consent.Choice{State: consent.Stale, Categories: consent.All}, [5]Status{Blocked, Never, Blocked, Blocked, Running}},
		"everything, one named": {func(o *Options) { o.InUse = []string{"counter"} },
			allowing(consent.Optional()...), [5]Status{Running, Never, Never, Never, Running}},
	} {
		t.Run(name, func(t *testing.T) {
			g := testGate(t, c.options)
			permit := g.Permit(c.choice)
			for i, want := range c.want {
				if got := g.Status(c.choice, i); got != want {
					t.Errorf("%s is %v, want %v", g.ServiceID(i), got, want)
				}
				if permit.Running(i) != (want == Running) {
					t.Errorf("%s: the permit says %v", g.ServiceID(i), permit.Running(i))
				}
			}
		})
	}
}

// Policy 3.2.6: data of visitors doesn't leave the country.
func TestNothingLeavesTheJurisdiction(t *testing.T) {
	for _, c := range []struct {
		countries []string
		want      bool
	}{
		{[]string{"KZ"}, false},
		{[]string{"operator"}, false},
		{[]string{"kz", "operator"}, false},
		{[]string{"KZ", "RU"}, true},
		{[]string{"US"}, true},
		{nil, true},
	} {
		if got := leaves(c.countries, "KZ"); got != c.want {
			t.Errorf("%v leaves: %v", c.countries, got)
		}
	}
}

func TestOnlyCategoriesThatCouldRunAreAsked(t *testing.T) {
	if got := testGate(t, nil).Categories(); !slices.Equal(got, consent.Optional()) {
		t.Errorf("asked about %v", got)
	}
	g := testGate(t, func(o *Options) { o.InUse = []string{"counter", "abroad"} })
	if got := g.Categories(); !slices.Equal(got, []consent.Category{consent.Statistics}) {
		t.Errorf("asked about %v", got)
	}
}

func TestRevisionFollowsWhatIsDecided(t *testing.T) {
	plain := testGate(t, nil).Revision()
	if again := testGate(t, nil).Revision(); again != plain {
		t.Error("one configuration has two revisions")
	}
	for name, change := range map[string]func(*Options){
		"cross-border": func(o *Options) { o.CrossBorder = true },
		"in use":       func(o *Options) { o.InUse = []string{"counter"} },
		"unknown":      func(o *Options) { o.BlockUnknown = true },
		"necessary":    func(o *Options) { o.Necessary = []string{"cdn.example.kz"} },
	} {
		if testGate(t, change).Revision() == plain {
			t.Errorf("%s: the revision stays", name)
		}
	}
}

func TestPermitsOfOneChoiceAreShared(t *testing.T) {
	g := testGate(t, nil)
	first := g.Permit(allowing(consent.Statistics))
	if second := g.Permit(allowing(consent.Statistics)); second != first {
		t.Error("the permit is computed twice")
	}
	for i := range 2 * maxPermits {
		g.Permit(consent.Choice{State: consent.Allowed, Services: []consent.Tag{consent.Tag(i)}})
	}
	if len(g.permits) > maxPermits {
		t.Errorf("%d permits are kept", len(g.permits))
	}
}

func TestPolicyNarrowsToWhatIsAllowed(t *testing.T) {
	block := func(o *Options) {
		o.BlockUnknown = true
		o.Necessary = []string{"cdn.example.kz"}
	}
	for name, c := range map[string]struct {
		options  func(*Options)
		choice   consent.Choice
		header   string
		contains []string
		lacks    []string
	}{
		"unknown third parties are reported": {nil, consent.Choice{}, "Content-Security-Policy-Report-Only",
			[]string{"report-uri /.privacy/report", "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval';"}, nil},
		"undecided": {block, consent.Choice{}, "Content-Security-Policy",
			[]string{" cdn.example.kz", " captcha.example", "worker-src 'self' blob:", "base-uri 'self'"},
			[]string{"stat.example.kz", "abroad", "pixel", "video"}},
		"statistics": {block, allowing(consent.Statistics), "Content-Security-Policy",
			[]string{" stat.example.kz"}, []string{"pixel", "abroad"}},
		"everything but abroad": {block, allowing(consent.Optional()...), "Content-Security-Policy",
			[]string{" stat.example.kz", " pixel.example.kz", " video.example.kz/embed/"}, []string{"abroad"}},
		"abroad too": {func(o *Options) { block(o); o.CrossBorder = true }, allowing(consent.Statistics), "Content-Security-Policy",
			[]string{" *.abroad.example", " www.shared.example/abroad/", " wss://live.abroad.example"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			header, value := testGate(t, c.options).Permit(c.choice).Policy()
			if header != c.header {
				t.Errorf("header %q, want %q", header, c.header)
			}
			for _, part := range c.contains {
				if !strings.Contains(value, part) {
					t.Errorf("%q isn't in %q", part, value)
				}
			}
			for _, part := range c.lacks {
				if strings.Contains(value, part) {
					t.Errorf("%q is in %q", part, value)
				}
			}
		})
	}
}

func TestNothingIsSentWhenNothingIsBlocked(t *testing.T) {
	permit := testGate(t, func(o *Options) { o.CrossBorder = true }).Permit(allowing(consent.Optional()...))
	if guard := permit.Guard(); guard != nil {
		t.Errorf("guard: %s", guard)
	}
	if header, value := permit.Policy(); header != "" || value != "" {
		t.Errorf("%s: %s", header, value)
	}
}

func TestPolicyThatIsTooLongIsRefused(t *testing.T) {
	services, err := catalogue.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := catalogue.New(services)
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Catalogue: compiled, Jurisdiction: "KZ", Prefix: "/.privacy/", BlockUnknown: true}
	if _, err := New(o); err != nil {
		t.Errorf("with data kept in the country: %v", err)
	}
	o.CrossBorder = true
	if _, err := New(o); err == nil || !strings.Contains(err.Error(), "name the services this site uses") {
		t.Errorf("with the whole catalogue: %v", err)
	}
	o.InUse = []string{"ga4", "yandex_metrica", "matomo", "youtube"}
	if _, err := New(o); err != nil {
		t.Errorf("with four services: %v", err)
	}
}

func TestNecessaryHostsMustBeHostSources(t *testing.T) {
	compiled, err := catalogue.New(testServices())
	if err != nil {
		t.Fatal(err)
	}
	for source, ok := range map[string]bool{
		"cdn.mamen.ai": true, "*.mamen.ai": true, "https://cdn.mamen.ai": true, "cdn.mamen.ai/fonts/": true, "wss://live.mamen.ai": true, "cdn.mamen.ai:8443": true,
		"*": false, "": false, "a b": false, "cdn.mamen.ai; script-src *": false, "ftp://cdn.mamen.ai": false, "cdn.*.ai": false, "сайт.қаз": false, "'unsafe-inline'": false,
	} {
		_, err := New(Options{Catalogue: compiled, Necessary: []string{source}})
		if (err == nil) != ok {
			t.Errorf("%q: %v", source, err)
		}
	}
}

func TestCollectorsOfDeniedServicesAreKnown(t *testing.T) {
	g := testGate(t, nil)
	for _, c := range []struct {
		choice consent.Choice
		path   string
		want   bool
	}{
		{consent.Choice{}, "/counter.php", true},
		{consent.Choice{}, "/counter.phpx", false},
		{consent.Choice{}, "/counter.html", false},
		{consent.Choice{}, "/", false},
		{allowing(consent.Statistics), "/counter.php", false},
		{allowing(consent.Marketing), "/counter.php", true},
	} {
		if _, _, denied := g.Permit(c.choice).Collector("mamen.ai", c.path, "idsite=1"); denied != c.want {
			t.Errorf("%v %s: denied %v", c.choice.Categories, c.path, denied)
		}
	}
}
