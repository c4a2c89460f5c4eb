package gate

import (
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
)

func TestWorkersAndFramesMayConnectOnlyToWhatMayRun(t *testing.T) {
	const header = AllowlistHeader
	const undecided = `(response-origin "http{s}?://captcha.example" "http{s}?://cdn.example");redirects=allow`
	const withLinks = `(response-origin "http{s}?://*.partner.example" "http{s}?://captcha.example" "http{s}?://cdn.example");redirects=allow`
	for _, test := range []struct {
		name        string
		block       bool
		strict      Strict
		choice      consent.Choice
		dest        string
		header, out string
	}{
		{"worker", true, NotStrict, consent.Choice{}, "worker", header, undecided},
		{"service worker", true, NotStrict, consent.Choice{}, "serviceworker", header, undecided},
		{"frame", true, NotStrict, consent.Choice{}, "iframe", header, undecided},
		{"page", true, NotStrict, consent.Choice{}, "document", "", ""},
		{"image", true, NotStrict, consent.Choice{}, "image", "", ""},
		{"unknown allowed", false, NotStrict, consent.Choice{}, "worker", "", ""},
		{"strict page", true, StrictEnforce, consent.Choice{}, "document", header, withLinks},
		{"strict page that reports", true, StrictReport, consent.Choice{}, "document", header + "-Report-Only", withLinks},
		{"worker of a strict page", true, StrictEnforce, consent.Choice{}, "worker", header, undecided},
		{"allowed", true, NotStrict, allowing(consent.Functional, consent.Statistics), "worker", header,
			`(response-origin "http{s}?://*.abroad.example" "http{s}?://captcha.example" "http{s}?://cdn.example" ` +
				`"http{s}?://stat.example.kz" "http{s}?://video.example.kz/embed/*" "wss://live.abroad.example" "http{s}?://www.shared.example/abroad/*");redirects=allow`},
	} {
		t.Run(test.name, func(t *testing.T) {
			g := testGate(t, func(o *Options) {
				o.BlockUnknown, o.Strict, o.CrossBorder, o.Necessary = test.block, test.strict, true, []string{"cdn.example"}
				if test.strict != NotStrict {
					o.Links = []string{"*.partner.example"}
				}
			})
			if name, value := g.Permit(test.choice).Allowlist(test.dest); name != test.header || value != test.out {
				t.Errorf("%s: %s\nwant %s: %s", name, value, test.header, test.out)
			}
		})
	}
}

func TestStrictNeedsAClosedList(t *testing.T) {
	for _, test := range []struct {
		change func(*Options)
		want   string
	}{
		{func(o *Options) { o.Strict = StrictReport }, "unknown block"},
		{func(o *Options) { o.BlockUnknown, o.Links = true, []string{"partner.example"} }, "only with strict"},
		{func(o *Options) { o.BlockUnknown, o.Strict, o.Links = true, StrictEnforce, []string{"a b"} }, `strict host "a b"`},
	} {
		o := Options{Catalogue: testGate(t, nil).options.Catalogue, Prefix: "/.privacy/"}
		test.change(&o)
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%+v: %v, want %q", o.Strict, err, test.want)
		}
	}
}
