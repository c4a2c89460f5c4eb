package banner

import (
	"cmp"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"github.com/mamen-ai/consentgate/internal/consent"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// withdrawalSubject is how the policy wants a withdrawal by mail to be marked,
// in whatever language the visitor reads (policy 3.4.1).
const withdrawalSubject = "Отзыв согласия на обработку персональных данных"

// pageView is what the page's template shows, in words.
type pageView struct {
	Lang, Dir    string
	Text         pageTexts
	Choice       choiceTexts
	Languages    []pageLanguage
	Message      string
	Failed       bool
	State        string
	StateText    string
	GPC, DNT     bool
	News         []AskedNews
	Decided      string
	Valid        string
	Return       string
	ChoicesAbout string
	Categories   []pageCategory
	ConsentID    string
	Held         []pageHeld
	Events       []pageEvent
	Controller   Controller
	Operator     string
	Abroad       string
	MailText     string
	MailSubject  string
	PolicyURL    string
	Policy       string
	Editions     []pageEdition
	Cookies      []pageCookie
	Unseen       []unseenCookies
	CanWithdraw  bool
	OwnRetention string
	Logo         template.URL
}

type pageLanguage struct {
	Lang, Name string
	Current    bool
}

type pageCategory struct {
	ID, Name, About, Caption string
	Asked, Allowed, Own      bool
	Services                 []pageService
}

type pageService struct {
	ID, Name, RunBy, Countries, Deletion, Status, StatusText, Reason string
	Cookies                                                          []string
	Kept                                                             []pageKept
	More                                                             []string // cookies that are folded away
	MoreText                                                         string
	Asked, Allowed                                                   bool
}

// mostCookies is how many cookies of a service are in view.
const mostCookies = 4

type pageHeld struct {
	What, Kind, Since, DeleteBy string
	Count                       int
}

type pageEvent struct{ At, Event, Method, Edition, Allowed string }

// view puts the data of one visitor into words.
func (b *Banner) view(data PageData) pageView {
	lang := b.known(data.Lang)
	t, o := b.texts[lang], b.options
	state := data.State
	if _, known := t.Page.States[state]; !known {
		state = consent.Undecided.String()
	}
	v := pageView{
		Lang:         lang,
		Dir:          direction(lang),
		Text:         t.Page,
		Choice:       t.Choice,
		Message:      t.Page.Messages[data.Message],
		Failed:       data.Message == "failed" || data.Message == "cookieless",
		State:        state,
		StateText:    fill(t.Page.States[state], "allowed", t.join(t.names(data.Allowed, data.Services))),
		GPC:          data.GPC,
		DNT:          data.DNT && !data.GPC,
		Decided:      t.day(data.DecidedOn),
		Valid:        t.day(data.ValidUntil),
		Return:       cmp.Or(data.Return, "/.privacy/"),
		ChoicesAbout: fill(t.Page.ChoicesAbout, "months", t.months(o.Months)),
		ConsentID:    data.ConsentID,
		CanWithdraw:  state == consent.Allowed.String() || data.ConsentID != "",
		Controller:   o.Controller,
		Operator:     t.operator(o.Controller),
		Abroad:       t.abroad(o.CrossBorder),
		MailText:     fill(t.Page.Mail, "subject", withdrawalSubject),
		MailSubject:  withdrawalSubject,
		PolicyURL:    o.PolicyURL,
		Policy:       t.policyName(o.Edition),
		Editions:     b.editions(t),
		OwnRetention: t.months(o.Months),
		Logo:         b.logo,
	}
	if state == consent.Stale.String() {
		v.News = t.news(data.News, o)
	}
	for _, other := range b.languages {
		v.Languages = append(v.Languages, pageLanguage{other, b.texts[other].Name, other == lang})
	}
	v.Cookies, v.Unseen = t.cookies(data.Cookies)
	v.Categories = b.categories(t, data, state)
	for _, row := range data.Held {
		v.Held = append(v.Held, pageHeld{
			What: cmp.Or(t.Page.Whats[row.What], row.What), Kind: t.kind(row.Kind, data.Services),
			Count: row.Count, Since: t.day(row.Since), DeleteBy: t.day(row.DeleteBy),
		})
	}
	for _, row := range data.Events {
		v.Events = append(v.Events, pageEvent{
			At:      row.At.Format(t.Time),
			Event:   cmp.Or(t.Page.Events[row.Event], row.Event),
			Method:  cmp.Or(t.Page.Methods[row.Method], row.Method),
			Edition: t.day(row.Edition),
			Allowed: cmp.Or(t.join(t.names(row.Allowed, data.Services)), t.Page.None),
		})
	}
	return v
}

// categories lists the necessary services first, then every category that is
// asked about or has services.
func (b *Banner) categories(t *texts, data PageData, state string) []pageCategory {
	var list []pageCategory
	for _, c := range append([]consent.Category{consent.Necessary}, consent.Optional()...) {
		id := c.String()
		words := t.Categories[id]
		category := pageCategory{
			ID: id, Name: words.Name, About: words.About,
			Caption: fill(t.Page.Services, "category", words.Name),
			Asked:   slices.Contains(b.options.Categories, c),
			Allowed: slices.Contains(data.Allowed, id),
			Own:     c == consent.Necessary,
		}
		for _, row := range data.Services {
			if row.Category == id {
				category.Services = append(category.Services, t.service(row, data, state, b.options.Controller))
			}
		}
		if category.Own || category.Asked || len(category.Services) > 0 {
			list = append(list, category)
		}
	}
	return list
}

func (t *texts) service(row ServiceRow, data PageData, state string, c Controller) pageService {
	shown, more := row.Cookies, []string(nil)
	if len(shown) > mostCookies+1 {
		shown, more = shown[:mostCookies], shown[mostCookies:]
	}
	return pageService{
		ID:         row.ID,
		Name:       t.serviceName(row),
		RunBy:      t.runBy(row, c),
		Countries:  cmp.Or(t.countries(row.Countries), t.Page.None),
		Cookies:    shown,
		More:       more,
		MoreText:   fill(t.News.More, "n", strconv.Itoa(len(more))),
		Kept:       t.kept(row),
		Deletion:   t.Page.Deletions[row.Deletion],
		Status:     row.Status,
		StatusText: cmp.Or(t.Page.Statuses[row.Status], row.Status),
		Reason:     cmp.Or(row.Reason, t.Page.Reasons[reason(row, data, state)]),
		Asked:      row.Status != Never && row.Category != consent.Necessary.String(),
		Allowed:    slices.Contains(data.Allowed, row.ID),
	}
}

// serviceName is the service's own name; the edge's statistics have one in each
// language.
func (t *texts) serviceName(row ServiceRow) string {
	return cmp.Or(t.Page.OwnServices[row.ID], row.Name, row.ID)
}

// reason returns the key of the words that say why a service has its status.
func reason(row ServiceRow, data PageData, state string) string {
	switch {
	case row.Status == Never && (row.Never == "unplaced" || row.Never == "not_in_use"):
		return row.Never
	case row.Status == Never:
		return "never"
	case row.Category == consent.Necessary.String():
		return "necessary"
	case row.Status == Working:
		return "allowed"
	case state == consent.Allowed.String():
		return "unchosen"
	case state != consent.Undecided.String() || row.Category == consent.Functional.String():
		return state
	case data.GPC:
		return "gpc"
	case data.DNT:
		return "dnt"
	}
	return state
}

// runBy says who runs a service. Self-hosted tools are the site's own, unless they
// can be had from their maker too.
func (t *texts) runBy(row ServiceRow, c Controller) string {
	switch home := slices.Contains(row.Countries, "operator"); {
	case home && len(row.Countries) > 1:
		return t.Page.RunByEither
	case home && c.Name == "":
		return fill(t.Page.RunBy, "vendor", t.Page.RunBySite)
	case home:
		return fill(t.Page.RunBy, "vendor", t.isolated(c.Name))
	case row.Vendor == "":
		return ""
	}
	return fill(t.Page.RunBy, "vendor", t.isolated(row.Vendor))
}

// kind names a kind of analytics: of a service's own records, the service.
func (t *texts) kind(kind string, services []ServiceRow) string {
	return cmp.Or(t.Page.Kinds[kind], t.names([]string{kind}, services)[0])
}

// names turns categories and catalogue IDs into the names a visitor knows.
func (t *texts) names(allowed []string, services []ServiceRow) []string {
	var names []string
	for _, id := range allowed {
		name := t.Categories[id].Name
		if i := slices.IndexFunc(services, func(row ServiceRow) bool { return row.ID == id }); name == "" && i >= 0 {
			name = t.serviceName(services[i])
		}
		names = append(names, cmp.Or(name, id))
	}
	return names
}

// countries names ISO 3166-1 codes in the language (CLDR).
func (t *texts) countries(codes []string) string {
	namer := display.Regions(language.Make(t.lang))
	if namer == nil { // no data of this language
		namer = display.English.Regions()
	}
	var names []string
	for _, code := range codes {
		name := code
		if region, err := language.ParseRegion(code); err == nil && region.IsCountry() {
			name = cmp.Or(namer.Name(region), code)
		} else if code == "operator" {
			name = t.Page.OwnCountry
		}
		names = append(names, name)
	}
	return strings.Join(names, ", ")
}
