package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/policy"
	"golang.org/x/net/html"
)

// busyOverview has one of everything, good and bad.
func busyOverview(t *testing.T) Overview {
	m := busyMonth(t)
	return Overview{
		Month: *m, Drops: NextDrops(manyParts(almaty(t))),
		Blocked: []Count{{"Yandex Metrica", 48_120}, {"Google Analytics 4", 31_007}, {"Meta Pixel", 20_455}, {"YouTube", 3_211}, {"Matomo", 940}},
		Since:   day(2026, time.October, 4), Visits: 5_400,
		Pages:    []Count{{"mamen.ai/", 2_100}, {"mamen.ai/services", 1_250}, {"mamen.ai/contacts", 700}, {"", 1_350}},
		Browsers: []Count{{"Chrome", 3_300}, {"Safari", 1_200}, {"Firefox", 640}, {"", 260}},
		Devices:  []Count{{"mobile", 3_500}, {"desktop", 1_800}, {"", 100}},
	}
}

func emptyOverview(t *testing.T) Overview { return Overview{Month: *emptyMonth(t)} }

func overviewPage(t *testing.T, o Overview, language string) string {
	t.Helper()
	var page bytes.Buffer
	if err := o.HTML(&page, language); err != nil {
		t.Fatal(err)
	}
	return page.String()
}

// TestOverviewIsAsReviewed holds, in testdata, what is written in each language.
func TestOverviewIsAsReviewed(t *testing.T) {
	for name, o := range map[string]Overview{"busy": busyOverview(t), "empty": emptyOverview(t)} {
		for _, language := range Languages() {
			got := overviewPage(t, o, language)
			golden := filepath.Join("testdata", "overview-"+name+"-"+language+".html")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want, err := os.ReadFile(golden); err != nil || string(want) != got {
				t.Errorf("%s isn't what was reviewed: look at the difference, then run go test ./internal/report -update (%v)", golden, err)
			}
		}
	}
}

// TestOverviewLoadsAndRunsNothing pins that the page needs nothing but itself, and
// that its policy admits its style and no more.
func TestOverviewLoadsAndRunsNothing(t *testing.T) {
	o := busyOverview(t)
	o.Pages = append(o.Pages, Count{`"><script src=//evil.example></script><img src=x onerror=alert(1)>`, 9})
	page := overviewPage(t, o, "kk")
	tokens := html.NewTokenizer(strings.NewReader(page))
	for tokens.Next() != html.ErrorToken {
		token := tokens.Token()
		if token.Type != html.StartTagToken && token.Type != html.SelfClosingTagToken {
			continue
		}
		switch token.Data {
		case "script", "link", "img", "iframe", "object", "embed", "base", "form", "use", "image", "foreignobject":
			t.Errorf("the page has %s", token)
		}
		for _, a := range token.Attr {
			if strings.HasPrefix(a.Key, "on") || a.Key == "src" || a.Key == "style" || a.Key == "href" && !strings.HasPrefix(a.Val, "?lang=") {
				t.Errorf("the page has %s", token)
			}
		}
	}
	_, style, _ := strings.Cut(page, "<style>")
	style, _, _ = strings.Cut(style, "</style>")
	hash := sha256.Sum256([]byte(style))
	if source := "'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) + "'"; !strings.Contains(OverviewCSP(), "style-src "+source+";") {
		t.Errorf("%s doesn't admit the style, %s", OverviewCSP(), source)
	}
	if strings.Contains(style, "url(") || strings.Contains(style, "@import") {
		t.Error("the style loads something")
	}
}

// TestOverviewNamesNobody pins that names from outside are shown without what could
// identify a visitor.
func TestOverviewNamesNobody(t *testing.T) {
	o := busyOverview(t)
	for _, name := range []string{"203.0.113.77", "2001:db8::77", "0123456789abcdef0123456789abcdef", "shop.example/?email=a@b.example"} {
		for _, list := range []*[]Count{&o.Blocked, &o.Pages, &o.Browsers, &o.Devices} {
			*list = append([]Count{{name, 1 << 20}}, *list...)
		}
		o.Unknown = append(o.Unknown, Host{Host: name})
	}
	page := overviewPage(t, o, "ru")
	if found := regexp.MustCompile(`203\.0\.113|2001:db8|0123456789abcdef|email=|a@b`).FindString(page); found != "" {
		t.Errorf("the page has %q", found)
	}
}

// TestEveryLanguageSaysEverything pins that no text is missing, and that each has the
// same verbs for package fmt.
func TestEveryLanguageSaysEverything(t *testing.T) {
	verbs := regexp.MustCompile(`%[a-z]`)
	var walk func(language string, got, want reflect.Value)
	walk = func(language string, got, want reflect.Value) {
		for i := range got.NumField() {
			name := got.Type().Field(i).Name
			switch field := got.Field(i); field.Kind() {
			case reflect.Struct:
				walk(language, field, want.Field(i))
			case reflect.Map:
				if field.Len() != want.Field(i).Len() {
					t.Errorf("%s: %s has %d words, want %d", language, name, field.Len(), want.Field(i).Len())
				}
			default:
				if field.String() == "" || !reflect.DeepEqual(verbs.FindAllString(field.String(), -1), verbs.FindAllString(want.Field(i).String(), -1)) {
					t.Errorf("%s: %s is %q, in English %q", language, name, field, want.Field(i))
				}
			}
		}
	}
	for _, language := range Languages() {
		walk(language, reflect.ValueOf(*wordsIn(language)), reflect.ValueOf(*english()))
	}
}

// TestOverviewLanguage pins whose word counts.
func TestOverviewLanguage(t *testing.T) {
	for _, test := range []struct{ chosen, accepted, want string }{
		{"kk", "ru", "kk"}, {"", "ru-KZ,ru;q=0.9,en;q=0.8", "ru"}, {"", "kk", "kk"}, {"de", "kk;q=0.1, ru;q=0.9", "ru"}, {"", "", "en"}, {"", "de", "en"}, {"", "\x00;;", "en"},
	} {
		if got := Language(test.chosen, test.accepted); got != test.want {
			t.Errorf("%q and %q give %q, want %q", test.chosen, test.accepted, got, test.want)
		}
	}
}

// TestNextDrops pins that what goes at one time is one line, and that empty tables
// aren't waited for.
func TestNextDrops(t *testing.T) {
	first, second := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 12, 2, 0, 0, 0, 0, time.UTC)
	got := NextDrops([]Part{
		{Kind: "visits", DropAt: second, Rows: 5, Window: policy.Months14}, {Kind: "visits", DropAt: first, Rows: 1},
		{Kind: "visits", Visits: true, DropAt: first, Rows: 2}, {Kind: "audience", DropAt: first, Rows: 3}, {Kind: "empty", DropAt: first},
	})
	want := []Drop{{first, "audience", 3}, {first, "visits", 3}, {second, "visits", 5}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}
