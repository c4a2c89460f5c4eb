package module

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/caddyserver/caddy/v2"
	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage"
)

// maxRequestAge is how many months a request may have lain before it is added: an
// older day of receipt is more likely a slip of the pen.
const maxRequestAge = 12

// word reads a field that must be one of the known words.
func word[T ~string](query url.Values, field string, known []T) (T, error) {
	text := query.Get(field)
	var names []string
	for _, k := range known {
		if text == string(k) {
			return k, nil
		}
		names = append(names, string(k))
	}
	return "", fmt.Errorf("%s %q: use %s", field, text, strings.Join(names, ", "))
}

// parseRequest reads the fields of a request that is added. The error names the
// field and its value, unless that may be a consent ID.
func parseRequest(query url.Values) (r storage.Request, err error) {
	if r.Kind, err = word(query, "kind", storage.RequestKinds()); err != nil {
		return r, err
	}
	if r.Channel, err = word(query, "by", storage.Channels()); err != nil {
		return r, err
	}
	if r.Received, err = policy.ParseDay(query.Get("received")); err != nil {
		return r, fmt.Errorf("received: %w", err)
	}
	if query.Has("id") {
		r.ConsentID, err = consent.ParseID(query.Get("id"))
		if err == nil && r.ConsentID.IsZero() {
			err = errors.New("a consent ID isn't zero")
		}
	}
	return r, err
}

// parseClosing reads the fields by which a request is closed.
func parseClosing(query url.Values) (id int64, result storage.RequestResult, err error) {
	text := query.Get("request")
	if id, err = strconv.ParseInt(text, 10, 64); err != nil || id < 1 {
		return 0, "", fmt.Errorf("request %q is no number: see \"consent request list --all\"", text)
	}
	result, err = word(query, "result", storage.RequestResults())
	return id, result, err
}

// RequestAnswer is what "consent request add" and "close" did.
type RequestAnswer struct {
	storage.Request
	// CalendarComplete is false when the due day was counted without the holidays
	// of a year.
	CalendarComplete bool `json:"calendar_complete"`
	// Event is what was written into the ledger, empty for nothing.
	Event storage.Event `json:"event,omitempty"`
	Acts  []storage.Act `json:"acts,omitempty"` // of what was destroyed
}

func adminAddRequest(r *http.Request, app *App, store storage.Store) (any, error) {
	request, err := parseRequest(fields(r))
	if err != nil {
		return nil, badRequest(err)
	}
	switch today := app.today(); {
	case today.Before(request.Received):
		return nil, badRequest(fmt.Errorf("received %q is in the future: today is %s", request.Received, today))
	case request.Received.Before(today.AddMonths(-maxRequestAge)):
		return nil, badRequest(fmt.Errorf("received %q is more than %d months past: today is %s", request.Received, maxRequestAge, today))
	}
	request.Actor = operator
	answer := RequestAnswer{}
	request.Due, answer.CalendarComplete = app.calendar.Due(request.Received)
	app.shared.requests.Lock()
	defer app.shared.requests.Unlock()
	effect, err := app.blocking(r.Context(), store, request)
	if err != nil {
		return nil, err
	}
	if answer.Request, err = store.AddRequest(r.Context(), request, effect); err != nil {
		return nil, err
	}
	app.applied(effect, &answer)
	return answer, nil
}

func adminCloseRequest(r *http.Request, app *App, store storage.Store) (any, error) {
	id, result, err := parseClosing(fields(r))
	if err != nil {
		return nil, badRequest(err)
	}
	app.shared.requests.Lock()
	defer app.shared.requests.Unlock()
	request, err := requestOf(r.Context(), store, id)
	if err != nil {
		return nil, err
	}
	request.Result = result
	effect, err := app.closing(r.Context(), store, request)
	if err != nil {
		return nil, err
	}
	answer := RequestAnswer{CalendarComplete: true}
	if answer.Request, err = store.CloseRequest(r.Context(), id, result, effect); err != nil {
		return nil, err
	}
	app.applied(effect, &answer)
	if reason := revoking(request); reason != "" {
		answer.Acts, err = app.forget(r.Context(), request.ConsentID, reason)
	}
	return answer, err
}

