package module

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/mamen-ai/consentgate/banner"
	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
)

// galleryPath is where an operator looks at everything a visitor may meet.
const galleryPath = "gallery"

// serveGallery answers the gallery, or one of its frames. What it shows of a
// visitor is made up; it reads no record, writes none, and sets no cookie.
func (x *exchange) serveGallery(w http.ResponseWriter) error {
	gallery := x.handler.gallery
	if gallery == nil {
		return answer(w, http.StatusNotFound, "no such address")
	}
	var page []byte
	var err error
	found := true
	// Frames run nothing, send nothing, and are shown by the gallery alone.
	rules := "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; base-uri 'none'; frame-ancestors 'self'; sandbox"
	name := strings.TrimPrefix(strings.TrimPrefix(x.url.Path, Prefix+galleryPath), "/")
	if name == "" {
		rules = "default-src 'none'; style-src " + gallery.IndexHash() + "; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
		page, err = gallery.Index()
	} else {
		query := x.url.Query()
		page, found, err = gallery.Frame(name, query.Get("lang"), query.Get("scheme"), x.gallerySite())
	}
	if err != nil {
		return err
	}
	if !found {
		return answer(w, http.StatusNotFound, "no such address")
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("X-Robots-Tag", "noindex")
	header.Set("Content-Security-Policy", rules)
	w.WriteHeader(http.StatusOK)
	if x.request.Method == http.MethodHead {
		return nil
	}
	_, err = w.Write(page)
	return err
}

// gallerySite is the site as the gallery shows it: its own services, and a visitor
// who doesn't exist.
func (x *exchange) gallerySite() banner.GallerySite {
	g := x.handler.gate
	site := banner.GallerySite{
		Page:  x.galleryPage,
		Embed: banner.EmbedData{ID: "video", Name: "Video", Countries: []string{"KZ"}},
	}
	for i, service := range g.Services() {
		named := slices.Contains(x.handler.named, service.ID)
		if g.HasPlaceholder(i) && (named || site.Embed.ID == "video") {
			site.Embed = x.embedData(i)
		}
	}
	site.Embed.Return = "/"
	return site
}

// galleryPage is the privacy page's data of a visitor of the state.
func (x *exchange) galleryPage(state string) banner.PageData {
	app := x.handler.app
	today := policy.DayOf(x.at, app.location)
	seen := *x // with another choice
	seen.choice = consent.Choice{Edition: app.Policy.Edition, Day: today}
	data := banner.PageData{Return: Prefix}
	if state == consent.Undecided.String() {
		seen.choice = consent.Choice{}
	} else {
		data.DecidedOn, data.ValidUntil = today, today.AddMonths(app.ChoiceMonths)
	}
	switch state {
	case consent.Refused.String():
		seen.choice.State = consent.Refused
	case consent.Stale.String():
		seen.choice.State = consent.Stale
	case consent.Allowed.String():
		seen.choice.State = consent.Allowed
		seen.choice.Categories = consent.SetOf(consent.Statistics)
		data.ConsentID = "0123456789abcdef0123456789abcdef"
		for _, what := range []string{"ip", "visits"} {
			data.Held = append(data.Held, banner.HeldRow{
				Kind: "visits", What: what, Count: 12, Since: today, DeleteBy: today.AddMonths(int(app.window("visits"))),
			})
		}
		data.Events = []banner.EventRow{
			{At: x.at.In(app.location), Event: "given", Method: "banner", Edition: app.Policy.Edition, Allowed: []string{"statistics"}},
			{At: x.at.Add(-time.Hour).In(app.location), Event: "refused", Method: "page", Edition: app.Policy.Edition},
		}
	}
	seen.permit = x.handler.gate.Permit(seen.choice)
	data.Allowed = append(seen.apiState().Categories, seen.apiState().Services...)
	data.Services, data.Cookies = seen.serviceRows(), seen.cookieRows()
	return data
}
