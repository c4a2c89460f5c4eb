package gate

import (
	"slices"
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
)

func TestPoliciesDontReportToDeniedServices(t *testing.T) {
	for name, c := range map[string]struct{ in, want []string }{
		"none":                {nil, nil},
		"no report":           {[]string{"default-src 'self';  img-src *"}, []string{"default-src 'self';  img-src *"}},
		"own":                 {[]string{"default-src 'self';report-uri /csp https://mamen.ai/csp"}, []string{"default-src 'self';report-uri /csp https://mamen.ai/csp"}},
		"unknown":             {[]string{"report-uri https://reports.example/r"}, []string{"report-uri https://reports.example/r"}},
		"look-alike":          {[]string{"report-uri https://stat.example.kz.evil.example/r"}, []string{"report-uri https://stat.example.kz.evil.example/r"}},
		"denied":              {[]string{"default-src 'self'; report-uri https://stat.example.kz/r"}, []string{"default-src 'self'"}},
		"denied first":        {[]string{"report-uri https://stat.example.kz/r; default-src 'self'"}, []string{"default-src 'self'"}},
		"one of two":          {[]string{"default-src *; report-uri /csp //stat.example.kz/r; img-src *"}, []string{"default-src *; report-uri /csp; img-src *"}},
		"upper case":          {[]string{"REPORT-URI HTTPS://STAT.EXAMPLE.KZ/r; base-uri 'self'"}, []string{"base-uri 'self'"}},
		"own collector":       {[]string{"base-uri 'self'; report-uri /counter.php"}, []string{"base-uri 'self'"}},
		"repeated":            {[]string{"report-uri /a; report-uri https://stat.example.kz/r"}, []string{"report-uri /a"}},
		"second policy":       {[]string{"img-src *, default-src 'self'; report-uri https://pixel.example.kz"}, []string{"img-src *,default-src 'self'"}},
		"second line":         {[]string{"img-src *", "default-src 'self'; report-uri https://pixel.example.kz"}, []string{"img-src *", "default-src 'self'"}},
		"a source, no report": {[]string{"script-src https://stat.example.kz"}, []string{"script-src https://stat.example.kz"}},
	} {
		t.Run(name, func(t *testing.T) {
			g := testGate(t, nil)
			r := &record{gate: g}
			in := slices.Clone(c.in)
			got := g.Permit(consent.Choice{}).Policies(in, pageBase, r)
			if !slices.Equal(got, c.want) {
				t.Errorf("%q becomes %q, want %q", c.in, got, c.want)
			}
			if !slices.Equal(in, c.in) {
				t.Error("the header's own values were changed")
			}
			if (len(r.blocked) > 0) == slices.Equal(c.in, c.want) {
				t.Errorf("blocked %q", r.blocked)
			}
		})
	}
	g := testGate(t, func(o *Options) { o.BlockUnknown = true })
	got := g.Permit(consent.Choice{}).Policies([]string{"report-uri https://reports.example/r /own"}, pageBase, &record{gate: g})
	if !slices.Equal(got, []string{"report-uri /own"}) {
		t.Errorf("unknown third parties are blocked, but %q", got)
	}
}
