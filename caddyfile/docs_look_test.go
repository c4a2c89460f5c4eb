package caddyfile

import (
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/banner"
)

func TestTheDocumentedLookAndTextsAreTaken(t *testing.T) {
	page, err := os.ReadFile("../docs/caddyfile.md")
	if err != nil {
		t.Fatal(err)
	}
	// last returns the last code of a language.
	last := func(language string) banner.File {
		found := regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllSubmatch(page, -1)
		if len(found) == 0 {
			t.Fatalf("no %s was found", language)
		}
		return banner.File{Name: language, Body: found[len(found)-1][1]}
	}
	b, err := banner.New(banner.Options{CSS: last("css"), Template: last("html"), Texts: []banner.File{last("json")}})
	if err != nil {
		t.Fatal(err)
	}
	if shown := string(b.Ask("uz").HTML); !strings.Contains(shown, "Rad etish") || !strings.Contains(shown, "class=lead") {
		t.Errorf("what is documented isn't shown:\n%s", shown)
	}
}
