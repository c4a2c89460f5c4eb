package module

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/mamen-ai/consentgate/banner"
	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/gate"
	"github.com/mamen-ai/consentgate/storage"
)

// serveEndpoint answers the edge's own paths. None of them reaches the origin.
func (h *Handler) serveEndpoint(w http.ResponseWriter, r *http.Request) error {
	x := h.newExchange(r)
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "same-origin")
	route := r.Method + " " + strings.TrimPrefix(r.URL.Path, Prefix)
	switch strings.Replace(route, "HEAD ", "GET ", 1) {
	case "GET ":
		return x.servePage(w)
	case "GET state":
		return x.serveState(w)
	case "GET receipt":
		return x.serveReceipt(w)
	case "GET data":
		return x.serveData(w)
	case "POST choice":
		return x.serveChoice(w)
	case "POST erase":
		return x.serveErase(w)
	case "POST visit":
		return x.serveVisit(w)
	case "POST report":
		return x.serveReport(w)
	}
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		if slices.Contains(endpointMethods[strings.TrimPrefix(r.URL.Path, Prefix)], method) {
			header.Set("Allow", method)
			return answer(w, http.StatusMethodNotAllowed, "this address answers "+method)
		}
	}
	return answer(w, http.StatusNotFound, "no such address")
}

// endpointMethods are the paths below Prefix with the methods they answer.
var endpointMethods = map[string][]string{
	"": {"GET"}, "state": {"GET"}, "receipt": {"GET"}, "data": {"GET"},
	"choice": {"POST"}, "erase": {"POST"}, "visit": {"POST"}, "report": {"POST"},
}

func answer(w http.ResponseWriter, status int, text string) error {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, err := w.Write([]byte(text + "\n"))
	return err
}

func answerJSON(w http.ResponseWriter, status int, v any) error {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(v); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, err := w.Write(body.Bytes())
	return err
}

// serveGPC answers the support resource of Global Privacy Control (W3C GPC,
// §5.1).
func (h *Handler) serveGPC(w http.ResponseWriter) error {
	return answerJSON(w, http.StatusOK, map[string]any{"gpc": true, "lastUpdate": h.app.Policy.Edition})
}

// state is what GET /.privacy/state answers.
type state struct {
	banner.APIState
	Edition string         `json:"edition"`
	GPC     bool           `json:"gpc"`
	Ask     bool           `json:"ask"`
	Listing []serviceState `json:"listing,omitempty"`
}

// serviceState is one service with what the choice means for it.
type serviceState struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Category  string   `json:"category"`
	Countries []string `json:"countries"`
	Status    string   `json:"status"`
	Reason    string   `json:"reason,omitempty"`
}

// serveState answers the present choice; with ?listing also what it means for
// each service.
func (x *exchange) serveState(w http.ResponseWriter) error {
	s := state{APIState: x.apiState(), Edition: x.handler.app.Policy.Edition.String(), GPC: x.gpc, Ask: x.asks()}
	if s.Categories == nil {
		s.Categories = []string{}
	}
	if s.Services == nil {
		s.Services = []string{}
	}
	if x.request.URL.Query().Has("listing") {
		g := x.handler.gate
		for i, service := range g.Services() {
			s.Listing = append(s.Listing, serviceState{
				ID: service.ID, Name: service.Name, Category: service.Category.String(), Countries: service.Countries,
				Status: g.Status(x.choice, i).String(), Reason: string(g.Reason(i)),
			})
		}
	}
	return answerJSON(w, http.StatusOK, s)
}

// maxForm bounds the body of a choice, in bytes.
const maxForm = 2 << 10

// authorise refuses a write that another site's page may have caused
// (Fetch Metadata; RFC 6454 §7), that is too large, or that comes too often. It
// returns the form.
func (x *exchange) authorise(w http.ResponseWriter) (url.Values, bool) {
	r := x.request
	switch site := r.Header.Get("Sec-Fetch-Site"); {
	case site == "same-origin":
	case site == "" && x.ownOrigin(r.Header.Get("Origin")):
	default:
		answer(w, http.StatusForbidden, "a choice can only be made on the site itself")
		return nil, false
	}
	if !x.handler.limits.allow(x.clientIP()) {
		w.Header().Set("Retry-After", "5")
		answer(w, http.StatusTooManyRequests, "too many changes: try again in a few seconds")
		return nil, false
	}
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	form, err := readForm(r)
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			answer(w, http.StatusRequestEntityTooLarge, "the form is too large")
		} else {
			answer(w, http.StatusBadRequest, "the form can't be read")
		}
		return nil, false
	}
	return form, true
}

