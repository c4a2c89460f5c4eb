package banner

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
	"golang.org/x/net/html"
)

// fragments calls check for both fragments in every language and position.
func fragments(t *testing.T, check func(t *testing.T, b *Banner, lang string, f *Fragment)) {
	for _, position := range positions() {
		o := seed()
		o.Position = position
		b := newBanner(t, o)
		for _, lang := range b.Languages() {
			t.Run(position+"/ask/"+lang, func(t *testing.T) { check(t, b, lang, b.Ask(lang)) })
			t.Run(position+"/control/"+lang, func(t *testing.T) { check(t, b, lang, b.Control(lang)) })
		}
	}
}

func TestFragmentsAreAsReviewed(t *testing.T) {
	b := newBanner(t, seed())
	for _, lang := range b.Languages() {
		golden(t, "ask-"+lang+".html", b.Ask(lang).HTML)
		golden(t, "control-"+lang+".html", b.Control(lang).HTML)
	}
}

func TestFragmentsAreASCII(t *testing.T) {
	fragments(t, func(t *testing.T, _ *Banner, _ string, f *Fragment) {
		if i := bytes.IndexFunc(f.HTML, func(r rune) bool { return r > 0x7e }); i >= 0 {
			t.Errorf("byte %d isn't ASCII: %q", i, f.HTML[i:min(i+8, len(f.HTML))])
		}
	})
}

func TestHashesAdmitExactlyWhatIsInline(t *testing.T) {
	fragments(t, func(t *testing.T, _ *Banner, _ string, f *Fragment) {
		if want := []string{source(between(t, f.HTML, "<style>", "</style>"))}; !slices.Equal(f.StyleHashes, want) {
			t.Errorf("style hashes %q, want %q", f.StyleHashes, want)
		}
		var want []string
		if bytes.Contains(f.HTML, []byte("<script")) {
			want = []string{source(between(t, f.HTML, "<script>", "</script>"))}
		}
		if !slices.Equal(f.ScriptHashes, want) {
			t.Errorf("script hashes %q, want %q", f.ScriptHashes, want)
		}
	})
}

func TestScriptHasOneHashForAllLanguagesAndLooks(t *testing.T) {
	seen := map[string]bool{}
	fragments(t, func(t *testing.T, _ *Banner, _ string, f *Fragment) {
		for _, hash := range f.ScriptHashes {
			seen[hash] = true
		}
	})
	if len(seen) != 2 {
		t.Errorf("%d script hashes, want one of the banner and one of the control", len(seen))
	}
}

func TestNoticeHashIsOfWhatIsShown(t *testing.T) {
	seen := map[string]bool{}
	fragments(t, func(t *testing.T, b *Banner, lang string, f *Fragment) {
		sum := sha256.Sum256([]byte(between(t, f.UTF8, "<template shadowrootmode=open>", "</template>")))
		if want := hex.EncodeToString(sum[:]); f.NoticeSHA256 != want {
			t.Errorf("notice hash %s, want %s", f.NoticeSHA256, want)
		}
		seen[f.NoticeSHA256] = true
	})
	if want := 3*3 + 3; len(seen) != want { // the control looks the same in every position
		t.Errorf("%d notice hashes, want %d", len(seen), want)
	}
}

