package banner

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/policy"
	"golang.org/x/net/html"
)

const consentID = "0f3c9a1be4d2477c8d0a6f5b12e39a77"

// allowed is the page of someone who allowed statistics.
func allowed(lang string) PageData {
	almaty := time.FixedZone("+05", 5*60*60)
	return PageData{
		Lang: lang, State: "allowed", Allowed: []string{"statistics", "chat"}, ConsentID: consentID, Message: "saved",
		DecidedOn:  policy.Day{Year: 2026, Month: 11, Day: 23},
		ValidUntil: policy.Day{Year: 2027, Month: 5, Day: 23},
		Services: []ServiceRow{
			{ID: "matomo", Name: "Matomo", Category: "statistics", Countries: []string{"KZ"}, Cookies: []string{"_pk_id.*", "_pk_ses.*"}, Months: 24, Deletion: "deleted", Status: Working},
			{ID: "yandex_metrica", Name: "Яндекс Метрика", Category: "statistics", Vendor: "Yandex LLC", Countries: []string{"RU"}, Cookies: []string{"_ym_uid"}, Keeps: []Keep{
				{"_ym_uid", policy.Term{Unit: policy.Years, Least: 1, Most: 1}}, {"data", policy.Term{Unit: policy.UntilDeleted}}, {"recordings", policy.Term{Unit: policy.Days, Least: 15, Most: 15}},
			}, Months: 14, Deletion: "none", Status: Never},
			{ID: "chat", Name: "Chat", Category: "functional", Countries: []string{"KZ"}, Status: Working},
			{ID: "maps", Name: "Maps", Category: "functional", Countries: []string{"US", "IE"}, Retention: "6 months", Status: Blocked},
			{ID: "ads", Name: "Ads", Category: "marketing", Countries: []string{"everywhere"}, Status: Blocked, Reason: "switched off by the editors"},
			{ID: "cdn", Name: "CDN", Category: "necessary", Countries: []string{"KZ"}, Status: Working},
		},
		Cookies: []CookieRow{
			{Name: "theme", First: policy.Day{Year: 2026, Month: 11, Day: 23}, Last: policy.Day{Year: 2026, Month: 11, Day: 23}},
			{Name: "_pk_id.*", Service: "matomo", ServiceName: "Matomo", Category: "statistics", Lifetime: policy.Term{Unit: policy.Months, Least: 13, Most: 13}, First: policy.Day{Year: 2026, Month: 8, Day: 1}, Last: policy.Day{Year: 2026, Month: 11, Day: 23}},
			{Name: "_ym_uid", Service: "yandex_metrica", ServiceName: "Яндекс Метрика", Category: "statistics", Lifetime: policy.Term{Unit: policy.Session}},
		},
		Held: []HeldRow{{
			Kind: "visits", What: "ip", Count: 12,
			Since:    policy.Day{Year: 2026, Month: 11, Day: 23},
			DeleteBy: policy.Day{Year: 2028, Month: 1, Day: 23},
		}},
		Events: []EventRow{{
			At: time.Date(2026, 11, 23, 14, 5, 0, 0, almaty), Event: "given", Method: "banner",
			Edition: policy.Day{Year: 2025, Month: 3, Day: 12}, Allowed: []string{"statistics", "chat"},
		}},
	}
}

func render(t testing.TB, b *Banner, data PageData) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := b.Page(&out, data); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// control returns the form control with the name and value.
func control(list []*html.Node, name, value string) *html.Node {
	for _, n := range named(list, "input", "button") {
		gotName, _ := attribute(n, "name")
		if gotValue, _ := attribute(n, "value"); gotName == name && gotValue == value {
			return n
		}
	}
	return nil
}

func TestPageIsAsReviewed(t *testing.T) {
	b := newBanner(t, withHistory())
	for _, lang := range b.Languages() {
		golden(t, "page-"+lang+".html", render(t, b, allowed(lang)))
	}
}

func TestPageHashesAdmitExactlyWhatIsInline(t *testing.T) {
	b := newBanner(t, seed())
	page := render(t, b, allowed("ru"))
	scripts, styles := b.PageHashes()
	if want := []string{source(between(t, page, "<script>", "</script>"))}; !slices.Equal(scripts, want) {
		t.Errorf("script hashes %q, want %q", scripts, want)
	}
	if want := []string{source(between(t, page, "<style>", "</style>"))}; !slices.Equal(styles, want) {
		t.Errorf("style hashes %q, want %q", styles, want)
	}
}

func TestPageLoadsNothing(t *testing.T) {
	b := newBanner(t, seed())
	page := render(t, b, allowed("ru"))
	for _, n := range nodes(t, page) {
		for _, key := range []string{"src", "srcset", "style", "background", "poster"} {
			if value, found := attribute(n, key); found {
				t.Errorf("<%s %s=%q>", n.Data, key, value)
			}
		}
		if n.Data == "link" || n.Data == "img" || n.Data == "iframe" {
			t.Errorf("<%s> asks for something", n.Data)
		}
	}
	if style := between(t, page, "<style>", "</style>"); strings.Contains(style, "url(") || strings.Contains(style, "@import") {
		t.Error("the style asks for something")
	}
}

