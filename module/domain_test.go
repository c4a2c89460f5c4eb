package module

import (
	"slices"
	"strings"
	"testing"
)

func TestDomainOfAHost(t *testing.T) {
	long := strings.Repeat("a.", maxHost) + "mamen.ai"
	for _, test := range []struct{ configured, hostport, host, site string }{
		{"", "mamen.ai", "mamen.ai", "mamen.ai"},
		{"", "Blog.Mamen.AI:8443", "blog.mamen.ai", "mamen.ai"},
		{"", "shop.mamen.com.kz.", "shop.mamen.com.kz", "mamen.com.kz"},
		{"", "127.0.0.1:80", "127.0.0.1", "127.0.0.1"},
		{"", "[::1]:80", "::1", "::1"},
		{"", "localhost", "localhost", "localhost"},
		{"", "com.kz", "com.kz", "com.kz"},
		{"", long, long, "mamen.ai"},
		{"blog.mamen.ai", "a.blog.mamen.ai", "a.blog.mamen.ai", "blog.mamen.ai"},
		{"blog.mamen.ai", "mamen.ai", "mamen.ai", "mamen.ai"},
		{"blog.mamen.ai", "myblog.mamen.ai", "myblog.mamen.ai", "myblog.mamen.ai"},
	} {
		h := &Handler{Site: test.configured, domains: newRecent[string, domain]()}
		for range 2 { // the second time it is remembered
			got := h.domainOf(test.hostport)
			if got.host != test.host || got.site != test.site || !slices.Equal(got.firstParty, []string{test.host, test.site, "*." + test.site}) {
				t.Errorf("site %q, %q: %+v", test.configured, test.hostport, got)
			}
		}
		if _, known := h.domains.find(test.hostport); known == (test.hostport == long) {
			t.Errorf("%.40q is remembered: %v", test.hostport, known)
		}
	}
}