// Policy 5.1.1: forbidding is as easy as allowing.
func TestRefuseAndAcceptAreEqual(t *testing.T) {
	fragments(t, func(t *testing.T, b *Banner, lang string, f *Fragment) {
		if f != b.Ask(lang) {
			return
		}
		var refuse, accept *html.Node
		for _, button := range named(nodes(t, f.HTML), "button") {
			switch value, _ := attribute(button, "value"); value {
			case "refuse":
				refuse = button
			case "accept":
				accept = button
			}
		}
		if refuse == nil || accept == nil {
			t.Fatal("the banner wants a button to refuse and one to accept")
		}
		if refuse.Parent != accept.Parent || refuse.Parent.Data != "form" {
			t.Error("the buttons aren't side by side in the form")
		}
		withoutValue := func(n *html.Node) []html.Attribute {
			return slices.DeleteFunc(slices.Clone(n.Attr), func(a html.Attribute) bool { return a.Key == "value" })
		}
		if !slices.Equal(withoutValue(refuse), withoutValue(accept)) {
			t.Errorf("attributes differ: %v and %v", refuse.Attr, accept.Attr)
		}
		// A rule that picks out one of two siblings of a kind makes them differ.
		style := between(t, f.HTML, "<style>", "</style>")
		if regexp.MustCompile(`button(:nth|:first|:last|:only|\[|\.|#|\+|~)`).MatchString(style) {
			t.Error("the style tells one button from the other")
		}
	})
}

func TestNothingIsTickedOrTakenByTheEnterKey(t *testing.T) {
	b := newBanner(t, seed())
	for _, lang := range b.Languages() {
		list := nodes(t, b.Ask(lang).HTML)
		var allow []string
		for _, input := range named(list, "input") {
			if _, ticked := attribute(input, "checked"); ticked {
				t.Errorf("%s: %v is ticked", lang, input.Attr)
			}
			if kind, _ := attribute(input, "type"); kind == "checkbox" {
				value, _ := attribute(input, "value")
				allow = append(allow, value)
			}
		}
		if want := []string{"functional", "statistics", "marketing"}; !slices.Equal(allow, want) {
			t.Errorf("%s: checkboxes %q, want %q", lang, allow, want)
		}
		// The first submit button answers to Enter in a checkbox (WHATWG HTML,
		// implicit submission): it must not be the one that accepts everything.
		if value, _ := attribute(named(list, "button")[0], "value"); value != "save" {
			t.Errorf("%s: Enter in a checkbox presses %q, want save", lang, value)
		}
	}
}

func TestBannerIsALabelledRegionAndNotModal(t *testing.T) {
	b := newBanner(t, seed())
	for _, lang := range b.Languages() {
		list := nodes(t, b.Ask(lang).HTML)
		i := slices.IndexFunc(list, func(n *html.Node) bool { role, _ := attribute(n, "role"); return role == "region" })
		if i < 0 {
			t.Fatalf("%s: no region", lang)
		}
		label, _ := attribute(list[i], "aria-labelledby")
		heading := named(list, "h2")[0]
		if id, _ := attribute(heading, "id"); id == "" || id != label || text(heading) == "" {
			t.Errorf("%s: the region is labelled by %q, the heading is %q", lang, label, id)
		}
		for _, n := range list {
			for _, key := range []string{"aria-modal", "autofocus", "tabindex", "style"} {
				if _, found := attribute(n, key); found {
					t.Errorf("%s: <%s> has %s", lang, n.Data, key)
				}
			}
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "on") {
					t.Errorf("%s: <%s> has the inline handler %s", lang, n.Data, a.Key)
				}
			}
		}
	}
}

// Cosmetic filters of ad blockers hide elements by such words.
func TestNamesAreNotThoseAdBlockersHide(t *testing.T) {
	forbidden := regexp.MustCompile(`(?i)cookie|consent|gdpr|cmp|banner|notice|popup|overlay|tracking`)
	fragments(t, func(t *testing.T, _ *Banner, _ string, f *Fragment) {
		for _, n := range nodes(t, f.HTML) {
			for _, a := range n.Attr {
				if forbidden.MatchString(a.Key) || forbidden.MatchString(a.Val) {
					t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
				}
			}
		}
	})
}