func TestEnterInACheckboxOfThePageSaves(t *testing.T) {
	list := nodes(t, render(t, newBanner(t, seed()), PageData{}))
	if value, _ := attribute(named(list, "button")[0], "value"); value != "save" {
		t.Errorf("the form's first button is %q, want save", value)
	}
}

func TestPageFormsLeadWhereTheEndpointsAre(t *testing.T) {
	list := nodes(t, render(t, newBanner(t, seed()), allowed("kk")))
	var actions []string
	for _, form := range named(list, "form") {
		action, _ := attribute(form, "action")
		method, _ := attribute(form, "method")
		actions = append(actions, method+" "+action)
		var back string
		for n := range form.Descendants() {
			if name, _ := attribute(n, "name"); name == "return" {
				back, _ = attribute(n, "value")
			}
		}
		if back != "/.privacy/" {
			t.Errorf("the form of %s returns to %q", action, back)
		}
	}
	if want := []string{"post /.privacy/choice", "post /.privacy/choice", "post /.privacy/erase"}; !slices.Equal(actions, want) {
		t.Errorf("forms %q, want %q", actions, want)
	}
	for _, value := range []string{"save", "refuse", "accept", "withdraw"} {
		if control(list, "choice", value) == nil {
			t.Errorf("no button chooses %s", value)
		}
	}
}

func TestPageReturnsWhereItIsTold(t *testing.T) {
	page := render(t, newBanner(t, seed()), PageData{Return: "/.privacy/?lang=kk"})
	if control(nodes(t, page), "return", "/.privacy/?lang=kk") == nil {
		t.Error("the form leads elsewhere")
	}
}

func TestPageTellsOtherTabsOnlyAfterAChange(t *testing.T) {
	b := newBanner(t, seed())
	if n := len(named(nodes(t, render(t, b, PageData{})), "script")); n != 0 {
		t.Errorf("%d scripts on a page after which nothing happened", n)
	}
}

func TestEveryTableAndFieldHasAName(t *testing.T) {
	list := nodes(t, render(t, newBanner(t, seed()), allowed("ru")))
	for _, table := range named(list, "table") {
		if first := table.FirstChild.NextSibling; first == nil || first.Data != "caption" || text(first) == "" {
			t.Error("a table has no caption")
		}
	}
	for _, input := range named(list, "input") {
		if kind, _ := attribute(input, "type"); kind == "checkbox" && (input.Parent.Data != "label" || text(input.Parent) == "") {
			t.Errorf("%v has no label", input.Attr)
		}
	}
	ids := map[string]bool{}
	for _, n := range list {
		if id, found := attribute(n, "id"); found {
			if ids[id] {
				t.Errorf("two elements are %q", id)
			}
			ids[id] = true
		}
	}
	for _, n := range list {
		if label, found := attribute(n, "aria-labelledby"); found && !ids[label] {
			t.Errorf("%q labels but doesn't exist", label)
		}
	}
}

func TestPageReportsAFailingWriter(t *testing.T) {
	failure := errors.New("connection lost")
	if err := newBanner(t, seed()).Page(failing{failure}, PageData{}); !errors.Is(err, failure) {
		t.Errorf("error %v, want %v", err, failure)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

func FuzzPage(f *testing.F) {
	b := newBanner(f, seed())
	plain := allowed("en")
	plain.Services = []ServiceRow{{ID: "x", Category: "statistics", Cookies: []string{"x"}, Countries: []string{"x"}, Keeps: []Keep{{What: "x"}}}}
	plain.Cookies = []CookieRow{{Name: "x"}}
	want := len(nodes(f, render(f, b, plain)))
	f.Add("x")
	f.Add(`"><script>alert(1)</script>`)
	f.Add(`' onmouseover=alert(1) x='`)
	f.Add("</style></table><!--\x00{{.}}")
	f.Fuzz(func(t *testing.T, word string) {
		word = "x" + word // an empty word may leave an element out
		data := allowed("en")
		data.Services = []ServiceRow{{
			ID: word, Name: word, Category: "statistics", Countries: []string{word}, Cookies: []string{word},
			Keeps: []Keep{{What: word, For: policy.Term{Unit: policy.Unit(word)}}}, Deletion: word, Status: word, Reason: word,
		}}
		data.Cookies = []CookieRow{{Name: word, Service: word, ServiceName: word, Category: word, Lifetime: policy.Term{Unit: policy.Unit(word)}}}
		data.Allowed, data.ConsentID, data.Return = []string{word}, word, word
		data.Held[0].Kind, data.Held[0].What = word, word
		data.Events[0].Event, data.Events[0].Method, data.Events[0].Allowed = word, word, []string{word}
		list := nodes(t, render(t, b, data))
		if len(list) != want {
			t.Errorf("%q changes the elements of the page: %d, want %d", word, len(list), want)
		}
		for _, n := range list {
			for _, a := range n.Attr {
				if strings.HasPrefix(a.Key, "on") {
					t.Errorf("%q becomes the handler %s", word, a.Key)
				}
			}
		}
	})
}

func BenchmarkPage(b *testing.B) {
	banner := newBanner(b, seed())
	data := allowed("ru")
	for b.Loop() {
		var out bytes.Buffer
		if err := banner.Page(&out, data); err != nil {
			b.Fatal(err)
		}
	}
}
