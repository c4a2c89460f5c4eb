package module

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/internal/report"
	"github.com/mamen-ai/consentgate/storage"
)

// adminReport answers the report on the month of the query, or on the last that is
// over.
func adminReport(r *http.Request, app *App, store storage.Store) (any, error) {
	first := report.LastComplete(app.now(), app.location)
	if month := r.URL.Query().Get("month"); month != "" {
		var err error
		if first, err = report.ParseMonth(month); err != nil {
			return nil, caddy.APIError{HTTPStatus: http.StatusBadRequest, Err: err}
		}
	}
	m, err := report.New(first, app.now(), app.location)
	if err != nil {
		return nil, caddy.APIError{HTTPStatus: http.StatusBadRequest, Err: err}
	}
	return m, app.fillReport(r.Context(), store, m)
}

// fillReport tells the report what the configuration, the store and the traffic
// say.
func (a *App) fillReport(ctx context.Context, store storage.Store, m *report.Month) error {
	known, err := policy.Builtin()
	if err != nil {
		return err
	}
	m.Version, m.Edition, m.PolicyURL = version(), a.Policy.Edition, a.Policy.URL
	m.Controller = report.Controller(*a.Controller)
	m.Jurisdiction, m.CrossBorder = a.Jurisdiction, a.CrossBorder
	m.Purposes, m.Contradictions = known.Purposes, known.Contradictions
	for _, fill := range []func(context.Context, storage.Store, *report.Month) error{
		func(ctx context.Context, store storage.Store, _ *report.Month) error { return store.Sync(ctx) },
		reportChoices, a.reportHoldings, reportActs, reportRequests, a.reportDeletions, reportCopies, a.reportLedger,
	} {
		if err := fill(ctx, store, m); err != nil {
			return err
		}
	}
	a.reportTraffic(m)
	m.Judge(known)
	return nil
}

func reportChoices(ctx context.Context, store storage.Store, m *report.Month) error {
	counts, err := store.Choices(ctx, m.From, m.To)
	if err != nil {
		return err
	}
	for _, c := range counts {
		m.Count(c.Day, string(c.Event), string(c.Method), c.Language, report.Signals{GPC: c.GPC, DNT: c.DNT}, c.Count)
	}
	return m.Before(func(from, to time.Time) (report.Tally, error) {
		events, err := store.EventsBetween(ctx, from, to)
		return report.Tally{
			Given: events[storage.Given], Refused: events[storage.Refused],
			Withdrawn: events[storage.Withdrawn], Erased: events[storage.Erased],
		}, err
	})
}

func (a *App) reportHoldings(ctx context.Context, store storage.Store, m *report.Month) error {
	live, err := a.liveParts(ctx, store)
	m.Holdings = report.Hold(live, m.Made, a.location)
	return err
}

// liveParts returns the day tables that are there.
func (a *App) liveParts(ctx context.Context, store storage.Store) ([]report.Part, error) {
	parts, err := store.Parts(ctx)
	var live []report.Part
	for _, p := range parts {
		if p.State == storage.Live {
			live = append(live, report.Part{Kind: p.Kind, Visits: p.Table == "visits", Day: p.Day, DropAt: p.DropAt, Rows: p.Rows, Window: a.window(p.Kind)})
		}
	}
	return live, err
}

func reportActs(ctx context.Context, store storage.Store, m *report.Month) error {
	acts, err := store.ActsBetween(ctx, m.From, m.To)
	m.Acts = make([]report.Act, len(acts))
	for i, act := range acts {
		m.Acts[i] = report.Act{
			Kind: act.Kind, Reason: string(act.Reason), Acts: act.Acts, Rows: act.Rows,
			Slowest: act.Slowest, Unproven: act.Unproven, Residual: act.Residual,
		}
	}
	return err
}

// reportRequests lists the requests that were open during the month.
func reportRequests(ctx context.Context, store storage.Store, m *report.Month) error {
	requests, err := store.Requests(ctx, true)
	m.Requests = []report.Request{}
	for _, r := range requests {
		if r.Added.Before(m.To) && (r.Closed.IsZero() || !r.Closed.Before(m.From)) {
			m.Requests = append(m.Requests, report.Request{ID: r.ID, Kind: string(r.Kind), Channel: string(r.Channel),
				Received: r.Received, Due: r.Due, Closed: r.Closed, Result: string(r.Result)})
		}
	}
	return err
}

