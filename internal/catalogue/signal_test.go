package catalogue

import (
	"slices"
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/js"
)

func TestSignalsThatCannotStandInAPageAreRefused(t *testing.T) {
	for _, test := range []struct{ code, want string }{
		{"", "complete statements"},
		{"a()", `end in ";"`},
		{"a('ж');", "printable ASCII"},
		{"a();\nb();", "on one line"},
		{"a('</script>');", "script element"},
		{"a('</SCRIPT');", "script element"},
		{"a<!--b;", "script element"},
		{"a(;", "isn't JavaScript"},
		{"function a(){;", "isn't JavaScript"},
		{"var queue=[];", "declares the global queue"},
		{"function push(){};", "declares the global push"},
		{"let x=1;", "declares the global x"},
		{"a('" + strings.Repeat("a", 595) + "');", "at most 600 bytes"},
	} {
		for _, signal := range []Signal{{Denied: test.code, Granted: "b();"}, {Denied: "b();", Granted: test.code}} {
			if test.code == "" && signal.Granted == "" {
				continue // a vendor's default may be granted
			}
			_, err := New([]Service{{ID: "own", Category: consent.Statistics, Cookies: []string{"own_*"}, Signals: []Signal{signal}}})
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), `service "own"`) {
				t.Errorf("%+v: %v doesn't say %q", signal, err, test.want)
			}
		}
	}
}

func TestSignalMayHave600Bytes(t *testing.T) {
	signal := Signal{Denied: "a('" + strings.Repeat("a", 594) + "');"}
	if len(signal.Denied) != maxSignal {
		t.Fatalf("the test's signal has %d bytes", len(signal.Denied))
	}
	if err := signal.check(); err != nil {
		t.Error(err)
	}
}

// What one product of a family denies its allowed sibling grants: that needs one
// denied text for all, and a page carries it once.
func TestProductsUnderConsentModeShareOneDenial(t *testing.T) {
	c := builtinCatalogue(t)
	denied := map[string]bool{}
	granted := map[string]string{
		"ga4": "analytics_storage:'granted'", "ga_ua": "analytics_storage:'granted'", "gtm": "functionality_storage:'granted'",
		"google_ads": "ad_user_data:'granted',ad_personalization:'granted'", "floodlight": "ad_storage:'granted'",
	}
	for id, want := range granted {
		signals := c.Services()[c.Index(id)].Signals
		if len(signals) != 1 {
			t.Fatalf("%s has %d signals", id, len(signals))
		}
		denied[signals[0].Denied] = true
		if !strings.Contains(signals[0].Granted, want) || !strings.Contains(signals[0].Granted, "'consent','update'") {
			t.Errorf("%s grants by %s, want %s", id, signals[0].Granted, want)
		}
	}
	if len(denied) != 1 {
		t.Errorf("%d different denials", len(denied))
	}
	for text := range denied {
		for _, kind := range []string{"ad_storage", "ad_user_data", "ad_personalization", "analytics_storage"} {
			if !strings.Contains(text, kind+":'denied'") {
				t.Errorf("%s isn't denied by %s", kind, text)
			}
		}
		if !strings.Contains(text, "wait_for_update:") {
			t.Errorf("tags wouldn't wait: %s", text)
		}
	}
	analytics := c.Services()[c.Index("ga4")].Signals[0].Granted
	if strings.Contains(analytics, "ad_") {
		t.Errorf("statistics grant advertising: %s", analytics)
	}
}

// Consent calls that a vendor takes before its library runs; what the others lack
// their doubt says.
func TestBuiltinKnowsTheConsentCalls(t *testing.T) {
	c := builtinCatalogue(t)
	for id := range strings.FieldsSeq(`ga4 ga_ua gtm google_ads floodlight adsense_gpt matomo bing_uet clarity meta_pixel tiktok_pixel
		pinterest_tag reddit_pixel vwo dynamic_yield optimizely contentsquare datadog_rum kameleoon hubspot onesignal mouseflow
		fullstory chartbeat luckyorange zendesk_chat vercel_analytics yandex_metrica`) {
		if i := c.Index(id); i < 0 || len(c.Services()[i].Signals) == 0 {
			t.Errorf("%s has no consent call", id)
		}
	}
}

// A name that a call reads or sets without "window." would throw or become a
// global of the page.
func TestBuiltinSignalsTouchOnlyTheWindow(t *testing.T) {
	for _, s := range builtinCatalogue(t).Services() {
		for _, signal := range s.Signals {
			if signal.Denied == signal.Granted {
				t.Errorf("%s: refusing and allowing are the same: %s", s.ID, signal.Denied)
			}
			for _, code := range []string{signal.Denied, signal.Granted} {
				ast, err := js.Parse(parse.NewInputString(code), js.Options{})
				if err != nil && code != "" {
					t.Errorf("%s: %v in %s", s.ID, err, code)
					continue
				}
				for _, name := range ast.Undeclared {
					if name := string(name.Data); !slices.Contains([]string{"window", "arguments", "Proxy"}, name) {
						t.Errorf("%s: the global %s in %s", s.ID, name, code)
					}
				}
			}
		}
	}
}

// One text per service, but for products under one call: a page carries each once.
func TestBuiltinSignalsAreSharedByFamiliesOnly(t *testing.T) {
	owners := map[string][]string{}
	for _, s := range builtinCatalogue(t).Services() {
		for _, signal := range s.Signals {
			owners[signal.Denied] = append(owners[signal.Denied], s.ID)
		}
	}
	for text, ids := range owners {
		if shared := strings.Join(ids, " "); len(ids) > 1 && shared != "floodlight ga4 ga_ua google_ads gtm" {
			t.Errorf("%s share %s", shared, text)
		}
	}
	if len(owners) != 25 {
		t.Errorf("%d different denials, want 25", len(owners))
	}
}
