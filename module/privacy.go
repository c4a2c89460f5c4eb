package module

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/mamen-ai/consentgate/banner"
	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/gate"
	"github.com/mamen-ai/consentgate/internal/inventory"
	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage"
)

// servePage answers the privacy page.
func (x *exchange) servePage(w http.ResponseWriter) error {
	return x.writePage(w, http.StatusOK, x.url.Query().Get("message"))
}

func (x *exchange) writePage(w http.ResponseWriter, status int, message string) error {
	data := banner.PageData{
		Lang:    x.language(x.url.Query().Get("lang")),
		State:   x.choice.State.String(),
		GPC:     x.gpc,
		DNT:     x.dnt,
		News:    x.news(),
		Allowed: append(x.apiState().Categories, x.apiState().Services...),
		Message: message,
		Return:  Prefix,
	}
	if chosen := x.url.Query().Get("lang"); chosen != "" {
		data.Return = Prefix + "?" + url.Values{"lang": {data.Lang}}.Encode()
	}
	data.Services, data.Cookies = x.serviceRows(), x.cookieRows()
	if x.choice.State != consent.Undecided {
		data.DecidedOn = x.choice.Day
		if x.choice.State != consent.Stale || x.choice.Outdated.Has(consent.ByTime) {
			data.ValidUntil = x.choice.Day.AddMonths(x.handler.app.ChoiceMonths)
		}
	}
	if !x.choice.ID.IsZero() {
		data.ConsentID = x.choice.ID.String()
		if err := x.addHolding(&data); err != nil {
			x.handler.logger.Error("what is held can't be read", "error", err)
			data.Message = "failed"
		}
	}
	var body bytes.Buffer
	if err := x.handler.banner.Page(&body, data); err != nil {
		return err
	}
	scripts, styles := x.handler.banner.PageHashes()
	header := w.Header()
	header.Set("Content-Type", "text/html; charset=utf-8")
	header.Set("Content-Language", data.Lang)
	header.Set("X-Robots-Tag", "noindex")
	header.Set("Content-Security-Policy", fmt.Sprintf(
		"default-src 'none'; script-src %s; style-src %s; %sconnect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		strings.Join(scripts, " "), strings.Join(styles, " "), x.handler.pictures()))
	w.WriteHeader(status)
	if x.request.Method == http.MethodHead {
		return nil
	}
	_, err := w.Write(body.Bytes())
	return err
}

// serviceRows lists the services a visitor can meet here: those the operator
// named, where none is named those that could run, and what the site's pages were
// seen to name.
func (x *exchange) serviceRows() []banner.ServiceRow {
	g := x.handler.gate
	met := x.met()
	var rows []banner.ServiceRow
	for i, service := range g.Services() {
		status := g.Status(x.choice, i)
		named := slices.Contains(x.handler.named, service.ID)
		if (status == gate.Never || service.Category == consent.Necessary) && !named && !met[service.ID] {
			continue
		}
		row := banner.ServiceRow{
			ID:        service.ID,
			Name:      service.Name,
			Vendor:    service.Vendor,
			Category:  service.Category.String(),
			Countries: service.Countries,
			Cookies:   service.Cookies,
			Keeps:     keeps(service),
			Retention: service.Retention,
			Status:    status.String(),
			Never:     string(g.Reason(i)),
		}
		if row.Never == string(gate.CrossBorder) && len(service.Countries) == 0 {
			row.Never = "unplaced"
		}
		if service.Category == consent.Statistics && status != gate.Never {
			row.Months = x.handler.monthsKept(service)
			row.Deletion = x.handler.app.deletion(service)
		}
		rows = append(rows, row)
	}
	return rows
}

// met returns the services that pages and headers of this site show, by ID.
func (x *exchange) met() map[string]bool {
	met := make(map[string]bool)
	for _, seen := range x.handler.app.shared.inventory.List(inventory.Host, inventory.Own) {
		if seen.Service != "" && seen.Source != inventory.Report && x.ownPlace(seen.Where) {
			met[seen.Service] = true
		}
	}
	return met
}

func keeps(service catalogue.Service) (list []banner.Keep) {
	for _, keep := range service.Keeps {
		list = append(list, banner.Keep(keep))
	}
	return list
}

// addHolding adds what is kept under the visitor's consent ID.
func (x *exchange) addHolding(data *banner.PageData) error {
	store, err := x.handler.app.shared.open(x.request.Context())
	if err != nil {
		return err
	}
	held, err := store.Held(x.request.Context(), x.choice.ID)
	if err != nil {
		return err
	}
	location := x.handler.app.location
	rows := make(map[string]*banner.HeldRow)
	var order []string
	add := func(what, kind string, at, dropAt time.Time) {
		key := what + " " + kind
		row, ok := rows[key]
		if !ok {
			row = &banner.HeldRow{Kind: kind, What: what, Since: policy.DayOf(at, location)}
			rows[key] = row
			order = append(order, key)
		}
		row.Count++
		if since := policy.DayOf(at, location); since.Before(row.Since) {
			row.Since = since
		}
		if by := policy.DayOf(dropAt, location); row.DeleteBy.Before(by) {
			row.DeleteBy = by
		}
	}
	for _, ip := range held.IPs {
		add("ip", ip.Kind, ip.At, ip.DropAt)
	}
	for _, visit := range held.Visits {
		add("visits", visit.Kind, visit.At, visit.DropAt)
	}
	for _, key := range order {
		data.Held = append(data.Held, *rows[key])
	}
	for _, event := range slices.Backward(held.Events) {
		data.Events = append(data.Events, eventRow(event, location))
	}
	return nil
}

func eventRow(event storage.Consent, location *time.Location) banner.EventRow {
	return banner.EventRow{
		At:      event.At.In(location),
		Event:   string(event.Event),
		Method:  string(event.Method),
		Edition: event.Edition,
		Allowed: append(slices.Clone(event.Categories), event.Services...),
	}
}
