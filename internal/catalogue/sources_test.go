package catalogue

import (
	"slices"
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
)

func TestSourcesOfAService(t *testing.T) {
	for _, test := range []struct {
		name     string
		patterns []string
		sources  string
	}{
		{"exact and wildcard", []string{"b.example.com", "*.example.org", "a.example.com"},
			"*.example.org a.example.com b.example.com"},
		{"duplicates", []string{"a.example.com", "a.example.com/x/", "a.example.com?id=1"}, "a.example.com"},
		{"under a wildcard", []string{"*.example.com", "a.example.com", "example.com"}, "*.example.com example.com"},
		{"not under a wildcard", []string{"*.example.com", "badexample.com"}, "*.example.com badexample.com"},
		{"the site's own", []string{"/count.js", "*/count.js"}, ""},
		{"directory", []string{"a.example.com/x/y.js", "a.example.com/x/"}, "a.example.com/x/"},
		{"directory inside another", []string{"a.example.com/x/y/", "a.example.com/x/"}, "a.example.com/x/"},
		{"wildcard in the directory", []string{"a.example.com/x/*/y.js"}, "a.example.com/x/"},
		{"wildcard at the root", []string{"a.example.com/*/y.js"}, "a.example.com"},
		{"segment under the root", []string{"a.example.com/tr"}, "a.example.com/tr a.example.com/tr/"},
		{"file under the root", []string{"a.example.com/z.js"}, "a.example.com/z.js"},
		{"open end under the root", []string{"a.example.com/widget_"}, "a.example.com"},
		{"WebSocket", []string{"wss://*.example.com", "a.example.com"}, "*.example.com wss://*.example.com"},
		{"WebSocket beside a wildcard", []string{"*.example.com", "wss://a.example.com"}, "*.example.com wss://a.example.com"},
	} {
		c, err := New([]Service{{ID: "own", Category: consent.Statistics, Cookies: []string{"own"}, Scripts: test.patterns}})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(c.Sources(0), " "); got != test.sources {
			t.Errorf("%s: Sources = %q, want %q", test.name, got, test.sources)
		}
	}
}

func TestSourcesWriteCountryPatternsOut(t *testing.T) {
	c := builtinCatalogue(t)
	hosts := c.Sources(c.Index("yandex_metrica"))
	for _, want := range []string{"mc.yandex.ru", "mc.yandex.com", "mc.yandex.kz", "mc.yandex.by", "mc.yandex.uz", "mc.yandex.com.tr", "wss://mc.yandex.ru", "mc.webvisor.org"} {
		if !slices.Contains(hosts, want) {
			t.Errorf("%s is missing in %v", want, hosts)
		}
	}
	if i := slices.IndexFunc(hosts, func(h string) bool { return strings.Contains(h, "*") }); i >= 0 {
		t.Errorf("%s isn't written out", hosts[i])
	}
}

// Allowing a functional or statistics service must not open, through a shared
// host, what another category collects.
func TestSourcesKeepSharedHostsNarrow(t *testing.T) {
	c := builtinCatalogue(t)
	for _, id := range []string{"recaptcha", "google_maps", "yandex_maps", "yandex_metrica", "vkid_widget", "vimeo", "zero_kz", "sentry"} {
		for _, source := range c.Sources(c.Index(id)) {
			for _, shared := range []string{"www.google.com", "google.com", "www.gstatic.com", "yandex.ru", "yandex.kz", "yastatic.net",
				"vk.com", "vk.ru", "cdn.jsdelivr.net", "unpkg.com", "vimeo.com", "zero.kz", "sentry.io"} {
				if source == shared || source == shared+"/npm/" {
					t.Errorf("%s opens all of %s", id, source)
				}
			}
		}
	}
}

func TestSourcesAreHostSources(t *testing.T) {
	c := builtinCatalogue(t)
	for i, s := range c.Services() {
		for _, source := range c.Sources(i) {
			if strings.ContainsAny(source, " ;,'\"?#") || strings.HasSuffix(source, "*") {
				t.Errorf("%s: %q isn't a host source", s.ID, source)
			}
		}
	}
}
