package banner

import (
	"strings"
	"testing"
)

func TestOwnTextsAndStylesAreDoubted(t *testing.T) {
	const en = "{controller} uses cookies, beacons, pixels, tags and scripts for {purposes}. You can refuse, and block them in your browser."
	own := func(lang, text string) File {
		return File{lang + ".json", []byte(`{"language": "` + lang + `", "choice": {"text": "` + text + `"}}`)}
	}
	for _, c := range []struct {
		name, css string
		text      File
		want      []string // a part of each doubt, in order
	}{
		{"nothing of one's own", "", File{}, nil},
		{"a whole text", "", own("en", en), nil},
		{"no technology", "", own("en", strings.ReplaceAll(en, "pixels, ", "")), []string{"en.json: choice.text doesn't seem to tell of what the policy demands (5, pixels)"}},
		{"neither refusal nor browser", "", own("ru", "{controller}: cookie, маяки, пиксели, теги и скрипты для {purposes}."), []string{"5.1.1", "5.1.2"}},
		{"a language without words", "", own("uz", "{controller} {purposes}"), []string{"uz.json: choice.text: nobody but you"}},
		{"another text", "", File{"en.json", []byte(`{"language": "en", "choice": {"title": "x"}}`)}, nil},
		{"a style", "h2 { letter-spacing: 3px; opacity: .9 } img { display: block }", File{}, nil},
		{"a hidden notice", "p { DISPLAY: none !important } h2 { opacity: 0 }", File{}, []string{"own.css: display:none could hide the notice", "opacity:0"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := seed()
			if c.text.Name != "" {
				o.Texts = []File{c.text}
			}
			if c.css != "" {
				o.CSS = File{"own.css", []byte(c.css)}
			}
			got := newBanner(t, o).Doubts()
			if len(got) != len(c.want) {
				t.Fatalf("%q, want %q", got, c.want)
			}
			for i, part := range c.want {
				if !strings.Contains(got[i], part) {
					t.Errorf("%q doesn't say %q", got[i], part)
				}
			}
		})
	}
}

// The built-in texts say by their words what is asked of an operator's.
func TestBuiltInTextsRaiseNoDoubts(t *testing.T) {
	for _, lang := range Supported() {
		words, err := builtinWords(lang)
		if err != nil {
			t.Fatal(err)
		}
		if got := textDoubts(ownTexts{lang: lang, file: lang, words: words}); len(got) > 0 {
			t.Errorf("%s: %q", lang, got)
		}
	}
}

func TestTemplatesWithAHiddenNoticeAreRefused(t *testing.T) {
	const text, policy, terms = `<p>{{.Text.Text}}</p>`, `<a href="{{.}}">`, `<p>{{range $i`
	for _, c := range []struct{ name, old, with, want string }{
		{"hidden", text, `<p hidden>{{.Text.Text}}</p>`, "first layer"},
		{"within something hidden", text, `<section hidden><p>{{.Text.Text}}</p></section>`, "first layer"},
		{"on the second layer", text, `<details><summary>x</summary><p>{{.Text.Text}}</p></details>`, "first layer"},
		{"in a dialog", text, `<dialog><p>{{.Text.Text}}</p></dialog>`, "first layer"},
		{"from screen readers", text, `<p aria-hidden="true">{{.Text.Text}}</p>`, "first layer"},
		{"where scripts run", text, `<noscript><p>{{.Text.Text}}</p></noscript>`, "first layer"},
		{"terms", terms, `<p hidden>{{range $i`, "all terms"},
		{"the link to the policy", policy, `<a hidden href="{{.}}">`, "link to the policy in view"},
		{"Refuse, for screen readers", `<button name="choice" value="refuse">`, `<button aria-hidden="true" name="choice" value="refuse">`, "first layer"},
	} {
		o := seed()
		o.Template = ownTemplate(t, c.old, c.with)
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error with %q", c.name, err, c.want)
		}
	}
	o := seed()
	o.Template = ownTemplate(t, text, `<details open><summary>x</summary><p>{{.Text.Text}}</p></details>`)
	if _, err := New(o); err != nil {
		t.Errorf("in a <details> that stands open: %v", err)
	}
}
