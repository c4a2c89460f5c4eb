package catalogue

import (
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
)

func TestMoreSpecificPatternWins(t *testing.T) {
	c, err := New([]Service{
		{ID: "whole", Category: consent.Statistics, Scripts: []string{"cdn.example.com"}},
		{ID: "below", Category: consent.Statistics, Scripts: []string{"*.example.com", "*.deep.example.com/x/"}},
		{ID: "deeper", Category: consent.Statistics, Scripts: []string{"*.deep.example.com"}},
		{ID: "path", Category: consent.Statistics, Scripts: []string{"cdn.example.com/a/"}},
		{ID: "longer", Category: consent.Statistics, Scripts: []string{"cdn.example.com/a/*/c.js"}},
		{ID: "query", Category: consent.Statistics, Scripts: []string{"cdn.example.com/a/?id=X"}},
		{ID: "country", Category: consent.Statistics, Scripts: []string{"cdn.example.*", "mc.example.*"}},
		{ID: "loose", Category: consent.Marketing, Scripts: []string{"tie.example.com/t"}},
		{ID: "tie", Category: consent.Statistics, Scripts: []string{"tie.example.com/t"}},
		{ID: "own", Category: consent.Statistics, Scripts: []string{"/count.js", "/*/count.js", "stat.mamen.ai/count.js"}},
		{ID: "everywhere", Category: consent.Statistics, Scripts: []string{"*/count.js?id="}},
		{ID: "free", Category: consent.Statistics, Scripts: []string{"/track-*"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for url, want := range map[string]string{
		"//cdn.example.com/":                 "whole",
		"//cdn.example.com/ab":               "whole",
		"//cdn.example.com/a/b":              "path",
		"//cdn.example.com/a/b/c.js":         "longer",
		"//cdn.example.com/a/b/c/d/c.js/x":   "longer",
		"//cdn.example.com/a/b/c.jsx":        "path",
		"//cdn.example.com/a/c.js":           "path",
		"//cdn.example.com/a/?y&id=X1":       "query",
		"//cdn.example.com/a/?id=Y":          "path",
		"//cdn.example.com/a/?idid=X":        "path",
		"//img.example.com/a/":               "below",
		"//a.b.example.com/":                 "below",
		"//a.deep.example.com/":              "deeper",
		"//a.deep.example.com/x/1":           "below",
		"//example.com/":                     "",
		"//badexample.com/":                  "",
		"//cdn.example.kz/":                  "country",
		"//cdn.example.co.uk/":               "country",
		"//mc.example.com/":                  "country",
		"//mc.example.k/":                    "",
		"//mc.example.evil.kz/":              "",
		"//tie.example.com/t":                "loose",
		"/count.js":                          "own",
		"/x/count.js":                        "own",
		"//stat.mamen.ai/count.js?id=1":      "own",
		"//elsewhere.example/count.js?id=1":  "everywhere",
		"//elsewhere.example/count.js":       "",
		"//elsewhere.example/x/count.js?id=": "",
		"/track-1":                           "free",
		"/x/track-1":                         "",
	} {
		if got := find(c, url); got != want {
			t.Errorf("Find(%q) = %q, want %q", url, got, want)
		}
	}
}