// requestOf returns an open request.
func requestOf(ctx context.Context, store storage.Store, id int64) (storage.Request, error) {
	requests, err := store.Requests(ctx, true)
	if err != nil {
		return storage.Request{}, err
	}
	i := slices.IndexFunc(requests, func(r storage.Request) bool { return r.ID == id })
	if i < 0 {
		return storage.Request{}, notFound(fmt.Sprintf("there is no request %d: see \"consent request list --all\"", id))
	}
	if !requests[i].Open() {
		return storage.Request{}, caddy.APIError{HTTPStatus: http.StatusConflict, Err: fmt.Errorf("request %d: %w", id, storage.ErrRequestClosed)}
	}
	return requests[i], nil
}

func (a *App) applied(effect *storage.Consent, answer *RequestAnswer) {
	if effect != nil {
		a.shared.heed(*effect)
		answer.Event = effect.Event
	}
}

// closing returns the event that ends a request with its result, or nil.
func (a *App) closing(ctx context.Context, store storage.Store, r storage.Request) (*storage.Consent, error) {
	event := revoking(r)
	if event == "" {
		return a.blocking(ctx, store, r)
	}
	held, err := knownConsent(ctx, store, r.ConsentID)
	if err != nil || event == storage.Withdrawn && storage.StandingOf(held.Events).Ended {
		return nil, err // the visitor was quicker
	}
	row := a.operatorRow(r.ConsentID, event)
	return &row, nil
}

// revoking returns the event by which a request that is fulfilled ends the
// consent it names, or nothing.
func revoking(r storage.Request) storage.Event {
	if r.Result != storage.RequestFulfilled || r.ConsentID.IsZero() {
		return ""
	}
	return map[storage.RequestKind]storage.Event{
		storage.WithdrawRequest: storage.Withdrawn, storage.EraseRequest: storage.Erased,
	}[r.Kind]
}

// blocking returns the event that blocks or unblocks the consent of a request that
// is added or closed, so that it stands as its requests demand, or nil. An unknown
// ID is refused whatever the request asks for.
func (a *App) blocking(ctx context.Context, store storage.Store, r storage.Request) (*storage.Consent, error) {
	if r.ConsentID.IsZero() {
		return nil, nil
	}
	held, err := knownConsent(ctx, store, r.ConsentID)
	if err != nil || r.Kind != storage.BlockRequest && r.Kind != storage.UnblockRequest {
		return nil, err
	}
	earlier, err := store.Requests(ctx, true)
	if err != nil {
		return nil, err
	}
	standing, demanded := storage.StandingOf(held.Events), blockDemanded(earlier, r)
	if standing.Ended || standing.Blocked == demanded {
		return nil, nil
	}
	event := storage.Unblocked
	if demanded {
		event = storage.Blocked
	}
	row := a.operatorRow(r.ConsentID, event)
	return &row, nil
}

// blockDemanded reports whether the newest request to block or unblock a consent,
// those aside that were turned down, is to block it. changed is one that is added,
// without a number, or has a result by now.
func blockDemanded(requests []storage.Request, changed storage.Request) (demanded bool) {
	requests = slices.DeleteFunc(slices.Clone(requests), func(r storage.Request) bool { return r.ID == changed.ID })
	if changed.ID == 0 {
		changed.ID = math.MaxInt64
	}
	requests = append(requests, changed)
	slices.SortFunc(requests, func(a, b storage.Request) int { return cmp.Compare(a.ID, b.ID) })
	for _, r := range requests {
		if r.ConsentID != changed.ConsentID || r.Result != "" && r.Result != storage.RequestFulfilled {
			continue
		}
		switch r.Kind {
		case storage.BlockRequest:
			demanded = true
		case storage.UnblockRequest:
			demanded = false
		}
	}
	return demanded
}

// RequestList is what "consent request list" shows.
type RequestList struct {
	Today    policy.Day        `json:"today"`
	Overdue  int               `json:"overdue"`
	Requests []storage.Request `json:"requests"`
}

func adminRequests(r *http.Request, app *App, store storage.Store) (any, error) {
	requests, err := store.Requests(r.Context(), r.URL.Query().Has("all"))
	today := app.today()
	return RequestList{today, overdueRequests(requests, today), append([]storage.Request{}, requests...)}, err
}

// overdueRequests counts the requests that should have been answered.
func overdueRequests(requests []storage.Request, today policy.Day) (overdue int) {
	for _, r := range requests {
		if r.Overdue(today) {
			overdue++
		}
	}
	return overdue
}
