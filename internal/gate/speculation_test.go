package gate

import (
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/inventory"
)

func TestRulesDontFetchAheadWhatIsDenied(t *testing.T) {
	for _, test := range []struct {
		name           string
		rules          string
		allowed, block bool // denied, by what happens to the unknown
	}{
		{"own page", `{"prefetch":[{"source":"list","urls":["/a","https://mamen.ai/b"]}]}`, false, false},
		{"tracker", `{"prerender":[{"urls":["/a","https:\/\/stat.example.kz\/b"]}]}`, true, true},
		{"tracker, escaped", `{"prefetch":[{"urls":["https://\u0073tat.example.kz/b"]}]}`, true, true},
		{"stranger", `{"prefetch":[{"urls":["https://other.example/"]}]}`, false, true},
		{"own links", `{"tag":"x","prefetch":[{"source":"document","where":{"and":[{"href_matches":"/*"},{"not":{"href_matches":"/logout"}}]}}]}`, false, false},
		{"own links by several patterns", `{"prefetch":[{"where":{"href_matches":["/a/*","/b/*"]}}]}`, false, false},
		{"own links, one or the other", `{"prefetch":[{"where":{"or":[{"href_matches":"/a"},{"href_matches":"/b"}]}}]}`, false, false},
		{"all links", `{"prefetch":[{"source":"document"}]}`, true, true},
		{"foreign links", `{"prefetch":[{"where":{"href_matches":"https://*/*"}}]}`, true, true},
		{"foreign links beside own", `{"prefetch":[{"where":{"or":[{"href_matches":"/a"},{"href_matches":"//other.example/*"}]}}]}`, true, true},
		{"links by selector", `{"prefetch":[{"where":{"selector_matches":".fast"}}]}`, true, true},
		{"own links by selector", `{"prefetch":[{"where":{"and":[{"selector_matches":".fast"},{"href_matches":"/*"}]}}]}`, false, false},
		{"behind a rule that isn't one", `{"prefetch":[{"urls":[1]},{"urls":["https://stat.example.kz/"]}]}`, true, true},
		{"behind nothing", `{"prefetch":[7,{"urls":["https://stat.example.kz/"]}]}`, true, true},
		{"beside another key", `{"prefetch":[{"urls":["https://stat.example.kz/"],"URLS":["/a"]}]}`, true, true},
		{"a tag", `{"tag":"x","prefetch":[{"urls":["/a"]}]}`, false, false},
		{"nothing a browser reads", `{"prefetch":[{"urls":["https://stat.example.kz/"]`, false, false},
	} {
		for _, block := range []bool{false, true} {
			g := testGate(t, func(o *Options) { o.BlockUnknown = block })
			want := test.allowed
			if block {
				want = test.block
			}
			if _, denied := g.Permit(consent.Choice{}).SpeculationRules([]byte(test.rules), pageBase, inventory.Page, &record{gate: g}); denied != want {
				t.Errorf("%s, unknown blocked %t: denied %t, want %t", test.name, block, denied, want)
			}
		}
	}
}
