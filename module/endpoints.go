package module

import (
	"bytes"
	"cmp"
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

// endpoints are the edge's own paths below Prefix. None of them reaches the
// origin.
var endpoints = map[string]struct {
	method string
	serve  func(*exchange, http.ResponseWriter) error
}{
	"":             {http.MethodGet, (*exchange).servePage},
	gate.EmbedPath: {http.MethodGet, (*exchange).serveEmbed},   // with a service's ID behind it
	galleryPath:    {http.MethodGet, (*exchange).serveGallery}, // with a frame's name behind it
	keptPath:       {http.MethodGet, (*exchange).serveKept},
	"state":        {http.MethodGet, (*exchange).serveState},
	"receipt":      {http.MethodGet, (*exchange).serveReceipt},
	"data":         {http.MethodGet, (*exchange).serveData},
	"choice":       {http.MethodPost, (*exchange).serveChoice},
	"erase":        {http.MethodPost, (*exchange).serveErase},
	"visit":        {http.MethodPost, (*exchange).serveVisit},
	"report":       {http.MethodPost, (*exchange).serveReport},
}

func (x *exchange) serveEndpoint(w http.ResponseWriter, path string) error {
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "same-origin")
	if strings.HasPrefix(path, gate.EmbedPath) {
		path = gate.EmbedPath
	}
	if strings.HasPrefix(path, galleryPath+"/") {
		path = galleryPath
	}
	endpoint, ok := endpoints[path]
	if !ok {
		return answer(w, http.StatusNotFound, "no such address")
	}
	if !x.asksBy(endpoint.method) {
		header.Set("Allow", endpoint.method)
		return answer(w, http.StatusMethodNotAllowed, "this address answers "+endpoint.method)
	}
	return endpoint.serve(x, w)
}

// asksBy reports whether the request's method is the given one; HEAD stands for
// GET.
func (x *exchange) asksBy(method string) bool {
	return x.request.Method == method || method == http.MethodGet && x.request.Method == http.MethodHead
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

// gpcPath is where sites say that they honour Global Privacy Control (W3C GPC,
// §5.1).
const gpcPath = "/.well-known/gpc.json"

func (x *exchange) serveGPC(w http.ResponseWriter) error {
	if !x.asksBy(http.MethodGet) {
		w.Header().Set("Allow", http.MethodGet)
		return answer(w, http.StatusMethodNotAllowed, "this address answers GET")
	}
	return answerJSON(w, http.StatusOK, map[string]any{"gpc": true, "lastUpdate": x.handler.app.Policy.Edition})
}

// state is what GET /.privacy/state answers.
type state struct {
	banner.APIState
	Edition string         `json:"edition"`
	GPC     bool           `json:"gpc"`
	DNT     bool           `json:"dnt"`
	Ask     bool           `json:"ask"`
	Changed []string       `json:"changed,omitempty"` // why the choice is stale
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
	s := state{APIState: x.apiState(), Edition: x.handler.app.Policy.Edition.String(), GPC: x.gpc, DNT: x.dnt, Ask: x.asks(),
		Changed: x.choice.Outdated.Names()}
	if x.url.Query().Has("listing") {
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
func (x *exchange) authorise(w http.ResponseWriter, limit *limiter) (url.Values, bool) {
	r := x.request
	switch site := r.Header.Get("Sec-Fetch-Site"); {
	case site == "same-origin":
	case site == "" && strings.EqualFold(r.Header.Get("Origin"), x.origin()):
	default:
		answer(w, http.StatusForbidden, "a choice can only be made on the site itself")
		return nil, false
	}
	if !limit.allow(x.clientIP()) {
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
	// ParseMultipartForm alone would hide what is wrong with an urlencoded body.
	parse := r.ParseForm
	if strings.HasPrefix(r.Header.Get("Content-Type"), "multipart/form-data") {
		parse = func() error { return r.ParseMultipartForm(maxForm) }
	}
	err := parse()
	return r.PostForm, err
}

// serveVisit records the page view of a navigation that the page made by
// script, under the same conditions as any other.
func (x *exchange) serveVisit(w http.ResponseWriter) error {
	form, ok := x.authorise(w, x.handler.visitLimits)
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
	if path, _, _ := strings.Cut(returnPath(form.Get("return")), "?"); path == Prefix {
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
	return cmp.Or(x.referrer(), Prefix)
}

// referrer returns the path of the page of this host that the request comes from,
// or "".
func (x *exchange) referrer() string {
	referrer, err := url.Parse(x.request.Header.Get("Referer"))
	if err != nil || !strings.EqualFold(referrer.Host, x.request.Host) {
		return ""
	}
	return returnPath(referrer.RequestURI())
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

// saved reads the categories and services of a detailed choice. What the site
// doesn't offer is passed over; a service whose category is allowed whole adds
// nothing. ok is false for an unknown word and for too many single services.
func (h *Handler) saved(allow []string) (choice consent.Choice, ok bool) {
	choice.State = consent.Refused
	var services []int
	for _, word := range allow {
		if category, err := consent.ParseCategory(word); err == nil {
			choice.Categories |= consent.SetOf(category)
			continue
		}
		i := h.gate.Index(word)
		if i < 0 {
			return consent.Choice{}, false
		}
		services = append(services, i)
	}
	choice.Categories &= consent.SetOf(h.gate.Categories()...)
	for _, i := range services {
		service := h.gate.Services()[i]
		if !choice.Categories.Has(service.Category) && h.gate.Status(choice, i) != gate.Never {
			choice.Services = append(choice.Services, consent.TagOf(service.ID))
		}
	}
	slices.Sort(choice.Services)
	choice.Services = slices.Compact(choice.Services)
	if choice.Categories != 0 || len(choice.Services) > 0 {
		choice.State = consent.Allowed
	}
	return choice, len(choice.Services) <= consent.MaxServices
}
