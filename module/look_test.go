package module_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const (
	uzbek   = `{"language": "uz", "choice": {"refuse": "Rad etish", "accept": "Ruxsat berish"}}`
	picture = `<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>`
)

// TestOwnTextsAndLooksReachThePages pins that files are read with their
// placeholders replaced, and that the log names the texts that are still English.
func TestOwnTextsAndLooksReachThePages(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"uz.json": uzbek, "logo.svg": picture, "own.css": "h2{color:#123456}"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("LOOKS", dir)
	e := start(t, options{gate: "languages uz ru\ntexts {env.LOOKS}/uz.json\nbanner {\nlogo {env.LOOKS}/logo.svg\ncss {env.LOOKS}/own.css\nradius 0\n}"})
	v := e.visit(t)
	asked := v.get("/")
	asked.want(t, 200, "Rad etish", "src=\"data:image/svg", "color:#123456", "border-radius:0")
	page := v.get("/.privacy/")
	page.want(t, 200, `<html lang="uz">`, `src="data:image/svg&#43;xml;base64,`, "Your privacy")
	if policy := page.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "; img-src data:;") {
		t.Errorf("the privacy page may not show its logo: %s", policy)
	}
	log := e.logged()
	for _, word := range []string{"shown in English", `"language":"uz"`, "uz.json", `"choice.title"`, `"page.states.stale"`} {
		if !strings.Contains(log, word) {
			t.Errorf("the log doesn't say %s", word)
		}
	}
	if strings.Contains(log, `"choice.refuse"`) {
		t.Error("the log names a text that isn't missing")
	}
	v.choose("accept")
	v.get("/.privacy/").want(t, 200, "You allowed")
}

// TestPageWithoutLogoAdmitsNoPicture pins that the privacy page's policy is as
// narrow as the page.
func TestPageWithoutLogoAdmitsNoPicture(t *testing.T) {
	e := start(t, options{})
	if policy := e.visit(t).get("/.privacy/").Header.Get("Content-Security-Policy"); strings.Contains(policy, "img-src") {
		t.Errorf("the policy is %s", policy)
	}
}

// TestWrongTextsAndLooksAreRefused pins that a configuration with one isn't
// loaded, and that the message names option, file and what is wrong.
func TestWrongTextsAndLooksAreRefused(t *testing.T) {
	e := start(t, options{})
	missing := filepath.Join(t.TempDir(), "missing")
	key := file(t, "key.json", `{"language": "uz", "choice": {"agree": "x"}}`)
	placeholder := file(t, "placeholder.json", `{"language": "ru", "choice": {"text": "{controller} {purpose}"}}`)
	foreign := file(t, "foreign.css", "p{background:url(https://a.example/x.png)}")
	gif := file(t, "logo.gif", "GIF89a")
	bare := file(t, "bare.html", "<div role=region aria-label=x></div>")
	huge := file(t, "huge.css", strings.Repeat(" ", 2<<20))
	for _, test := range []struct {
		gate string
		want []string
	}{
		{"texts " + missing, []string{"texts", missing, "no such file"}},
		{"texts " + key, []string{"texts", key, "choice.agree"}},
		{"texts " + placeholder, []string{"texts", placeholder, "choice.text", "{purposes}"}},
		{"languages ru uz\ntexts " + file(t, "en.json", `{"language":"en"}`), []string{"en"}},
		{"texts {env.NO_SUCH_VARIABLE}", []string{"env.NO_SUCH_VARIABLE"}},
		{"banner {\nlogo " + missing + "\n}", []string{"logo", missing, "no such file"}},
		{"banner {\nlogo " + gif + "\n}", []string{"logo", gif, "SVG or a PNG"}},
		{"banner {\ncss " + foreign + "\n}", []string{"css", foreign, "third party"}},
		{"banner {\ncss " + huge + "\n}", []string{"css", huge, "8192"}},
		{"banner {\ntemplate " + bare + "\n}", []string{"template", bare, "<form"}},
		{"banner {\ntemplate " + filepath.Dir(bare) + "\n}", []string{"template", "directory"}},
	} {
		err := e.load(options{gate: test.gate})
		for _, part := range test.want {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %v doesn't say %q", test.gate, err, part)
			}
		}
	}
}
