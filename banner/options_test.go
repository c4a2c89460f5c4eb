package banner

import (
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
)

func TestWrongOptionsAreRefusedWithWhatToWrite(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Options)
		want   []string
	}{
		{"unknown language", func(o *Options) { o.Languages = []string{"kz"} }, []string{"kz", "ru, kk, en"}},
		{"repeated language", func(o *Options) { o.Languages = []string{"kk", "kk"} }, []string{"kk", "twice"}},
		{"necessary asked", func(o *Options) { o.Categories = []consent.Category{consent.Necessary} }, []string{"necessary", "functional, statistics, marketing"}},
		{"category out of range", func(o *Options) { o.Categories = []consent.Category{9} }, []string{"category(9)"}},
		{"unknown position", func(o *Options) { o.Position = "left" }, []string{"left", "bottom, top, corner"}},
		{"colour by name", func(o *Options) { o.Accent = "red" }, []string{"accent", "red", "#0b6bcb"}},
		{"colour with more in it", func(o *Options) { o.Accent = "#fff}*{x:y" }, []string{"accent"}},
		{"colour with a sign", func(o *Options) { o.Accent = "#+12345" }, []string{"accent"}},
		{"too many months", func(o *Options) { o.Months = 13 }, []string{"13", "1 to 12"}},
		{"negative months", func(o *Options) { o.Months = -1 }, []string{"-1", "1 to 12"}},
		{"unknown cross border", func(o *Options) { o.CrossBorder = "maybe" }, []string{"maybe", "allow or deny"}},
		{"script for a policy", func(o *Options) { o.PolicyURL = "javascript:alert(1)" }, []string{"policy URL", "https"}},
		{"another host without scheme", func(o *Options) { o.PolicyURL = "//evil.example/p" }, []string{"policy URL"}},
		{"relative policy", func(o *Options) { o.PolicyURL = "privacy.pdf" }, []string{"/privacy.pdf"}},
		{"no host", func(o *Options) { o.PolicyURL = "https:///p" }, []string{"policy URL"}},
		{"email with a name", func(o *Options) { o.Controller.Email = "A <a@b.kz>" }, []string{"email", "privacy@example.kz"}},
		{"no email", func(o *Options) { o.Controller.Email = "mamen.ai" }, []string{"email"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := seed()
			c.change(&o)
			_, err := New(o)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q doesn't say %q", err, want)
				}
			}
		})
	}
}

func TestGoodOptionsAreTaken(t *testing.T) {
	for name, change := range map[string]func(*Options){
		"none":           func(o *Options) { *o = Options{} },
		"short colour":   func(o *Options) { o.Accent = "#FFF" },
		"policy by path": func(o *Options) { o.PolicyURL = "/privacy.pdf?v=2" },
		"policy by http": func(o *Options) { o.PolicyURL = "http://localhost:8080/p" },
		"one language":   func(o *Options) { o.Languages = []string{"kk"} },
		"a year":         func(o *Options) { o.Months = 12 },
	} {
		o := seed()
		change(&o)
		if _, err := New(o); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOptionsOfTheCallerStayAsTheyAre(t *testing.T) {
	o := Options{Languages: []string{"kk", "ru"}}
	b := newBanner(t, o)
	o.Languages[0] = "en"
	if got := b.Language("", ""); got != "kk" {
		t.Errorf("the default became %s", got)
	}
}