// reportDeletions sums up what the vendors were asked for, as it is now. It stays
// nil where the configuration asks none.
func (a *App) reportDeletions(ctx context.Context, store storage.Store, m *report.Month) error {
	counts, err := store.DeletionCounts(ctx)
	if err != nil || len(a.Downstream)+len(counts) == 0 {
		return err
	}
	m.Deletions = []report.Deletion{}
	for _, c := range counts {
		m.Deletions = append(m.Deletions, report.Deletion{Service: c.Service, API: a.Downstream[c.Service].API, Open: c.Pending, Overdue: c.Overdue, Done: c.Done})
	}
	return nil
}

// reportCopies lists the copies that were there during the month.
func reportCopies(ctx context.Context, store storage.Store, m *report.Month) error {
	copies, err := store.Copies(ctx)
	m.Copies = []report.Copy{}
	for _, c := range copies {
		if c.Made.Before(m.To) && (c.Destroyed.IsZero() || !c.Destroyed.Before(m.From)) {
			m.Copies = append(m.Copies, report.Copy{Path: c.Path, Made: c.Made, DeleteBy: c.DeleteBy, Destroyed: c.Destroyed})
		}
	}
	return err
}

func (a *App) reportLedger(ctx context.Context, store storage.Store, m *report.Month) error {
	v, err := store.Verify(ctx)
	if err != nil {
		return err
	}
	a.metrics.observeVerification(v)
	m.Ledger = report.Ledger{Rows: v.Rows, Head: v.Head, OK: v.OK, FirstBad: v.FirstBad, Problem: v.Problem, Residual: v.Residual, Unresolved: v.Unresolved}
	segments, err := store.Segments(ctx)
	if n := len(segments); n > 0 {
		newest := segments[n-1]
		m.Ledger.Checkpoint = &report.Checkpoint{Month: newest.Month, Rows: newest.Size, Head: newest.Head, Signed: newest.At}
	}
	return err
}

// reportTraffic lists the services that the configuration names or the traffic
// shows, and the unknown third parties of the month.
func (a *App) reportTraffic(m *report.Month) {
	seen := a.inventory(a.shared.inventory.List())
	services := seen.Services
	for _, id := range append(a.namedServices(), a.ownServices()...) {
		if !slices.ContainsFunc(services, func(s ServiceSeen) bool { return s.ID == id }) {
			services = append(services, a.describe(id))
		}
	}
	slices.SortStableFunc(services, func(x, y ServiceSeen) int {
		return cmp.Or(cmp.Compare(rank(x.Category), rank(y.Category)), cmp.Compare(x.ID, y.ID))
	})
	m.Services = []report.Service{}
	for _, s := range services {
		m.Services = append(m.Services, a.reportService(s))
	}
	m.Unknown = []report.Host{}
	for _, h := range seen.Unknown {
		if h.First.Before(m.To) && !h.Last.Before(m.From) {
			m.Unknown = append(m.Unknown, report.Host{Host: h.Host, InPages: h.InPages, Reported: h.Reported, First: h.First, Last: h.Last})
		}
	}
}

func (a *App) reportService(s ServiceSeen) report.Service {
	entry := report.Service{ID: s.ID, Name: s.Name, Category: s.Category, Countries: []string{}, Status: status(s)}
	runs := s.Category != "" && s.Reason == ""
	entry.Optional = runs && s.Category != consent.Necessary.String()
	var known catalogue.Service
	for _, site := range a.sites {
		if i := site.gate.Index(s.ID); i >= 0 {
			known = site.gate.Services()[i]
			entry.Countries = append(entry.Countries, known.Countries...)
			break
		}
	}
	entry.Abroad = runs && slices.ContainsFunc(entry.Countries, func(country string) bool {
		return country != "operator" && country != a.Jurisdiction
	})
	entry.Deletable, entry.How = a.deletesAt(s.ID, known)
	return entry
}

// deletesAt reports whether a visitor who withdraws is deleted at the service, and
// how: the same as the page /.privacy/ tells the visitor.
func (a *App) deletesAt(id string, known catalogue.Service) (deletes bool, how string) {
	if id == visitsService.ID {
		return true, "at once, by the edge itself"
	}
	switch a.deletion(known) {
	case "deleted":
		return true, "by the API of " + a.Downstream[id].API
	case "unset":
		return false, "the option downstream isn't set, ask by hand"
	}
	return false, "ask the vendor"
}

// ownServices returns the edge's own service and those that have a block in the
// configuration.
func (a *App) ownServices() []string {
	list := []string{visitsService.ID}
	for _, site := range a.sites {
		for _, service := range site.Services {
			if !isName(service) && !slices.Contains(list, service.ID) {
				list = append(list, service.ID)
			}
		}
	}
	return list
}
