package catalogue

import (
	"slices"
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
)

func builtinCatalogue(t testing.TB) *Catalogue {
	t.Helper()
	services, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(services)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// id names the service an index stands for; "" is none.
func (c *Catalogue) id(i int) string {
	if i < 0 {
		return ""
	}
	return c.services[i].ID
}

func TestBuiltinIsSane(t *testing.T) {
	services, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	if len(services) < 110 {
		t.Errorf("%d services, want at least 110", len(services))
	}
	if !slices.IsSortedFunc(services, func(a, b Service) int { return strings.Compare(a.ID, b.ID) }) {
		t.Error("the services aren't sorted by id")
	}
	c := builtinCatalogue(t)
	for i, s := range services {
		if s.Name == "" || len(s.Countries) == 0 || len(s.Scripts) == 0 {
			t.Errorf("%s: name %q, countries %v, scripts %v: all three are needed", s.ID, s.Name, s.Countries, s.Scripts)
		}
		if s.Category != consent.Necessary && len(s.Inline) == 0 {
			t.Errorf("%s: it is gated, but no inline snippet of it would be known", s.ID)
		}
		if len(c.Sources(i)) == 0 {
			t.Errorf("%s: no third-party host", s.ID)
		}
		for _, list := range [][]string{s.Scripts, s.Collect, s.Inline, s.Stubs, s.Cookies, s.Countries, s.VisitorID} {
			if sorted := slices.Sorted(slices.Values(list)); len(slices.Compact(sorted)) != len(list) {
				t.Errorf("%s: a value stands twice in %v", s.ID, list)
			}
		}
		if c.Index(s.ID) != i {
			t.Errorf("Index(%q) = %d, want %d", s.ID, c.Index(s.ID), i)
		}
	}
	if c.Index("no_such_service") != -1 {
		t.Error("an unknown service has an index")
	}
}

func TestBuiltinHoldsTheRegionsServices(t *testing.T) {
	c := builtinCatalogue(t)
	for _, id := range strings.Fields(`yandex_metrica yandex_rtb adfox yandex_varioqub yandex_maps yandex_smartcaptcha
		top_mailru vk_pixel vkid_widget liveinternet rambler_top100 zero_kz openstat_hotlog_old mediascope_tns adriver
		roistat calltouch comagic_uis callibri mango_office jivo bitrix24 bitrix24_call_tracker bitrix_cms_stat carrotquest
		mindbox retailrocket flocktory sendpulse admitad advcake segmento smi2_relap marquiz twogis_widget`) {
		if c.Index(id) < 0 {
			t.Errorf("%s is missing", id)
		}
	}
}

func TestBuiltinCategories(t *testing.T) {
	c := builtinCatalogue(t)
	for category, ids := range map[consent.Category]string{
		consent.Necessary:  "stripe cloudflare_turnstile hcaptcha yandex_smartcaptcha",
		consent.Functional: "youtube vimeo google_maps recaptcha yandex_maps twogis_widget jivo bitrix24 intercom sentry google_fonts vkid_widget",
		consent.Statistics: "ga4 ga_ua matomo yandex_metrica clarity hotjar plausible umami posthog zero_kz liveinternet rambler_top100 calltouch roistat bitrix24_call_tracker",
		consent.Marketing:  "gtm google_ads floodlight adsense_gpt meta_pixel tiktok_pixel linkedin_insight bing_uet yandex_rtb top_mailru vk_pixel mindbox segment hubspot",
	} {
		for _, id := range strings.Fields(ids) {
			if i := c.Index(id); i < 0 || c.Services()[i].Category != category {
				t.Errorf("%s isn't %s", id, category)
			}
		}
	}
}

// Two services with the same pattern would leave one of them dead.
func TestBuiltinPatternsBelongToOneService(t *testing.T) {
	owner := map[string]string{}
	services, _ := Builtin()
	for _, s := range services {
		for _, text := range slices.Concat(s.Scripts, s.Collect) {
			if other, taken := owner[text]; taken && other != s.ID {
				t.Errorf("%q is both %s and %s", text, other, s.ID)
			}
			owner[text] = s.ID
		}
	}
}

// Every pattern must be able to win for its own service.
func TestBuiltinPatternsFindTheirService(t *testing.T) {
	c := builtinCatalogue(t)
	fill := strings.NewReplacer("*.", "sub.", ".*", ".kz", "*", "any")
	for i, s := range c.Services() {
		for _, text := range slices.Concat(s.Scripts, s.Collect) {
			host, path := cutPath(strings.TrimPrefix(text, "wss://"))
			if host == "*" {
				host = "stat.example.org"
			}
			raw := "//" + fill.Replace(host) + strings.ReplaceAll(path, "*", "any")
			if host == "" {
				raw = strings.TrimPrefix(raw, "//")
			}
			if got := c.Find(Locate([]byte(raw), page, nil)); got != i {
				t.Errorf("%s: %q (%s) is %q", s.ID, text, raw, c.id(got))
			}
		}
	}
}
