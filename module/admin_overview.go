package module

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/caddyserver/caddy/v2"
	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/internal/report"
	"github.com/mamen-ai/consentgate/storage"
)

// visitsShown is of how many days the overview counts visits: all that is kept may
// be millions.
const visitsShown = 30

// serveOverview answers the operator's page. Caddy's admin API has checked that
// Host and Origin are its own, so that no website can read it by a rebound name.
func serveOverview(w http.ResponseWriter, r *http.Request) error {
	if r.URL.Path != adminPath {
		return notFound("the admin API of consentgate has no " + r.URL.Path)
	}
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		return caddy.APIError{HTTPStatus: http.StatusMethodNotAllowed, Err: errors.New("use GET")}
	}
	app, store, err := running(r)
	if err != nil {
		return err
	}
	overview, err := app.overview(r.Context(), store)
	if err != nil {
		return caddy.APIError{HTTPStatus: http.StatusInternalServerError, Err: err}
	}
	language := report.Language(r.URL.Query().Get("lang"), r.Header.Get("Accept-Language"))
	var page bytes.Buffer
	if err := overview.HTML(&page, language); err != nil {
		return caddy.APIError{HTTPStatus: http.StatusInternalServerError, Err: err}
	}
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Language", language)
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Security-Policy", report.OverviewCSP())
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Referrer-Policy", "same-origin")
	header.Set("X-Content-Type-Options", "nosniff")
	_, err = page.WriteTo(w)
	return err
}

// overview sums up the running month and what comes next.
func (a *App) overview(ctx context.Context, store storage.Store) (report.Overview, error) {
	today := a.today()
	m, err := report.New(policy.Day{Year: today.Year, Month: today.Month, Day: 1}, a.now(), a.location)
	if err != nil {
		return report.Overview{}, err
	}
	if err := a.fillReport(ctx, store, m); err != nil {
		return report.Overview{}, err
	}
	o := report.Overview{Month: *m, Since: policy.DayFromNumber(today.Number() - visitsShown + 1)}
	for _, s := range a.inventory(a.shared.inventory.List()).Services {
		if s.Blocked > 0 {
			o.Blocked = append(o.Blocked, report.Count{Name: s.Name, Count: s.Blocked})
		}
	}
	slices.SortFunc(o.Blocked, func(x, y report.Count) int {
		return cmp.Or(cmp.Compare(y.Count, x.Count), cmp.Compare(x.Name, y.Name))
	})
	parts, err := a.liveParts(ctx, store)
	if err != nil {
		return o, err
	}
	o.Drops = report.NextDrops(parts)
	popular, err := store.Popular(ctx, o.Since.Start(a.location))
	o.Visits, o.Pages, o.Browsers, o.Devices = popular.Visits, counts(popular.Pages), counts(popular.Browsers), counts(popular.Devices)
	return o, err
}

func counts(shares []storage.Share) (list []report.Count) {
	for _, s := range shares {
		list = append(list, report.Count{Name: s.Name, Count: s.Visits})
	}
	return list
}
