package banner

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// uzbek is a language of which an operator has described some texts.
const uzbek = `{
	"language": "uz",
	"date": "02.01.2006",
	"months": {"one": "{n} oy", "few": "{n} oy", "many": "{n} oy"},
	"choice": {"accept": "Ruxsat berish", "refuse": "Rad etish"}
}`

func textFile(text string) File { return File{Name: "own.json", Body: []byte(text)} }

func TestOwnTextsStandOverTheBuiltInOnes(t *testing.T) {
	o := seed()
	o.Texts = []File{textFile(`{"language": "en", "choice": {"accept": "Yes, please"}, "categories": {"marketing": {"name": "Ads"}}}`)}
	b := newBanner(t, o)
	shown := text(named(nodes(t, b.Ask("en").HTML), "template")[0])
	for _, want := range []string{"Yes, please", "Refuse", "Ads", "Measuring advertising"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q isn't shown", want)
		}
	}
	if plain := newBanner(t, seed()); b.Ask("en").NoticeSHA256 == plain.Ask("en").NoticeSHA256 || b.Ask("ru").NoticeSHA256 != plain.Ask("ru").NoticeSHA256 {
		t.Error("the notice's hash must follow the texts of its language, and of no other")
	}
	if len(b.Fallbacks()) != 0 {
		t.Errorf("texts of a language that has them all fall back: %v", b.Fallbacks())
	}
}

func TestNewLanguageFallsBackToEnglishAndSaysWhere(t *testing.T) {
	o := seed()
	o.Texts = []File{textFile(uzbek)}
	b := newBanner(t, o)
	if got := b.Languages(); !slices.Equal(got, []string{"ru", "kk", "en", "uz"}) {
		t.Errorf("languages %q", got)
	}
	if got := b.Language("uz-UZ", "ru"); got != "uz" {
		t.Errorf("a page in Uzbek is asked in %s", got)
	}
	shown := text(named(nodes(t, b.Ask("uz").HTML), "template")[0])
	for _, want := range []string{"Rad etish", "Ruxsat berish", "Cookies: you decide", "6 oy"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q isn't shown in:\n%s", want, shown)
		}
	}
	if page := string(render(t, b, PageData{Lang: "uz"})); !strings.Contains(page, "o‘zbek") {
		t.Error("the switch of languages doesn't name it in itself")
	}
	falls := b.Fallbacks()
	if len(falls) != 1 || falls[0].Language != "uz" || falls[0].File != "own.json" {
		t.Fatalf("fallbacks %v", falls)
	}
	for key, want := range map[string]bool{
		"choice.title": true, "page.states.stale": true, "time": true,
		"choice.accept": false, "months.one": false, "date": false, "name": false,
	} {
		if slices.Contains(falls[0].Keys, key) != want {
			t.Errorf("%s falls back: %t, want %t", key, !want, want)
		}
	}
}

// All texts of English, given as another language, leave nothing to fall back.
func TestCompleteLanguageFallsBackNowhere(t *testing.T) {
	words := decoded(t, "en")
	words["language"] = "tr"
	raw, err := json.Marshal(words)
	if err != nil {
		t.Fatal(err)
	}
	b := newBanner(t, Options{Languages: []string{"tr"}, Texts: []File{textFile(string(raw))}})
	if falls := b.Fallbacks(); len(falls) != 0 {
		t.Errorf("fallbacks %v", falls)
	}
}

