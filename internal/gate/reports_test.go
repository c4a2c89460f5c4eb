package gate

import (
	"slices"
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
)

func TestViolationsAreNotPostedToDeniedAddresses(t *testing.T) {
	for _, test := range []struct {
		name     string
		block    bool
		in, want []string
	}{
		{"none", true, []string{"default-src 'self'"}, []string{"default-src 'self'"}},
		{"the site's own", true, []string{"default-src  'self';  report-uri /r https://mamen.ai/r"}, []string{"default-src  'self';  report-uri /r https://mamen.ai/r"}},
		{"a tracker's", false, []string{"img-src 'self'; report-uri https://stat.example.kz/r; font-src *"}, []string{"img-src 'self'; font-src *"}},
		{"one of two", false, []string{"report-uri /r //pixel.example.kz/r", "img-src *"}, []string{"report-uri /r", "img-src *"}},
		{"in one of two policies", false, []string{"img-src a, img-src b; Report-URI https://stat.example.kz/r"}, []string{"img-src a,img-src b"}},
		{"unknown, allowed", false, []string{"report-uri https://other.example/r"}, []string{"report-uri https://other.example/r"}},
		{"unknown, blocked", true, []string{"img-src *; report-uri https://other.example/r"}, []string{"img-src *"}},
		{"nothing else", true, []string{"report-uri https://other.example/r"}, []string{""}},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := testGate(t, func(o *Options) { o.BlockUnknown = test.block })
			in := slices.Clone(test.in)
			if got := g.Permit(consent.Choice{}).Reports(in, pageBase, &record{gate: g}); !slices.Equal(got, test.want) {
				t.Errorf("%q becomes %q, want %q", test.in, got, test.want)
			}
			if !slices.Equal(in, test.in) {
				t.Errorf("the header's own values were changed to %q", in)
			}
		})
	}
}
