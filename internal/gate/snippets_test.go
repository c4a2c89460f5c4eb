package gate

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/snippettest"
)

// builtinGate is that of a site which uses the whole built-in catalogue.
func builtinGate(t *testing.T) *Gate {
	t.Helper()
	services, err := catalogue.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := catalogue.New(services)
	if err != nil {
		t.Fatal(err)
	}
	return testGate(t, func(o *Options) {
		o.Catalogue = compiled
		o.CrossBorder = true
	})
}

// usualSnippets are those that the built-in catalogue must know in every shape.
func usualSnippets(t *testing.T) []snippettest.Service {
	t.Helper()
	snippets, err := snippettest.Services()
	if err != nil {
		t.Fatal(err)
	}
	return snippets
}

func snippetPage(t *testing.T, shape snippettest.Shape, snippets ...snippettest.Service) string {
	t.Helper()
	body, err := snippettest.Render(shape, snippets, func(snippettest.Service) string { return "<p>own</p>\n" })
	if err != nil {
		t.Fatal(err)
	}
	return "<!doctype html><html><head><title>own</title></head><body>\n" + body + "</body></html>\n"
}

// Policy 5: a snippet is stopped while its service isn't allowed, whatever else
// is, and passes as it was written when its service alone is.
func TestUsualSnippetsFollowTheirService(t *testing.T) {
	g := builtinGate(t)
	var all []consent.Tag
	for _, service := range g.Services() {
		all = append(all, consent.TagOf(service.ID))
	}
	for _, snippet := range usualSnippets(t) {
		index := g.Index(snippet.ID)
		if index < 0 {
			t.Errorf("%s isn't in the catalogue", snippet.ID)
			continue
		}
		own := consent.TagOf(snippet.ID)
		others := slices.DeleteFunc(slices.Clone(all), func(tag consent.Tag) bool { return tag == own })
		for _, shape := range snippettest.Shapes() {
			targets := snippet.Targets(shape)
			if len(targets) == 0 {
				continue
			}
			page := snippetPage(t, shape, snippet)
			for name, choice := range map[string]consent.Choice{
				"nothing":         {},
				"everything else": {State: consent.Allowed, Services: others},
			} {
				got, _ := rewrite(t, g, choice, page)
				if restored := withoutInsertions(embeds.ReplaceAllString(got, "")); restored != page {
					t.Errorf("%s %s: without the insertions it is\n%s", snippet.ID, shape, restored)
				}
				active := activeTargets(t, got, targets)
				if g.Services()[index].Category == consent.Necessary {
					if len(active) == 0 {
						t.Errorf("%s %s: it is necessary and stopped:\n%s", snippet.ID, shape, got)
					}
				} else if len(active) > 0 {
					t.Errorf("%s %s: with %s allowed %v is left in\n%s", snippet.ID, shape, name, active, got)
				}
			}
			for name, choice := range map[string]consent.Choice{
				"everything": allowing(consent.Optional()...),
				"itself":     {State: consent.Allowed, Services: []consent.Tag{own}},
			} {
				if got, r := rewrite(t, g, choice, page); got != page {
					t.Errorf("%s %s: with %s allowed %v was blocked:\n%s", snippet.ID, shape, name, r.blocked, got)
				}
			}
		}
	}
}

// What the page itself says to a service stays: it may stand beside the page's own
// work in one script, and is answered by the guard's stubs.
func TestOwnCallsAreNotTakenForSnippets(t *testing.T) {
	g := builtinGate(t)
	for _, snippet := range usualSnippets(t) {
		page := "<!doctype html><html><head><title>own</title></head><body><script>own();" + snippet.Call + "</script></body></html>\n"
		if got, r := rewrite(t, g, consent.Choice{}, page); got != page {
			t.Errorf("%s: %v was blocked in %s", snippet.ID, r.blocked, snippet.Call)
		}
	}
}

// embeds are what the gate inserts into denied frames.
var embeds = regexp.MustCompile(` src=/\.privacy/embed/\w+(?:/at/[\w-]+)? `)

// activeTargets are those of the addresses that a browser would come by in a
// page: in the reference of an element, or in the text of a script that runs.
func activeTargets(t *testing.T, page string, targets []string) []string {
	t.Helper()
	document, err := html.ParseWithOptions(strings.NewReader(page), html.ParseOptionEnableScripting(false))
	if err != nil {
		t.Fatal(err)
	}
	var active []string
	find := func(text string) {
		for _, target := range targets {
			if strings.Contains(strings.ReplaceAll(text, `\/`, "/"), strings.TrimPrefix(target, "https:")) {
				active = append(active, target)
			}
		}
	}
	for node := range document.Descendants() {
		if node.Type != html.ElementNode {
			continue
		}
		inert := false
		for _, attribute := range node.Attr {
			if attribute.Key == "src" {
				find(attribute.Val)
			}
			inert = inert || node.Data == "script" && attribute.Key == "type" && attribute.Val == "text/plain"
		}
		if node.Data == "script" && node.FirstChild != nil && !inert {
			find(node.FirstChild.Data)
		}
	}
	return active
}

// The table is worth what it covers. Google Fonts is a style sheet.
func TestUsualSnippetsCoverTheCatalogue(t *testing.T) {
	known := make(map[string]bool)
	for _, snippet := range usualSnippets(t) {
		if known[snippet.ID] {
			t.Errorf("%s stands in the table twice", snippet.ID)
		}
		known[snippet.ID] = true
	}
	for _, service := range builtinGate(t).Services() {
		if !known[service.ID] && service.ID != "google_fonts" {
			t.Errorf("%s has no usual snippet", service.ID)
		}
	}
}