// ownOrigin reports whether an Origin header names the host the request came
// to, which Caddy has matched to a site.
func (x *exchange) ownOrigin(origin string) bool {
	u, err := url.Parse(origin)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && strings.EqualFold(u.Host, x.request.Host)
}

// readForm reads an urlencoded or multipart form, or a JSON object with the same
// fields.
func readForm(r *http.Request) (url.Values, error) {
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		var fields struct {
			Choice string   `json:"choice"`
			Allow  []string `json:"allow"`
			Return string   `json:"return"`
			Path   string   `json:"path"`
			Lang   string   `json:"lang"`
		}
		if err := json.NewDecoder(r.Body).Decode(&fields); err != nil {
			return nil, err
		}
		return url.Values{
			"choice": {fields.Choice}, "allow": fields.Allow, "return": {fields.Return},
			"path": {fields.Path}, "lang": {fields.Lang}, "json": {"1"},
		}, nil
	}
	if err := r.ParseMultipartForm(maxForm); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return nil, err
	}
	return r.PostForm, nil
}

// serveVisit records the page view of a navigation that the page made by
// script, under the same conditions as any other.
func (x *exchange) serveVisit(w http.ResponseWriter) error {
	form, ok := x.authorise(w)
	if !ok {
		return nil
	}
	path, err := url.Parse(form.Get("path"))
	if err != nil || !strings.HasPrefix(path.Path, "/") {
		return answer(w, http.StatusBadRequest, "path: a path of this site is needed")
	}
	if x.permit.Running(x.handler.visits) {
		x.recordVisit(path.Path, "")
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// method tells by which form a choice came.
func (x *exchange) method(form url.Values) storage.Method {
	if form.Get("json") != "" {
		return storage.ByAPI
	}
	if returnPath(form.Get("return")) == Prefix {
		return storage.ByPage
	}
	return storage.ByBanner
}

// returnPath returns a path of this site to go back to, "" for anything else: it
// must begin with one slash, be free of controls and survive parsing.
func returnPath(text string) string {
	if !strings.HasPrefix(text, "/") || strings.HasPrefix(text, "//") || strings.HasPrefix(text, `/\`) ||
		strings.ContainsFunc(text, func(r rune) bool { return r < 0x20 || r == 0x7f || r == '\\' }) {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil {
		return ""
	}
	return u.String()
}

// back returns where a form post leads: the path it names, else the page of this
// site it came from, else the privacy page.
func (x *exchange) back(form url.Values) string {
	if path := returnPath(form.Get("return")); path != "" {
		return path
	}
	if referrer, err := url.Parse(x.request.Header.Get("Referer")); err == nil && strings.EqualFold(referrer.Host, x.request.Host) {
		if path := returnPath(referrer.RequestURI()); path != "" {
			return path
		}
	}
	return Prefix
}

// allowed returns the choice that a form's fields make, still without an ID and
// a day. ok is false for a value that isn't known.
func (h *Handler) allowed(form url.Values) (choice consent.Choice, ok bool) {
	switch form.Get("choice") {
	case "accept":
		return consent.Choice{State: consent.Allowed, Categories: consent.SetOf(h.gate.Categories()...)}, true
	case "refuse", "withdraw":
		return consent.Choice{State: consent.Refused}, true
	case "save":
		return h.saved(form["allow"])
	}
	return consent.Choice{}, false
}

// saved reads the categories and services of a detailed choice. A service whose
// category is allowed whole adds nothing.
func (h *Handler) saved(allow []string) (consent.Choice, bool) {
	choice := consent.Choice{State: consent.Refused}
	for _, word := range allow {
		if category, err := consent.ParseCategory(word); err == nil {
			choice.Categories |= consent.SetOf(category)
		}
	}
	for _, word := range allow {
		if _, err := consent.ParseCategory(word); err == nil {
			continue
		}
		i := h.gate.Index(word)
		if i < 0 || len(choice.Services) == consent.MaxServices {
			return consent.Choice{}, false
		}
		if !choice.Categories.Has(h.gate.Services()[i].Category) && h.gate.Status(choice, i) != gate.Never {
			choice.Services = append(choice.Services, consent.TagOf(word))
		}
	}
	slices.Sort(choice.Services)
	choice.Services = slices.Compact(choice.Services)
	if choice.Categories != 0 || len(choice.Services) > 0 {
		choice.State = consent.Allowed
	}
	return choice, true
}
