package module

import (
	"cmp"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/gate"
	"github.com/mamen-ai/consentgate/storage"
)

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
