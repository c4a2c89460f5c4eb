package e2e

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// engine returns the source of axe-core in the version of axe/package-lock.json,
// which "make tools" fetches into the user's cache.
func engine(t *testing.T) string {
	t.Helper()
	lock, err := os.ReadFile("axe/package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	version := sha256.Sum256(lock)
	source, err := os.ReadFile(filepath.Join(cache, "consentgate", "axe", hex.EncodeToString(version[:])[:12], "node_modules/axe-core/axe.min.js"))
	if err != nil {
		t.Fatalf("the accessibility engine is missing: \"make tools\" fetches it (%v)", err)
	}
	return string(source)
}

// finding is what the engine says of one rule.
type finding struct {
	Rule  string   `json:"rule"`
	Help  string   `json:"help"`
	Nodes []string `json:"nodes"`
}

// judgement is what the engine found wrong, what it left to a person to judge, and
// the rules that it could apply and found kept.
type judgement struct {
	Violations []finding `json:"violations"`
	Incomplete []finding `json:"incomplete"`
	Passes     []string  `json:"passes"`
}

// examine has the engine look at the part of the page that the selector names, by
// all rules of WCAG 2.2 A and AA and those of good practice.
func (b *browser) examine(source, selector string) judgement {
	b.t.Helper()
	if !must[bool](b, `!!window.axe`) {
		b.do(chromedp.Evaluate[chromedp.Void](source))
	}
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	// The engine judges contrast within the body alone.
	must[bool](b, `(document.body.prepend(...document.querySelectorAll('#privacy-choice, #privacy-control')), true)`)
	result, err := chromedp.Run(ctx, chromedp.Evaluate[judgement](fmt.Sprintf(`axe.run({include: [[%q]]}, {
		runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
	}).then(found => {
		const list = rules => rules.map(rule => ({rule: rule.id, help: rule.help, nodes: rule.nodes.map(node => node.target.flat().join(' ') + ': ' + node.failureSummary)}));
		return {violations: list(found.violations), incomplete: list(found.incomplete), passes: found.passes.map(rule => rule.id)};
	})`, selector), chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatal(err)
	}
	return result
}

// WCAG 2.2 AA by axe-core: no violation in the banner, the control, the privacy
// page and the placeholder of a blocked frame, in every language, look and colours.
func TestAccessibilityEngineFindsNothing(t *testing.T) {
	s, source := startLooks(t), engine(t)
	b := openBrowser(t, newWorld(t))
	b.screen(1280, 800)
	// clean judges a part of the page in each scheme. The rules are those that must
	// have found something to judge.
	clean := func(where, selector string, rules ...string) {
		t.Helper()
		for _, scheme := range schemes {
			b.see(scheme.name)
			got := b.examine(source, selector)
			// Of forced colours the engine can't tell what is under a button; the
			// contrasts are measured in TestAcceptAndRefuseAreEqualInEveryLook.
			if scheme.forced {
				got.Incomplete = slices.DeleteFunc(got.Incomplete, func(f finding) bool { return f.Rule == "color-contrast" })
			}
			for _, f := range slices.Concat(got.Violations, got.Incomplete) {
				t.Errorf("%s, %s: %s: %s\n%s", where, scheme.name, f.Rule, f.Help, strings.Join(f.Nodes, "\n"))
			}
			for _, rule := range rules {
				if !slices.Contains(got.Passes, rule) && !(scheme.forced && rule == "color-contrast") {
					t.Errorf("%s, %s: there was nothing to judge by %s, only by %v", where, scheme.name, rule, got.Passes)
				}
			}
		}
	}
	for i, look := range looks {
		languages := tongues
		if i > 0 { // each language in the usual look, each look in one language
			languages = tongues[i%len(tongues):][:1]
		}
		for _, tongue := range languages {
			b.asks(s.on(look.host, tongue.page))
			b.openDetails(true)
			clean("banner "+look.host+" "+tongue.code, "#privacy-choice", "button-name", "link-name", "label", "target-size", "color-contrast")
		}
	}
	documents := func(host, language, state string) {
		t.Helper()
		call(b, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: userAgent, AcceptLanguage: language})
		for _, page := range []string{"/.privacy/?lang=" + language, "/.privacy/embed/youtube"} {
			b.visit(s.on(host, page))
			if got := must[string](b, `document.documentElement.lang`); got != language {
				t.Errorf("%s speaks %s, not %s", page, got, language)
			}
			clean(page+" "+host+" "+state, "html", "document-title", "html-has-lang", "target-size", "color-contrast")
		}
	}
	documents("yellow.localhost", "ru", "undecided")
	b.visit(s.url("/"))
	b.choose("accept")
	for _, tongue := range tongues {
		b.visit(s.url(tongue.page))
		b.until(decided)
		clean("control "+tongue.code, "#privacy-control", "link-name", "color-contrast")
		documents("localhost", tongue.code, "allowed")
	}
}
