package banner

import (
	"slices"
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
)

// newsOfEachKind are those that a visitor can be told.
func newsOfEachKind() map[string]News {
	services := []NewService{
		{ID: "zero_kz", Name: "ZERO.kz", Vendor: "Zero.kz", Category: consent.Statistics},
		{ID: "roistat", Name: "Call tracking", Vendor: "Roistat", Category: consent.Marketing},
	}
	return map[string]News{
		"edition": {Edition: true}, "services": {Services: services}, "expired": {Expired: true},
		"terms": {Extended: galleryExtensions()},
		"both":  {Edition: true, Services: services, Expired: true},
	}
}

func TestBannerThatAsksAgainIsAsReviewed(t *testing.T) {
	b := newBanner(t, seed())
	for _, name := range []string{"both", "terms", "expired"} {
		for _, lang := range b.Languages() {
			golden(t, "again-"+name+"-"+lang+".html", b.AskAgain(lang, newsOfEachKind()[name]).HTML)
		}
	}
}

func TestBannerThatAsksAgainStaysWithinItsBytes(t *testing.T) {
	b := newBanner(t, seed())
	for name, news := range newsOfEachKind() {
		for _, lang := range b.Languages() {
			f := b.AskAgain(lang, news)
			got := compressed(t, f.HTML)
			t.Logf("%s %s: %d bytes, %d brotli", name, lang, len(f.HTML), got)
			if got > 2150 {
				t.Errorf("%s %s: %d bytes brotli, want at most 2150", name, lang, got)
			}
		}
	}
}

func TestBannerSaysWhatChangedSinceTheChoice(t *testing.T) {
	service := func(name, vendor string, c consent.Category) NewService {
		return NewService{strings.ToLower(name), name, vendor, c}
	}
	clarity := service("Clarity", "Microsoft Corporation", consent.Statistics)
	for name, c := range map[string]struct {
		lang string
		news News
		want string
	}{
		"one service":       {"en", News{Services: []NewService{clarity}}, "New since your choice: Statistics – Clarity (Microsoft Corporation)."},
		"a name that tells": {"en", News{Services: []NewService{service("Yandex Metrica", "Yandex LLC", consent.Statistics)}}, "New since your choice: Statistics – Yandex Metrica."},
		"self-hosted":       {"en", News{Services: []NewService{service("Matomo", "whoever hosts it; Matomo Cloud: InnoCraft Ltd.", consent.Statistics)}}, "New since your choice: Statistics – Matomo."},
		"kept for longer":   {"ru", News{Extended: []ExtendedService{{ID: "matomo", Name: "Matomo", Months: 24}}}, "Изменилось после вашего выбора: Matomo – записи теперь хранятся 24 месяца."},
		"further countries": {"kk", News{Extended: []ExtendedService{{ID: "x", Name: "X", Countries: []string{"DE"}}}}, "Таңдауыңыздан кейін өзгергені: X – деректер енді мына елдерге де жіберіледі: Германия."},
		"the site's own":    {"ru", News{Services: []NewService{{ID: "visits", Name: "Visit statistics", Category: consent.Statistics}}}, "Новое после вашего выбора: Статистика – Статистика посещений этого сайта."},
		"categories": {"en", News{Services: []NewService{clarity, service("Roistat", "", consent.Statistics), service("Meta Pixel", "Meta", consent.Marketing)}},
			"New since your choice: Statistics – Clarity (Microsoft Corporation), Roistat; Marketing – Meta Pixel."},
		"many": {"kk", News{Services: []NewService{clarity, clarity, clarity, clarity, clarity}}, "Таңдауыңыздан кейін қосылғаны: Статистика – " +
			strings.Repeat("Clarity (Microsoft Corporation), ", 2) + "Clarity (Microsoft Corporation) және тағы 2."},
		"expired":             {"ru", News{Expired: true}, "Ваш прежний выбор действовал 6 месяцев, этот срок истёк."},
		"edition":             {"en", News{Edition: true}, "The privacy policy has a new edition of 12 March 2025. What changed"},
		"time and an edition": {"kk", News{Edition: true, Expired: true}, "Саясаттың жаңа редакциясы шықты: 12.03.2025. Не өзгерді"},
		"an edition and a service": {"ru", News{Edition: true, Services: []NewService{clarity}},
			"Вышла новая редакция политики от 12.03.2025. Что изменилось Новое после вашего выбора: Статистика – Clarity (Microsoft Corporation)."},
	} {
		b := newBanner(t, seed())
		f := b.AskAgain(c.lang, c.news)
		list := nodes(t, f.HTML)
		var shown []string
		for _, p := range named(list, "p") {
			if len(named(slices.Collect(p.ChildNodes()), "b")) > 0 {
				shown = append(shown, words(p))
			}
		}
		if got := strings.Join(shown, " "); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
		if leads := strings.Contains(string(f.HTML), "/.privacy/#editions"); leads != c.news.Edition {
			t.Errorf("%s: it leads to the editions: %t", name, leads)
		}
	}
}

