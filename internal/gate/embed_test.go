package gate

import (
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
)

func TestDeniedFramesShowThePlaceholder(t *testing.T) {
	for name, c := range map[string]struct {
		page   string
		choice consent.Choice
		gate   func(*Options)
		want   bool
	}{
		"video":                      {page: `<iframe src=https://video.example.kz/embed/1>`, want: true},
		"upper case":                 {page: `<IFRAME/SRC="https://video.example.kz/embed/1">`, want: true},
		"two sources":                {page: `<iframe src=https://video.example.kz/embed/1 src=/x>`, want: true},
		"refused":                    {page: `<iframe src=https://video.example.kz/embed/1>`, choice: consent.Choice{State: consent.Refused}, want: true},
		"another one allowed":        {page: `<iframe src=https://video.example.kz/embed/1>`, choice: allowing(consent.Marketing), want: true},
		"never":                      {page: `<iframe src=https://video.example.kz/embed/1>`, gate: func(o *Options) { o.InUse = []string{"counter"} }, want: true},
		"allowed":                    {page: `<iframe src=https://video.example.kz/embed/1>`, choice: allowing(consent.Functional)},
		"statistics":                 {page: `<iframe src=https://stat.example.kz/1>`},
		"marketing":                  {page: `<iframe src=https://pixel.example.kz/1>`},
		"unknown":                    {page: `<iframe src=https://unknown.example/1>`, gate: func(o *Options) { o.BlockUnknown = true }},
		"with a document of its own": {page: `<iframe srcdoc="<p>x" src=https://video.example.kz/embed/1>`},
		"in a sandbox":               {page: `<iframe sandbox=allow-scripts src=https://video.example.kz/embed/1>`, want: true},
		"no frame":                   {page: `<img src=https://video.example.kz/embed/1>`},
		"in SVG":                     {page: `<svg><iframe src=https://video.example.kz/embed/1></iframe></svg>`},
		"base on the same host":      {page: `<base href=https://mamen.ai/x/><iframe src=https://video.example.kz/embed/1>`, want: true},
		"base path":                  {page: `<base href=/x/><iframe src=https://video.example.kz/embed/1>`, want: true},
		"base elsewhere":             {page: `<base href=https://cdn.mamen.ai/><iframe src=https://video.example.kz/embed/1>`, want: true},
		"no endpoints":               {page: `<iframe src=https://video.example.kz/embed/1>`, gate: func(o *Options) { o.Prefix = "" }},
	} {
		t.Run(name, func(t *testing.T) {
			got, r := rewrite(t, testGate(t, c.gate), c.choice, "<html><body>"+c.page)
			if n := len(insertedSource.FindAllString(got, -1)) + strings.Count(got, insertedHeld); n > 1 || (n == 1) != c.want {
				t.Errorf("%d placeholders in %s", n, got)
			}
			if restored := withoutInsertions(got); restored != "<html><body>"+c.page {
				t.Errorf("without the insertions it is %s", restored)
			}
			if c.want && len(r.blocked) != 1 {
				t.Errorf("counted %q", r.blocked)
			}
		})
	}
}

func TestOnlyWhatIsLookedAtHasAPlaceholder(t *testing.T) {
	g := testGate(t, nil)
	for service := range g.Services() {
		if got := g.HasPlaceholder(service); got != (service == videoService) {
			t.Errorf("%s: %t", g.ServiceID(service), got)
		}
	}
}
