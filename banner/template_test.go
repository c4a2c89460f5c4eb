package banner

import (
	"strings"
	"testing"
)

// ownTemplate returns the built-in template after replacements of words.
func ownTemplate(t testing.TB, pairs ...string) File {
	source, err := read("ask.html")
	if err != nil {
		panic(err) // the asset is part of the package
	}
	for i := 0; i < len(pairs); i += 2 {
		if t != nil && !strings.Contains(source, pairs[i]) {
			t.Fatalf("the template has no %s", pairs[i])
		}
		source = strings.ReplaceAll(source, pairs[i], pairs[i+1])
	}
	if len(pairs) == 0 {
		source = strings.Replace(source, `<h2 id="t">`, `<h2 id="t" class="own">`, 1)
	}
	return File{"own.html", []byte(source)}
}

func TestBuiltInTemplateMeetsItsOwnDemands(t *testing.T) {
	for name, o := range map[string]Options{"seed": seed(), "bare": {}, "themed": themed()} {
		plain := newBanner(t, o)
		o.Template = ownTemplate(t, "\n", "\n")
		own := newBanner(t, o)
		for _, lang := range own.Languages() {
			if string(own.Ask(lang).HTML) != string(plain.Ask(lang).HTML) {
				t.Errorf("%s: %s: the built-in template, given as one's own, shows something else", name, lang)
			}
		}
	}
}

func TestTemplatesThatDontAskAsThePolicyDemandsAreRefused(t *testing.T) {
	const refuse, accept = `<button name="choice" value="refuse">{{.Text.Refuse}}</button>`, `<button name="choice" value="accept">{{.Text.Accept}}</button>`
	const alert = `<p role="alert" hidden>{{.Text.Failed}}</p>`
	for _, c := range []struct {
		name  string
		pairs []string
		want  string
	}{
		{"no template", []string{`{{.Text.Title}}`, `{{.Text.Title`}, "own.html:"},
		{"an unknown field", []string{`{{.Text.Title}}`, `{{.Text.Headline}}`}, "Headline"},
		{"no panel", []string{`role="region"`, `role="dialog"`}, "region"},
		{"no name", []string{`aria-labelledby="t"`, ``}, "aria-labelledby"},
		{"another's name", []string{`id="t"`, `id="u"`}, `labelled by "t"`},
		{"a second box", []string{alert, `<div>x</div>` + alert}, "one div"},
		{"something beside the panel", []string{`<form`, `</div><p>x</p><div><form`}, "holds everything"},
		{"a script", []string{alert, `<script>x()</script>` + alert}, "<script>"},
		{"a style", []string{alert, `<style>p{}</style>` + alert}, "option css"},
		{"a frame", []string{alert, `<iframe src="/x"></iframe>` + alert}, "<iframe>"},
		{"a handler", []string{`<h2 id="t">`, `<h2 id="t" onclick="x()">`}, "onclick"},
		{"a style attribute", []string{`<h2 id="t">`, `<h2 id="t" style="color:red">`}, "style"},
		{"a foreign picture", []string{alert, `<img src="https://a.example/x.png" alt="">` + alert}, "a.example"},
		{"focus taken", []string{`<h2 id="t">`, `<h2 id="t" tabindex="0">`}, "tabindex"},
		{"no form", []string{`<form method="post" action="/.privacy/choice" autocomplete="off">`, `<section>`, `</form>`, `</section>`}, `<form method="post"`},
		{"a form by GET", []string{`method="post"`, `method="get"`}, `<form method="post"`},
		{"a form elsewhere", []string{`/.privacy/choice`, `https://a.example/choice`}, `<form method="post"`},
		{"a button elsewhere", []string{`<button name="choice" value="accept">`, `<button name="choice" value="accept" formaction="/x">`}, "formaction"},
		{"no language", []string{`<input type="hidden" name="lang" value="{{.Lang}}">`, ``}, `name="lang"`},
		{"a fixed language", []string{`value="{{.Lang}}"`, `value="de"`}, `name="lang"`},
		{"no word of failure", []string{alert, ``}, "role=\"alert\""},
		{"failure before the end", []string{alert, alert + `<p>x</p>`}, "must end with"},
		{"no refusal", []string{refuse, ``}, `value="refuse"`},
		{"acceptance twice", []string{refuse, accept}, `value="refuse"`},
		{"a silent button", []string{`{{.Text.Refuse}}`, ``}, "says nothing"},
		{"a refusal as a link", []string{refuse, `<a href="/.privacy/">{{.Text.Refuse}}</a>`}, `value="refuse"`},
		{"a refusal on the second layer", []string{refuse, ``, `</details>`, refuse + `</details>`}, "first layer"},
		{"a hidden refusal", []string{refuse, `<span hidden>` + refuse + `</span>`}, "first layer"},
		{"a disabled refusal", []string{`value="refuse">`, `value="refuse" disabled>`}, "first layer"},
		{"a refusal apart", []string{refuse, `<p>` + refuse + `</p>`}, "5.1.1"},
		{"a refusal of another class", []string{`value="refuse">`, `value="refuse" class="small">`}, "5.1.1"},
		{"bold acceptance", []string{`{{.Text.Accept}}`, `<b>{{.Text.Accept}}</b>`}, "5.1.1"},
		{"Enter accepts", []string{accept, ``, `<details>`, accept + refuse + `<details>`, "</details>\n" + refuse, `</details>`}, "Enter in a checkbox"},
		{"no policy", []string{`{{with .PolicyURL}}<a href="{{.}}">{{$.Policy}}</a> {{end}}`, ``}, "{{.PolicyURL}}"},
		{"a silent link to the policy", []string{`{{$.Policy}}`, ``}, "{{.PolicyURL}}"},
		{"no settings", []string{`<a href="/.privacy/">{{.Text.Page}}</a>`, ``}, "/.privacy/"},
		{"a ticked box", []string{`value="{{.ID}}">`, `value="{{.ID}}" checked>`}, "nothing is chosen"},
		{"no boxes", []string{`type="checkbox" name="allow"`, `type="checkbox" name="allowed"`}, "checkbox for each category"},
		{"no way to save", []string{`value="save"`, `value="refuse2"`}, `value="save"`},
		{"no notice", []string{`<p>{{.Text.Text}}</p>`, ``}, "{{.Text.Text}}"},
		{"no terms", []string{`{{$term}}`, ``}, "{{range .Terms}}"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := seed()
			o.Template = ownTemplate(t, c.pairs...)
			_, err := New(o)
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "template own.html") {
				t.Errorf("%v doesn't say %q", err, c.want)
			}
		})
	}
}

func TestTemplateIsBounded(t *testing.T) {
	o := seed()
	o.Template = File{"own.html", make([]byte, maxTemplate+1)}
	if _, err := New(o); err == nil || !strings.Contains(err.Error(), "32 KiB") {
		t.Errorf("%v", err)
	}
}

func FuzzOwnTemplate(f *testing.F) {
	f.Add(string(ownTemplate(nil).Body))
	f.Add(`{{define "x"}}{{.Text.Title}}{{end}}{{template "x" .}}`)
	f.Add(`<div role=region aria-label=x><form method=post action=/.privacy/choice>`)
	f.Fuzz(func(t *testing.T, source string) {
		if len(source) > 4<<10 {
			return
		}
		b, err := New(Options{Languages: []string{"en"}, Template: File{"own.html", []byte(source)}})
		if err == nil && !strings.Contains(string(b.Ask("en").HTML), "value=refuse") {
			t.Errorf("a template without a refusal is taken:\n%s", source)
		}
	})
}