func TestNothingNewIsTheBannerItself(t *testing.T) {
	b := newBanner(t, seed())
	if b.AskAgain("kk", News{}) != b.Ask("kk") || b.AskAgain("de", News{}) != b.Ask("ru") {
		t.Error("without news there is another banner")
	}
	if b.AskAgain("de", News{Expired: true}) != b.AskAgain("ru", News{Expired: true}) {
		t.Error("one reason has two banners")
	}
}

// A page's policy admits style and script by the hashes of Ask, whatever is new.
func TestBannerThatAsksAgainHasTheSameStyleAndScript(t *testing.T) {
	b := newBanner(t, seed())
	seen := map[string]bool{}
	for name, news := range newsOfEachKind() {
		for _, lang := range b.Languages() {
			f := b.AskAgain(lang, news)
			if !slices.Equal(f.ScriptHashes, b.Ask(lang).ScriptHashes) || !slices.Equal(f.StyleHashes, b.Ask(lang).StyleHashes) {
				t.Errorf("%s %s: other hashes than those of the banner", name, lang)
			}
			if notice := f.Notice(lang); hexSum(notice.Body) != f.NoticeSHA256 || notice.Language != lang {
				t.Errorf("%s %s: the notice isn't that of the hash", name, lang)
			}
			seen[f.NoticeSHA256] = true
			for _, n := range nodes(t, f.HTML) {
				if _, ticked := attribute(n, "checked"); ticked {
					t.Errorf("%s %s: something is ticked", name, lang)
				}
			}
		}
	}
	if want := len(newsOfEachKind()) * len(b.Languages()); len(seen) != want {
		t.Errorf("%d notices, want %d", len(seen), want)
	}
}

func TestNamesOfServicesAreText(t *testing.T) {
	f := newBanner(t, seed()).AskAgain("en", News{Services: []NewService{{ID: "own", Name: `<img src=x>"&`, Category: consent.Statistics}}})
	if len(named(nodes(t, f.HTML), "img")) > 0 || !strings.Contains(string(f.HTML), "&lt;img src=x") {
		t.Errorf("the name is markup: %s", f.HTML)
	}
}

func TestKeptBannersAreBounded(t *testing.T) {
	b := newBanner(t, Options{Languages: []string{"en"}, Edition: policy.Day{Year: 2026, Month: 3, Day: 1}})
	for i := range maxAgain + 3 {
		f := b.AskAgain("en", News{Services: []NewService{{ID: "own", Name: strings.Repeat("x", i+1), Category: consent.Statistics}}})
		if !strings.Contains(string(f.HTML), " "+strings.Repeat("x", i+1)+".") {
			t.Fatalf("banner %d doesn't name its service", i)
		}
	}
	if len(b.again.known) > maxAgain {
		t.Errorf("%d banners are kept", len(b.again.known))
	}
}

func TestTemplateMustSayWhyItAsksAgain(t *testing.T) {
	o := seed()
	o.Template = ownTemplate(t, `{{range .News}}<p><b>{{.Text}}</b>`, `{{range .News}}<p>`)
	if _, err := New(o); err == nil || !strings.Contains(err.Error(), "asked again") {
		t.Errorf("a template that keeps silent: %v", err)
	}
}

func TestPageSaysWhyTheChoiceIsStale(t *testing.T) {
	b := newBanner(t, seed())
	data := PageData{Lang: "en", State: "stale", News: News{Edition: true}}
	if page := string(render(t, b, data)); !strings.Contains(page, "a new edition of 12 March 2025") || strings.Contains(page, " checked") {
		t.Error("the page doesn't say why, or has something ticked")
	}
	data.State = "allowed"
	if page := string(render(t, b, data)); strings.Contains(page, "new edition") {
		t.Error("a valid choice is told why it is stale")
	}
}
