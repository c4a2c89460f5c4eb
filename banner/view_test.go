package banner

import (
	"bytes"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestPageShowsTheChoiceAsItIs(t *testing.T) {
	list := nodes(t, render(t, newBanner(t, seed()), allowed("en")))
	for _, c := range []struct {
		value  string
		offers bool
		ticked bool
	}{
		{"functional", true, false}, {"statistics", true, true}, {"marketing", true, false},
		{"matomo", true, false}, {"chat", true, true}, {"maps", true, false},
		{"yandex_metrica", false, false}, // never: it can't be chosen
		{"cdn", false, false}, {"necessary", false, false},
	} {
		box := control(list, "allow", c.value)
		if (box != nil) != c.offers {
			t.Errorf("%s is offered: %t, want %t", c.value, box != nil, c.offers)
			continue
		}
		if box == nil {
			continue
		}
		if _, ticked := attribute(box, "checked"); ticked != c.ticked {
			t.Errorf("%s is ticked: %t, want %t", c.value, ticked, c.ticked)
		}
	}
}

func TestUnknownStateIsUndecided(t *testing.T) {
	b := newBanner(t, seed())
	if !bytes.Equal(render(t, b, PageData{State: "other"}), render(t, b, PageData{State: "undecided"})) {
		t.Error("an unknown state isn't shown as undecided")
	}
}

func TestPageTicksNothingBeforeAChoice(t *testing.T) {
	data := PageData{Services: allowed("ru").Services}
	for _, n := range nodes(t, render(t, newBanner(t, seed()), data)) {
		if _, ticked := attribute(n, "checked"); ticked {
			t.Errorf("%v is ticked", n.Attr)
		}
	}
}

func TestOnlyAnIDOpensReceiptExportAndErasure(t *testing.T) {
	b := newBanner(t, seed())
	for _, c := range []struct {
		name string
		data PageData
		want bool
	}{
		{"with an ID", PageData{State: "allowed", ConsentID: consentID}, true},
		{"stale with an ID", PageData{State: "stale", ConsentID: consentID}, true},
		{"undecided", PageData{}, false},
		{"refused", PageData{State: "refused"}, false},
	} {
		page := string(render(t, b, c.data))
		for _, path := range []string{"/.privacy/receipt", "/.privacy/data", "/.privacy/erase", `value="withdraw"`} {
			if strings.Contains(page, path) != c.want {
				t.Errorf("%s: offers %s: %t", c.name, path, !c.want)
			}
		}
	}
}

func TestPageSaysWhyAServiceIsBlocked(t *testing.T) {
	b := newBanner(t, seed())
	row := func(category, status, reason string) ServiceRow {
		return ServiceRow{ID: "x", Name: "X", Category: category, Status: status, Reason: reason}
	}
	for _, c := range []struct {
		name  string
		state string
		gpc   bool
		row   ServiceRow
		want  string
	}{
		{"undecided", "", false, row("statistics", Blocked, ""), "you have not chosen yet"},
		{"refused", "refused", false, row("statistics", Blocked, ""), "you refused"},
		{"stale", "stale", false, row("statistics", Blocked, ""), "your earlier choice is no longer valid"},
		{"signal", "", true, row("marketing", Blocked, ""), "your browser refuses for you: Global Privacy Control"},
		{"signal isn't about embeds", "", true, row("functional", Blocked, ""), "you have not chosen yet"},
		{"refused beats signal", "refused", true, row("marketing", Blocked, ""), "you refused"},
		{"not among the allowed", "allowed", false, row("marketing", Blocked, ""), "you did not allow it"},
		{"allowed", "allowed", false, row("marketing", Working, ""), "you allowed it"},
		{"abroad (policy 3.2.6)", "allowed", false, row("marketing", Never, ""), "it sends data abroad (policy, 3.2.6)"},
		{"unplaced", "allowed", false, ServiceRow{ID: "x", Name: "X", Category: "marketing", Status: Never, Never: "unplaced"}, "in which country it processes data is not known (policy, 3.2.6)"},
		{"not in use", "refused", false, ServiceRow{ID: "x", Name: "X", Category: "marketing", Status: Never, Never: "not_in_use"}, "this site does not use it, and its pages still name it"},
		{"cross border", "", false, ServiceRow{ID: "x", Name: "X", Category: "marketing", Status: Never, Never: "cross_border"}, "it sends data abroad (policy, 3.2.6)"},
		{"necessary", "", false, row("necessary", Working, ""), "needed to run the site"},
		{"operator's words", "", false, row("marketing", Blocked, "off in winter"), "off in winter"},
	} {
		t.Run(c.name, func(t *testing.T) {
			page := render(t, b, PageData{Lang: "en", State: c.state, GPC: c.gpc, Services: []ServiceRow{c.row}})
			for _, tr := range named(nodes(t, page), "tr") {
				if cells := text(tr); strings.HasPrefix(cells, "X") {
					if !strings.HasSuffix(cells, c.want) {
						t.Errorf("the row says %q, want %q", cells, c.want)
					}
					return
				}
			}
			t.Error("the service isn't listed")
		})
	}
}

func TestDoNotTrackIsNamedAsTheReason(t *testing.T) {
	data := PageData{Lang: "en", DNT: true, Services: []ServiceRow{{ID: "x", Name: "X", Category: "statistics", Status: Blocked}}}
	page := string(render(t, newBanner(t, seed()), data))
	if !strings.Contains(page, "your browser refuses for you: Do Not Track") {
		t.Error("the row doesn't say that the browser refuses")
	}
}

func TestPageTellsWhoRunsAService(t *testing.T) {
	for _, c := range []struct {
		row        ServiceRow
		controller Controller
		want       string
	}{
		{ServiceRow{Vendor: "Yandex LLC", Countries: []string{"RU"}}, seed().Controller, "Run by Yandex LLC"},
		{ServiceRow{Vendor: "whoever hosts it", Countries: []string{"operator"}}, seed().Controller, "Run by ТОО «МАК IT»"},
		{ServiceRow{Countries: []string{"operator"}}, Controller{}, "Run by this site"},
		{ServiceRow{Vendor: "whoever hosts it", Countries: []string{"operator", "NL"}}, seed().Controller, "Run by this site or by the maker of the service"},
		{ServiceRow{Countries: []string{"KZ"}}, seed().Controller, ""},
	} {
		if got := newBanner(t, seed()).texts["en"].runBy(c.row, c.controller); got != c.want {
			t.Errorf("%+v: %q, want %q", c.row, got, c.want)
		}
	}
}

// Policy 3.4.1: where to write, the mark, the term, and the number to quote.
func TestPageTellsHowToUseTheRights(t *testing.T) {
	b := newBanner(t, seed())
	for _, lang := range b.Languages() {
		page := render(t, b, allowed(lang))
		shown := text(named(nodes(t, page), "body")[0])
		for _, want := range []string{"050040", withdrawalSubject, "10", consentID, "3.4.1", "191240029778"} {
			if !strings.Contains(shown, want) {
				t.Errorf("%s: %q isn't said", lang, want)
			}
		}
		var mail *url.URL
		for _, a := range named(nodes(t, page), "a") {
			if href, _ := attribute(a, "href"); strings.HasPrefix(href, "mailto:") {
				mail, _ = url.Parse(href)
			}
		}
		if mail == nil || mail.Opaque != "info@mamen.ai" || mail.Query().Get("subject") != withdrawalSubject || mail.Query().Get("body") != consentID {
			t.Errorf("%s: the mail link is %v", lang, mail)
		}
	}
}

func TestMessages(t *testing.T) {
	b := newBanner(t, seed())
	for message, shown := range map[string]bool{
		"saved": true, "refused": true, "withdrawn": true, "erased": true, "failed": true, "cookieless": true,
		"": false, "<b>": false, "other": false,
	} {
		page := render(t, b, PageData{Message: message})
		if got := bytes.Contains(page, []byte(`role="status"`)); got != shown {
			t.Errorf("message %q is shown: %t, want %t", message, got, shown)
		}
	}
}

func TestLanguageLinksMarkTheCurrentOne(t *testing.T) {
	b := newBanner(t, seed())
	var links []string
	for _, a := range named(nodes(t, render(t, b, PageData{Lang: "kk"})), "a") {
		if lang, found := attribute(a, "hreflang"); found {
			href, _ := attribute(a, "href")
			if _, current := attribute(a, "aria-current"); current {
				lang += " current"
			}
			links = append(links, href+" "+lang)
		}
	}
	if want := []string{"/.privacy/?lang=ru ru", "/.privacy/?lang=kk kk current", "/.privacy/?lang=en en"}; !slices.Equal(links, want) {
		t.Errorf("links %q, want %q", links, want)
	}
	if single := render(t, newBanner(t, Options{Languages: []string{"kk"}}), PageData{}); bytes.Contains(single, []byte("<nav")) {
		t.Error("a site of one language offers a switch")
	}
}