func TestWrongTextsAreRefusedWithFileAndKey(t *testing.T) {
	own := func(words string) []File { return []File{textFile(`{"language": "en", ` + words + `}`)} }
	for _, c := range []struct {
		name      string
		languages []string
		files     []File
		want      []string
	}{
		{"no JSON", nil, []File{textFile("{\n\"language\": \"en\",\n}")}, []string{"line 3"}},
		{"a list", nil, []File{textFile(`[]`)}, []string{"JSON object"}},
		{"no language", nil, []File{textFile(`{"choice": {}}`)}, []string{"language", `"uz"`}},
		{"a language with region", nil, []File{textFile(`{"language": "en-GB"}`)}, []string{"language", "en-GB"}},
		{"a language that isn't one", nil, []File{textFile(`{"language": "<b>"}`)}, []string{"language"}},
		{"an unknown key", nil, own(`"colour": "red"`), []string{"colour", "choice"}},
		{"an unknown key within", nil, own(`"choice": {"agree": "Yes"}`), []string{"choice.agree", "accept"}},
		{"an unknown category", nil, own(`"categories": {"social": {"name": "x"}}`), []string{"categories.social", "marketing"}},
		{"an unknown state", nil, own(`"page": {"states": {"later": "x"}}`), []string{"page.states.later", "stale"}},
		{"a text for a group", nil, own(`"choice": "x"`), []string{"choice", "object"}},
		{"a group for a text", nil, own(`"control": {}`), []string{"control", "text"}},
		{"a number", nil, own(`"control": 1`), []string{"control", "text"}},
		{"an empty text", nil, own(`"control": " "`), []string{"control", "text"}},
		{"a placeholder less", nil, own(`"choice": {"text": "{controller} uses cookies."}`), []string{"choice.text", "{purposes} is missing"}},
		{"a wrong placeholder", nil, own(`"choice": {"text": "{controller} {purpose} {purposes}"}`), []string{"choice.text", "{purpose}", "{controller}, {purposes}"}},
		{"a placeholder where none is", nil, own(`"control": "{n}"`), []string{"control", "{n}", "none"}},
		{"a lone brace", nil, own(`"control": "a { b"`), []string{"control", "{ or }"}},
		{"a date without a year", nil, own(`"date": "02.01"`), []string{"date", "02.01.2006"}},
		{"a date that is a word", nil, own(`"date": "today"`), []string{"date"}},
		{"a time without a day", nil, own(`"time": "15:04"`), []string{"time"}},
		{"two files of a language", nil, []File{textFile(uzbek), {Name: "two.json", Body: []byte(uzbek)}}, []string{"two.json", "uz", "own.json already"}},
		{"a language the site doesn't speak", []string{"ru"}, []File{textFile(uzbek)}, []string{"uz", "languages"}},
		{"too much", nil, []File{textFile(strings.Repeat(" ", maxTexts) + uzbek)}, []string{"128 KiB"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := New(Options{Languages: c.languages, Texts: c.files})
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range append(c.want, "own.json") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q doesn't say %q", err, want)
				}
			}
		})
	}
}

func TestLanguagesAreShownInTheirDirection(t *testing.T) {
	for lang, want := range map[string]string{"ar": "rtl", "he": "rtl", "fa": "rtl", "ug": "rtl", "uz": "", "ru": "", "zh": ""} {
		if got := direction(lang); got != want {
			t.Errorf("%s is written %q, want %q", lang, got, want)
		}
	}
	b := newBanner(t, Options{Languages: []string{"ru", "ar"}, Texts: []File{textFile(`{"language": "ar"}`)}})
	for name, shown := range map[string]string{
		"banner": string(b.Ask("ar").HTML), "control": string(b.Control("ar").HTML),
		"page": string(render(t, b, PageData{Lang: "ar"})), "placeholder": string(renderEmbed(t, b, EmbedData{Lang: "ar"})),
	} {
		if !strings.Contains(shown, `dir=rtl`) && !strings.Contains(shown, `<html lang="ar" dir="rtl">`) {
			t.Errorf("the %s isn't written from right to left", name)
		}
	}
	if !strings.Contains(string(b.Ask("ru").HTML), "dir=ltr") || strings.Contains(string(render(t, b, PageData{})), "<html lang=\"ru\" dir") {
		t.Error("the other language is written from right to left too")
	}
}

// A language for which CLDR has no words is still shown.
func TestLanguageWithoutCLDRDataIsShown(t *testing.T) {
	b := newBanner(t, Options{Languages: []string{"zza"}, Texts: []File{textFile(`{"language": "zza", "name": "Zazaki"}`)}})
	page := render(t, b, PageData{Services: []ServiceRow{{ID: "x", Category: "marketing", Countries: []string{"KZ"}}}})
	if !strings.Contains(string(page), "Kazakhstan") {
		t.Error("its countries have no name")
	}
}

func FuzzOwnTexts(f *testing.F) {
	f.Add(uzbek)
	f.Add(`{"language": "ar", "choice": {"text": "{controller}{purposes}<b>"}}`)
	f.Add(`{"language": "en", "date": null}`)
	f.Fuzz(func(t *testing.T, text string) {
		own, err := readTexts([]File{textFile(text)})
		if err != nil {
			return
		}
		if words, _, err := withOwn(own[0].lang, own[0]); err != nil || words == nil {
			t.Errorf("texts that were taken can't be read: %v", err)
		}
	})
}