func TestBannerSaysWhatThePolicyDemands(t *testing.T) {
	demands := map[string]map[string][]string{
		"ru": {
			"5 (technologies)":   {"cookie", "маяки", "пиксели", "теги", "скрипты"},
			"5.1.1 (refusal)":    {"Отказ не ограничит", "Отказаться"},
			"3.1 row 7 (months)": {"14 или 24 месяца"},
			"3.2.6 (abroad)":     {"не передаются за границу"},
			"7.2 (operator)":     {"ТОО «МАК IT»", "БИН 191240029778", "Байзакова"},
			"7.1 (edition)":      {"Политика от 12.03.2025"},
			"3.4.1 (withdrawal)": {"изменить в любой момент"},
			"5.1.2 (browser)":    {"cookie запретить в браузере"},
		},
		"kk": {
			"5 (technologies)":   {"cookie", "маяк", "пиксель", "тег", "скрипт"},
			"5.1.1 (refusal)":    {"Бас тарту сайтқа кіруді шектемейді", "Бас тарту"},
			"3.1 row 7 (months)": {"14 немесе 24 ай"},
			"3.2.6 (abroad)":     {"шетелге берілмейді"},
			"7.2 (operator)":     {"ТОО «МАК IT»", "БСН 191240029778", "Байзакова"},
			"7.1 (edition)":      {"Саясат, 12.03.2025"},
			"3.4.1 (withdrawal)": {"кез келген уақытта өзгертуге"},
			"5.1.2 (browser)":    {"браузерде бұғаттауға"},
		},
		"en": {
			"5 (technologies)":   {"cookies", "beacons", "pixels", "tags", "scripts"},
			"5.1.1 (refusal)":    {"Refusing does not limit", "Refuse"},
			"3.1 row 7 (months)": {"14 or 24 months"},
			"3.2.6 (abroad)":     {"not sent abroad"},
			"7.2 (operator)":     {"ТОО «МАК IT»", "BIN 191240029778", "Байзакова"},
			"7.1 (edition)":      {"Policy of 12 March 2025"},
			"3.4.1 (withdrawal)": {"change your mind at any time"},
			"5.1.2 (browser)":    {"browser can block cookies"},
		},
	}
	b := newBanner(t, seed())
	for _, lang := range b.Languages() {
		shown := text(named(nodes(t, b.Ask(lang).HTML), "template")[0])
		for paragraph, words := range demands[lang] {
			for _, word := range words {
				if !strings.Contains(shown, word) {
					t.Errorf("%s: policy %s: %q isn't said", lang, paragraph, word)
				}
			}
		}
		if left := regexp.MustCompile(`\{\w+\}`).FindString(shown); left != "" {
			t.Errorf("%s: %s was left unfilled", lang, left)
		}
	}
}

func TestBannerAsksOnlyAboutTheGivenCategories(t *testing.T) {
	o := seed()
	o.Categories = []consent.Category{consent.Marketing, consent.Statistics}
	shown := string(newBanner(t, o).Ask("en").HTML)
	if !strings.Contains(shown, "for visit statistics and marketing, run") {
		t.Error("the purposes aren't those of the categories, in display order")
	}
	if strings.Contains(shown, "functional") {
		t.Error("a category without services is asked about")
	}
}

func TestBannerStandsWithoutAnyOption(t *testing.T) {
	b := newBanner(t, Options{})
	shown := text(named(nodes(t, b.Ask("ru").HTML), "template")[0])
	if !strings.Contains(shown, "Этот сайт использует cookie") {
		t.Error("a sentence wants a subject where no controller is named")
	}
	for _, word := range []string{"Оператор", "за границу", "Политика"} {
		if strings.Contains(shown, word) {
			t.Errorf("%q is said though nothing is configured", word)
		}
	}
}

func TestTextsOfTheOperatorAreEscaped(t *testing.T) {
	const attack = `</template></style><script>alert(1)</script><img src=x onerror=alert(1)>" '`
	o := seed()
	o.Controller = Controller{Name: attack, ID: attack, Address: attack}
	o.PolicyURL = `/privacy"><script>alert(1)</script>`
	b := newBanner(t, o)
	for _, lang := range b.Languages() {
		if got := len(named(nodes(t, b.Ask(lang).HTML), "script", "img")); got != 1 {
			t.Errorf("%s: %d scripts and images, want the banner's own script alone", lang, got)
		}
	}
}
