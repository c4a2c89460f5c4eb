package banner

import (
	"strings"
	"testing"
)

// A company's name in «» keeps its marks in their places within an Arabic text.
func TestNamesAreIsolatedInTextsReadFromTheRight(t *testing.T) {
	o := seed()
	o.Languages = []string{"ar", "ru"}
	o.Texts = []File{{"ar.json", []byte(`{"language": "ar"}`)}}
	b := newBanner(t, o)
	if shown := text(nodes(t, b.Ask("ar").HTML)[0]); strings.Count(shown, "\u2068ТОО «МАК IT»") != 2 || strings.Count(shown, "\u2069") != 2 {
		t.Errorf("the name isn't isolated in %q", shown)
	}
	if strings.ContainsAny(text(nodes(t, b.Ask("ru").HTML)[0]), "\u2068\u2069") {
		t.Error("a name is isolated where nothing is read from the right")
	}
}
