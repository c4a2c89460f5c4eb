package banner

import (
	"regexp"
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/js"
)

// seed are the options of the policy's owner.
func seed() Options {
	return Options{
		Controller: Controller{
			Name:    "ТОО «МАК IT»",
			ID:      "191240029778",
			Address: "РК, Алматы, Бостандыкский район, ул. Байзакова, 280, 050040",
			Email:   "info@mamen.ai",
		},
		Edition:     policy.Day{Year: 2025, Month: 3, Day: 12},
		PolicyURL:   "https://mamen.ai/privacy.pdf",
		CrossBorder: "deny",
	}
}

func newBanner(t testing.TB, o Options) *Banner {
	t.Helper()
	b, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestUnknownLanguageGivesTheDefault(t *testing.T) {
	b := newBanner(t, Options{Languages: []string{"kk", "en"}})
	if b.Ask("ru") != b.Ask("kk") || b.Control("") != b.Control("kk") || b.PageNotice("de") != b.PageNotice("kk") {
		t.Error("a language the site doesn't have gives something else than the default")
	}
}

func TestRevisionFollowsTheOutputs(t *testing.T) {
	first := newBanner(t, seed()).Revision()
	if !regexp.MustCompile(`^[0-9a-f]{8}$`).MatchString(first) {
		t.Errorf("revision %q isn't 8 hexadecimal digits", first)
	}
	if again := newBanner(t, seed()).Revision(); again != first {
		t.Errorf("the same options gave %s and %s", first, again)
	}
	for name, change := range map[string]func(*Options){
		"accent":     func(o *Options) { o.Accent = "#b00" },
		"position":   func(o *Options) { o.Position = "corner" },
		"months":     func(o *Options) { o.Months = 12 },
		"edition":    func(o *Options) { o.Edition.Day++ },
		"email":      func(o *Options) { o.Controller.Email = "other@mamen.ai" }, // on the page only
		"languages":  func(o *Options) { o.Languages = []string{"kk", "ru", "en"} },
		"categories": func(o *Options) { o.Categories = []consent.Category{consent.Statistics} },
	} {
		o := seed()
		change(&o)
		if newBanner(t, o).Revision() == first {
			t.Errorf("another %s gives the same revision", name)
		}
	}
}

func TestScriptsParseAndTouchNoDangerousSink(t *testing.T) {
	b := newBanner(t, seed())
	for name, script := range map[string]string{
		"ask":  between(t, b.Ask("ru").HTML, "<script>", "</script>"),
		"page": b.script,
		"api":  string(b.API(APIState{State: "allowed", Categories: []string{"statistics"}})),
	} {
		if _, err := js.Parse(parse.NewInputString(script), js.Options{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, sink := range []string{"innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval", "Function(", "srcdoc"} {
			if strings.Contains(script, sink) {
				t.Errorf("%s: uses %s", name, sink)
			}
		}
	}
}
