package gate

import (
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/consent"
)

func TestGuardKnowsWhatIsDenied(t *testing.T) {
	for _, test := range []struct {
		name   string
		block  bool
		choice consent.Choice
		want   []string
		absent []string
	}{
		{"undecided", false, consent.Choice{},
			[]string{`"d":"*.abroad.example pixel.example.kz stat.example.kz video.example.kz/embed/ www.shared.example/abroad/"`,
				`"c":"_abroad _cnt_* _shared"`, `"s":"_cnt[] counter"`, `"p":"/.privacy/report"`},
			[]string{"captcha", `"u":`}},
		{"statistics", false, allowing(consent.Statistics),
			[]string{`"d":"pixel.example.kz video.example.kz/embed/"`, `"c":"_shared"`}, []string{"stat.example.kz", "abroad"}},
		{"undecided, unknown blocked", true, consent.Choice{},
			[]string{`"u":true`, `"r":"*.cdn.example captcha.example"`}, []string{"stat.example.kz", "pixel"}},
		{"statistics, unknown blocked", true, allowing(consent.Statistics),
			[]string{`"u":true`, `"r":"*.abroad.example *.cdn.example captcha.example live.abroad.example stat.example.kz www.shared.example/abroad/"`}, []string{"pixel"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := testGate(t, func(o *Options) {
				o.CrossBorder, o.BlockUnknown, o.Necessary = true, test.block, []string{"https://*.cdn.example:8443"}
			})
			guard := string(g.Permit(test.choice).Guard())
			_, config, _ := strings.Cut(guard, string(g.guardCode))
			for _, part := range test.want {
				if !strings.Contains(config, part) {
					t.Errorf("%s isn't in %s", part, config)
				}
			}
			for _, part := range test.absent {
				if strings.Contains(config, part) {
					t.Errorf("%s is in %s", part, config)
				}
			}
		})
	}
}

