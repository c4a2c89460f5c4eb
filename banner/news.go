package banner

import (
	"fmt"
	"strconv"
	"strings"
	"sync"

	"github.com/mamen-ai/consentgate/internal/consent"
)

// News is why a visitor who has decided is asked again. The zero News tells
// nothing.
type News struct {
	Edition  bool         // the policy has a new edition: that of the options
	Services []NewService // asked about since; those of a category side by side
	Extended []ExtendedService
	Expired  bool // the choice was as old as the options allow
}

// ExtendedService is a service that the visitor allowed and that has become more
// than was told then.
type ExtendedService struct {
	ID, Name  string
	Months    int      // for which its records are kept now; 0 when it is no longer than before
	Countries []string // in which its data is processed now too, ISO 3166-1 alpha-2
}

// NewService is a service that the visitor wasn't asked about, or not for this
// purpose.
type NewService struct {
	ID       string // catalogue ID
	Name     string
	Vendor   string
	Category consent.Category
}

// AskedNews is a sentence of the banner's template, with the words of a link to
// the history of the policy's editions where it is about one.
type AskedNews struct{ Text, More string }

// mostNamed is how many new services the banner names.
const mostNamed = 3

// news puts into words what changed. That time has passed is said only when
// nothing else is to be said.
func (t *texts) news(n News, o Options) []AskedNews {
	var list []AskedNews
	if n.Edition {
		list = append(list, AskedNews{fill(t.News.Edition, "edition", t.day(o.Edition)), t.News.Changes})
	}
	if len(n.Services) > 0 {
		list = append(list, AskedNews{Text: fill(t.News.Services, "services", t.newServices(n.Services))})
	}
	if len(n.Extended) > 0 {
		list = append(list, AskedNews{Text: fill(t.News.Extended, "services", t.extendedServices(n.Extended))})
	}
	if n.Expired && len(list) == 0 {
		list = append(list, AskedNews{Text: fill(t.News.Expired, "months", t.months(o.Months))})
	}
	return list
}

// newServices lists services by category: "Statistics – Matomo, Zero.kz; Marketing –
// Meta Pixel and 2 more".
func (t *texts) newServices(services []NewService) string {
	var out strings.Builder
	named := services[:min(len(services), mostNamed)]
	for i, s := range named {
		switch {
		case i > 0 && named[i-1].Category == s.Category:
			out.WriteString(", ")
		case i > 0:
			out.WriteString("; ")
			fallthrough
		default:
			out.WriteString(t.Categories[s.Category.String()].Name + " – ")
		}
		name := t.serviceName(ServiceRow{ID: s.ID, Name: s.Name})
		out.WriteString(name)
		if tells(s.Vendor, name) {
			out.WriteString(" (" + s.Vendor + ")")
		}
	}
	return out.String() + t.andMore(len(services)-len(named))
}

// andMore ends a list of services of which so many aren't named.
func (t *texts) andMore(services int) string {
	if services == 0 {
		return ""
	}
	return t.And + fill(t.News.More, "n", strconv.Itoa(services))
}

// extendedServices lists services with what is more: "Matomo – kept for 24 months;
// Clarity – data also goes to: Ireland".
func (t *texts) extendedServices(services []ExtendedService) string {
	named := services[:min(len(services), mostNamed)]
	var list []string
	for _, s := range named {
		var more []string
		if s.Months > 0 {
			more = append(more, fill(t.News.Longer, "months", t.months(s.Months)))
		}
		if len(s.Countries) > 0 {
			more = append(more, fill(t.News.Farther, "countries", t.countries(s.Countries)))
		}
		list = append(list, t.serviceName(ServiceRow{ID: s.ID, Name: s.Name})+" – "+strings.Join(more, ", "))
	}
	return strings.Join(list, "; ") + t.andMore(len(services)-len(named))
}

// tells reports whether the vendor tells more than the service's name: it does not
// where the name has its first word, or where it depends on who runs the tool.
func tells(vendor, name string) bool {
	first, _, _ := strings.Cut(strings.ToLower(vendor), " ")
	return vendor != "" && !strings.Contains(strings.ToLower(name), first) && !strings.Contains(vendor, ";")
}

// maxAgain bounds the rendered banners that are kept. There are as many as the
// operator has changed what is asked; beyond it they are rendered each time.
const maxAgain = 64

// again are the banners for visitors who are asked again.
type again struct {
	render *renderer

	mu    sync.Mutex
	known map[string]*Fragment
}

// AskAgain returns the banner for a visitor whose choice is stale: that of Ask with
// a sentence on what changed. It is the same bytes for all visitors with the same
// news, and style and script are those of Ask.
func (b *Banner) AskAgain(lang string, n News) *Fragment {
	lang = b.known(lang)
	t := b.texts[lang]
	news := t.news(n, b.options)
	if len(news) == 0 {
		return b.asks[lang]
	}
	key := fmt.Sprintf("%s %q", lang, news)
	b.again.mu.Lock()
	defer b.again.mu.Unlock()
	if known, ok := b.again.known[key]; ok {
		return known
	}
	f, err := b.again.render.ask(t, news)
	if err != nil {
		return b.asks[lang] // New has tried it: only data could make a template fail
	}
	if len(b.again.known) < maxAgain {
		b.again.known[key] = f
	}
	return f
}

// tryNews renders the banner with news of every kind, so that a template that
// can't show them is refused.
func (r *renderer) tryNews(t *texts) error {
	n := News{Edition: true, Services: []NewService{{ID: "new", Name: "New", Vendor: "Vendor", Category: consent.Statistics}},
		Extended: []ExtendedService{{ID: "more", Name: "More", Months: 24, Countries: []string{"DE"}}}}
	for _, n := range []News{n, {Expired: true}} {
		if _, err := r.ask(t, t.news(n, r.options)); err != nil {
			return err
		}
	}
	return nil
}

// newsTexts say why a visitor is asked again.
type newsTexts struct {
	Edition  string `json:"edition"`
	Changes  string `json:"changes"` // the link to what is different
	Services string `json:"services"`
	More     string `json:"more"` // ends a list of services
	Extended string `json:"extended"`
	Longer   string `json:"longer"`  // of a service that has become more
	Farther  string `json:"farther"` // the same
	Expired  string `json:"expired"`
}

// Notice returns what is shown, whose hash is NoticeSHA256, in the language.
func (f *Fragment) Notice(lang string) Notice { return Notice{lang, f.notice} }
