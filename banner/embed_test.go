package banner

import (
	"bytes"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// video is the placeholder of a video abroad.
func video(lang string) EmbedData {
	return EmbedData{
		Lang: lang, ID: "youtube", Name: "YouTube", Vendor: "Google LLC", Countries: []string{"US", "IE"}, Status: Blocked,
		Source: "https://www.youtube.com/embed/x?start=7&rel=0",
		Return: "/blog/?page=2&sort=new",
	}
}

func renderEmbed(t testing.TB, b *Banner, data EmbedData) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := b.Embed(&out, data); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// values returns the values of the form controls with the name, in their order.
func values(list []*html.Node, name string) []string {
	var found []string
	for _, n := range named(list, "input", "button") {
		if got, _ := attribute(n, "name"); got == name {
			value, _ := attribute(n, "value")
			found = append(found, value)
		}
	}
	return found
}

func TestEmbedIsAsReviewed(t *testing.T) {
	b := newBanner(t, seed())
	for _, lang := range b.Languages() {
		golden(t, "embed-"+lang+".html", renderEmbed(t, b, video(lang)))
	}
	never := video("ru")
	never.Status, never.Reason = Never, "cross_border"
	golden(t, "embed-never.html", renderEmbed(t, b, never))
	running := video("ru")
	running.Status = Working
	golden(t, "embed-allowed.html", renderEmbed(t, b, running))
	redirect := video("en")
	redirect.Target = "https://www.youtube.com/redirect?to=https://partner.example/&a=1"
	golden(t, "embed-redirect.html", renderEmbed(t, b, redirect))
}

func TestRedirectLeadsToWebAddressesOnly(t *testing.T) {
	b := newBanner(t, seed())
	plain := renderEmbed(t, b, video("en"))
	for _, target := range []string{"", "/path", "javascript:alert(1)", "data:text/html,x", "mailto:a@b.kz", "https://a b/"} {
		data := video("en")
		data.Target = target
		if page := renderEmbed(t, b, data); !bytes.Equal(page, plain) {
			t.Errorf("%q is offered:\n%s", target, page)
		}
	}
}

func TestEmbedAllowsOneService(t *testing.T) {
	list := nodes(t, renderEmbed(t, newBanner(t, seed()), video("en")))
	forms := named(list, "form")
	if len(forms) != 1 {
		t.Fatalf("%d forms", len(forms))
	}
	for key, want := range map[string]string{"method": "post", "action": "/.privacy/choice", "target": "_top"} {
		if got, _ := attribute(forms[0], key); got != want {
			t.Errorf("the form's %s is %q, want %q", key, got, want)
		}
	}
	for name, want := range map[string][]string{
		"choice": {"save"}, "allow": {"youtube"}, "return": {"/blog/?page=2&sort=new"}, "lang": {"en"}, "from": {"embed"},
	} {
		if got := values(list, name); !slices.Equal(got, want) {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if button := named(list, "button"); len(button) != 1 || text(button[0]) != "Allow YouTube here" {
		t.Error("there must be one button, with the service's name")
	}
}

func TestEmbedOffersOnlyWhatCanBeAllowed(t *testing.T) {
	b := newBanner(t, seed())
	for name, c := range map[string]struct {
		status, reason string
		words          string
		link           string
	}{
		"abroad":      {Never, "cross_border", b.texts["en"].Embed.Reasons["cross_border"], "/.privacy/?lang=en"},
		"not in use":  {Never, "not_in_use", b.texts["en"].Embed.Reasons["not_in_use"], "/.privacy/?lang=en"},
		"stale frame": {Working, "", b.texts["en"].Embed.Running, "/blog/?page=2&sort=new"},
	} {
		t.Run(name, func(t *testing.T) {
			data := video("en")
			data.Status, data.Reason = c.status, c.reason
			page := renderEmbed(t, b, data)
			list := nodes(t, page)
			if n := len(named(list, "form", "button", "input")); n != 0 {
				t.Errorf("%d parts of a form", n)
			}
			links := named(list, "a")
			if c.status == Never { // a visitor may go there alone
				href, _ := attribute(links[0], "href")
				if target, _ := attribute(links[0], "target"); href != data.Source || target != "_blank" {
					t.Errorf("the link to the source leads to %s in %q", href, target)
				}
				links = links[1:]
			}
			if len(links) != 1 {
				t.Fatalf("%d links", len(links))
			}
			href, _ := attribute(links[0], "href")
			if target, _ := attribute(links[0], "target"); href != c.link || target != "_top" {
				t.Errorf("the link leads to %s in %q", href, target)
			}
			if !strings.Contains(string(page), c.words) {
				t.Errorf("it doesn't say %q", c.words)
			}
		})
	}
}

func TestEmbedReturnsHomeWhenThePageIsUnknown(t *testing.T) {
	list := nodes(t, renderEmbed(t, newBanner(t, seed()), EmbedData{ID: "youtube"}))
	if got := values(list, "return"); !slices.Equal(got, []string{"/"}) {
		t.Errorf("it returns to %q", got)
	}
}

func TestEmbedNeedsNothingButItsStyle(t *testing.T) {
	b := newBanner(t, seed())
	page := renderEmbed(t, b, video("ru"))
	style := between(t, page, "<style>", "</style>")
	if want := []string{source(style)}; !slices.Equal(b.EmbedHashes(), want) {
		t.Errorf("style hashes %q, want %q", b.EmbedHashes(), want)
	}
	if strings.Contains(style, "url(") || strings.Contains(style, "@import") || strings.Contains(style, "var(--accent)") {
		t.Error("the style asks for something")
	}
	list := nodes(t, page)
	if found := named(list, "script", "link", "img", "iframe", "base"); len(found) > 0 {
		t.Errorf("there is a <%s>", found[0].Data)
	}
	for _, n := range list {
		for _, key := range []string{"src", "style", "onclick"} {
			if value, found := attribute(n, key); found {
				t.Errorf("<%s %s=%q>", n.Data, key, value)
			}
		}
	}
}

func TestEmbedNoticeIsTheHashOfWhatIsShown(t *testing.T) {
	b := newBanner(t, seed())
	for _, lang := range b.Languages() {
		if want := hexSum(renderEmbed(t, b, EmbedData{Lang: lang, Status: Blocked})); b.EmbedNotice(lang) != want {
			t.Errorf("%s: %s, want %s", lang, b.EmbedNotice(lang), want)
		}
	}
	if b.EmbedNotice("de") != b.EmbedNotice("ru") {
		t.Error("a language the site doesn't have gives something else than the default")
	}
}

func TestEmbedReportsAFailingWriter(t *testing.T) {
	failure := errors.New("connection lost")
	if err := newBanner(t, seed()).Embed(failing{failure}, video("ru")); !errors.Is(err, failure) {
		t.Errorf("error %v, want %v", err, failure)
	}
}

func FuzzEmbed(f *testing.F) {
	b := newBanner(f, seed())
	want := len(nodes(f, renderEmbed(f, b, video("en"))))
	f.Add("x")
	f.Add(`"><script>alert(1)</script>`)
	f.Add("</style></title><!--\x00{{.}}")
	f.Add("javascript:alert(1)")
	f.Fuzz(func(t *testing.T, word string) {
		word = "x" + word // an empty word may leave an element out
		data := EmbedData{Lang: word, ID: word + "1", Name: word, Vendor: word, Countries: []string{word}, Source: "https://" + consentID + ".kz/" + url.QueryEscape(word), Status: word, Reason: word, Return: "/" + word}
		list := nodes(t, renderEmbed(t, b, data))
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
