package gate

import (
	"html"
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
)

func TestDocumentsInsideAttributesAreJudged(t *testing.T) {
	tracker := `<img src="https://stat.example.kz/p.gif">`
	nested := func(depth int, document string) string {
		for range depth {
			document = `<iframe srcdoc="` + html.EscapeString(document) + `"></iframe>`
		}
		return document
	}
	for name, c := range map[string]struct {
		page   string
		denied bool
	}{
		"a tracker":                   {nested(1, tracker), true},
		"an inline snippet":           {nested(1, `<script>load("https://stat.example.kz/counter")</script>`), true},
		"single quotes":               {`<iframe srcdoc='` + tracker + `'></iframe>`, true},
		"a tracker two levels down":   {nested(2, tracker), true},
		"deeper than anyone goes":     {nested(maxNesting+1, "<p>x</p>"), true},
		"text about a tracker":        {nested(1, "<p>https://stat.example.kz/counter</p>"), false},
		"the site's own image":        {nested(2, `<img src="/a.png">`), false},
		"no markup":                   {`<iframe srcdoc="plain"></iframe>`, false},
		"an attribute of another tag": {`<p srcdoc="` + html.EscapeString(tracker) + `">`, false},
	} {
		got, r := rewrite(t, testGate(t, nil), consent.Choice{}, "<html>"+c.page)
		if renamed := strings.Contains(got, "data-privacy-srcdoc"); renamed != c.denied || (len(r.blocked) > 0) != c.denied {
			t.Errorf("%s: %s, blocked %q", name, got, r.blocked)
		}
	}
}
