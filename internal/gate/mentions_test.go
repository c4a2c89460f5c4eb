package gate

import (
	"slices"
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/inventory"
)

func TestHeadersThatActForDeniedServicesAreTakenOut(t *testing.T) {
	g := testGate(t, nil)
	for _, c := range []struct {
		value string
		kept  bool
	}{
		{`{"group":"x","max_age":10886400,"endpoints":[{"url":"https://stat.example.kz/report"}]}`, false},
		{`{"group":"x","endpoints":[{"url":"https:\/\/pixel.example.kz\/r"}]}`, false},
		{`default="https://a.example/r", nel="https://stat.example.kz/nel"`, false},
		{`"https://video.example.kz/embed/rules.json"`, false},
		{`0; url=https://stat.example.kz/go?to=/`, false},
		{`5;URL='//pixel.example.kz/x'`, false},
		{`{"group":"x","endpoints":[{"url":"https://mamen.ai/reports"}]}`, true},
		{`default="/reports"`, true},
		{`0; url=/next?from=https://stat.example.kz/`, true},
		{`10`, true},
		{`0; url=https://stat.example.kz.evil.example/`, true},
	} {
		r := &record{gate: g}
		got := g.Permit(consent.Choice{}).Values([]string{c.value, "other"}, pageBase, r)
		want := []string{"other"}
		if c.kept {
			want = []string{c.value, "other"}
		}
		if !slices.Equal(got, want) || (len(r.blocked) == 0) != c.kept {
			t.Errorf("%s becomes %q, blocked %q", c.value, got, r.blocked)
		}
	}
}

func TestPagesDontMoveOnToDeniedServices(t *testing.T) {
	for input, want := range map[string]string{
		`<html><meta http-equiv=refresh content="0; url=https://stat.example.kz/go">`:                        `<html><meta data-privacy-http-equiv=refresh content="0; url=https://stat.example.kz/go">`,
		`<html><meta http-equiv="Refresh" content="5;URL=&#39;//pixel.example.kz&#39;">`:                     `<html><meta data-privacy-http-equiv="Refresh" content="5;URL=&#39;//pixel.example.kz&#39;">`,
		`<html><meta http-equiv=refresh content="0; url=/next">`:                                             `<html><meta http-equiv=refresh content="0; url=/next">`,
		`<html><meta http-equiv=content-type content="text/html">`:                                           `<html><meta http-equiv=content-type content="text/html">`,
		`<html><meta property=og:url content="https://stat.example.kz/">`:                                    `<html><meta property=og:url content="https://stat.example.kz/">`,
		`<html><script type=speculationrules>{"prefetch":[{"urls":["https://stat.example.kz/x"]}]}</script>`: `<html><script type=text/plain  data-privacy-type=speculationrules>{"prefetch":[{"urls":["https://stat.example.kz/x"]}]}</script>`,
		`<html><script type=speculationrules>{"prefetch":[{"urls":["/next"]}]}</script>`:                     `<html><script type=speculationrules>{"prefetch":[{"urls":["/next"]}]}</script>`,
	} {
		if got, _ := rewrite(t, testGate(t, nil), consent.Choice{}, input); got != want {
			t.Errorf("%s\nbecomes %s\nwant    %s", input, got, want)
		}
	}
}

func FuzzMentions(f *testing.F) {
	f.Add(`{"url":"https://stat.example.kz"}`)
	permit := testGate(f, nil).Permit(consent.Choice{})
	f.Fuzz(func(t *testing.T, text string) {
		_, denied := permit.mentions(text, pageBase, inventory.Header, silent{})
		if denied && !strings.Contains(strings.ToLower(text), "example") && !strings.Contains(text, "/counter") && !strings.ContainsAny(text, "%x") {
			t.Errorf("%q is denied", text)
		}
	})
}
