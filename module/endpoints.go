package module

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/mamen-ai/consentgate/banner"
	"github.com/mamen-ai/consentgate/internal/gate"
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