// A pattern of the other side matters where both may fit one host: the more
// specific one wins.
func TestGuardKnowsBothSidesOfSharedHosts(t *testing.T) {
	compiled, err := catalogue.New([]catalogue.Service{
		{ID: "wide", Category: consent.Marketing, Scripts: []string{"*.vendor.example", "any.*"}},
		{ID: "narrow", Category: consent.Statistics, Scripts: []string{"stat.vendor.example/s/", "any.kz/s/", "else.example"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		block   bool
		allowed consent.Category
		want    string
	}{
		{false, consent.Statistics, `"d":"*.vendor.example any.*","r":"any.kz/s/ stat.vendor.example/s/"`},
		{false, consent.Marketing, `"d":"any.kz/s/ else.example stat.vendor.example/s/","r":"*.vendor.example any.*"`},
		{true, consent.Statistics, `"d":"*.vendor.example any.*","r":"any.kz/s/ else.example stat.vendor.example/s/"`},
		{true, consent.Marketing, `"d":"any.kz/s/ stat.vendor.example/s/","r":"*.vendor.example any.*"`},
	} {
		g := testGate(t, func(o *Options) { o.Catalogue, o.CrossBorder, o.BlockUnknown = compiled, true, test.block })
		if guard := string(g.Permit(allowing(test.allowed)).Guard()); !strings.Contains(guard, test.want) {
			t.Errorf("unknown blocked %t, %s allowed: %s isn't in %s", test.block, test.allowed, test.want, guard[len(guard)-200:])
		}
	}
}

func TestGuardLeavesSharedNamesToTheServiceThatRuns(t *testing.T) {
	compiled, err := catalogue.New([]catalogue.Service{
		{ID: "free", Category: consent.Statistics, Countries: []string{"operator"}, Scripts: []string{"/free.js"},
			Stubs: []string{"_paq[]"}, Cookies: []string{"_pk_id.*"}},
		{ID: "hosted", Category: consent.Statistics, Countries: []string{"US"}, Scripts: []string{"hosted.example"},
			Stubs: []string{"_paq[]", "hosted"}, Cookies: []string{"_pk_id.*", "_hosted"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	g := testGate(t, func(o *Options) { o.Catalogue = compiled })
	if guard := string(g.Permit(consent.Choice{}).Guard()); !strings.Contains(guard, `"c":"_hosted _pk_id.*","s":"_paq[] hosted"`) {
		t.Error("undecided: not all names are denied")
	}
	if guard := string(g.Permit(allowing(consent.Statistics)).Guard()); !strings.Contains(guard, `"c":"_hosted","s":"_paq[] hosted"`) {
		t.Error("allowed: the running service's names are denied, or the other's aren't")
	}
}

// A function that a running service needs too must be one that serves it.
func TestGuardDefinesSharedFunctionsAsTheVendorDoes(t *testing.T) {
	compiled, err := catalogue.New([]catalogue.Service{
		{ID: "stats", Category: consent.Statistics, Scripts: []string{"stats.example"}, Stubs: []string{"tag", "layer[]", "alone"}},
		{ID: "ads", Category: consent.Marketing, Scripts: []string{"ads.example"}, Stubs: []string{"tag", "layer[]", "own"}},
		{ID: "chat", Category: consent.Functional, Scripts: []string{"chat.example"}, Stubs: []string{"alone"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	g := testGate(t, func(o *Options) { o.Catalogue, o.CrossBorder = compiled, true })
	for _, test := range []struct {
		choice consent.Choice
		want   string
	}{
		{consent.Choice{}, `"s":"alone layer[] own tag"`},
		{allowing(consent.Statistics), `"s":"layer[] own tag=layer"`},
		{allowing(consent.Marketing), `"s":"alone layer[] tag=layer"`},
		{allowing(consent.Functional), `"s":"alone=layer layer[] own tag"`},
	} {
		if guard := string(g.Permit(test.choice).Guard()); !strings.Contains(guard, test.want) {
			t.Errorf("%v: %s isn't in %s", test.choice.Categories, test.want, guard[len(guard)-120:])
		}
	}
}

func TestGuardIsSafeInsideAScriptElement(t *testing.T) {
	guard := testGate(t, nil).Permit(consent.Choice{}).Guard()
	for i, b := range guard {
		if b >= 0x80 {
			t.Fatalf("byte %d is beyond ASCII", i)
		}
	}
	for _, sequence := range []string{"</script", "<!--", "]]>"} {
		if strings.Contains(strings.ToLower(string(guard)), sequence) {
			t.Errorf("the guard contains %q", sequence)
		}
	}
}

// What a wider pattern covers needn't be told to the guard, which would decide the same;
// unless what runs lies between the two.
func TestGuardIsToldTheBroadestPatterns(t *testing.T) {
	for _, c := range []struct{ patterns, exceptions, want string }{
		{"*.a.com cdn.a.com *.b.a.com c.a.com/d", "", "*.a.com"},
		{"a.com a.com/b *.a.com", "", "*.a.com a.com"},
		{"*.a.com a.com/b ba.com", "", "*.a.com a.com/b ba.com"},
		{"a.com/b a.com/b/c a.* a.kz", "", "a.* a.com/b a.com/b/c a.kz"},
		{"*/b.js */b.js?c */d", "", "*/b.js */b.js?c */d"},
		{"*.a.com b.a.com c.a.com", "*.b.a.com b.a.com/x", "*.a.com b.a.com"},
		{"a.com a.com/b c.com c.com/d", "a.com/bc", "a.com a.com/b c.com"},
	} {
		if got := joinSorted(broadest(strings.Fields(c.patterns), strings.Fields(c.exceptions))); got != c.want {
			t.Errorf("of %q with %q running: %q, want %q", c.patterns, c.exceptions, got, c.want)
		}
	}
	if got := joinSorted(broadestNames(strings.Fields("_ga _ga_* _ga_x* _gac_1 *_id x_id _g*_y a*b* a*"))); got != "*_id _g*_y _ga _ga_* _gac_1 a* x_id" {
		t.Errorf("names: %q", got)
	}
}
