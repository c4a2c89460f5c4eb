package banner

import (
	"slices"
	"strings"
	"testing"
)

func TestLanguage(t *testing.T) {
	all := newBanner(t, Options{})
	kazakh := newBanner(t, Options{Languages: []string{"kk", "ru"}})
	for _, c := range []struct {
		name         string
		b            *Banner
		html, accept string
		want         string
	}{
		{"page's language wins", all, "kk", "en-US,en;q=0.9", "kk"},
		{"page's region doesn't matter", all, "en-GB", "ru", "en"},
		{"page's case doesn't matter", all, "KK-kz", "ru", "kk"},
		{"page's script doesn't matter", all, "kk-Latn", "ru", "kk"},
		{"page's language isn't ours", all, "de", "kk,ru;q=0.8", "kk"},
		{"page's language is near but isn't ours", all, "uk", "en", "en"},
		{"page's language is broken", all, "%%", "en", "en"},
		{"quality decides", all, "", "en;q=0.4,kk;q=0.9,ru;q=0.5", "kk"},
		{"refused by quality 0", all, "", "en;q=0", "ru"},
		{"region in Accept-Language", all, "", "kk-KZ", "kk"},
		{"nothing known", all, "", "", "ru"},
		{"nothing of ours", all, "", "ja", "ru"},
		{"any", all, "", "*", "ru"},
		{"broken Accept-Language", all, "", ";;;=,q", "ru"},
		{"overlong Accept-Language", all, "", strings.Repeat("en,", 1000), "ru"},
		{"default is the first configured", kazakh, "", "ja", "kk"},
		{"language that isn't configured", kazakh, "en", "en", "kk"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := c.b.Language(c.html, c.accept); got != c.want {
				t.Errorf("Language(%q, %q) is %s, want %s", c.html, c.accept[:min(20, len(c.accept))], got, c.want)
			}
		})
	}
}

func TestLanguagesAreACopy(t *testing.T) {
	b := newBanner(t, Options{})
	b.Languages()[0] = "xx"
	if got := b.Languages(); !slices.Equal(got, []string{"ru", "kk", "en"}) {
		t.Errorf("languages are %q", got)
	}
}

func FuzzLanguage(f *testing.F) {
	b := newBanner(f, Options{})
	f.Add("kk", "ru-RU,ru;q=0.9,en;q=0.1")
	f.Add("", "*;q=0.5, x-y-z")
	f.Add("zh-Hant-u-co-pinyin", "i-klingon")
	f.Fuzz(func(t *testing.T, html, accept string) {
		if got := b.Language(html, accept); !slices.Contains(b.languages, got) {
			t.Errorf("Language(%q, %q) is %q", html, accept, got)
		}
	})
}
