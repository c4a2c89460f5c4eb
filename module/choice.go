package module

import (
	"context"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/gate"
	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage"
)

// serveChoice records a choice and answers with the page in its new state. The
// answer waits until the record is durable; when it can't be stored nothing is
// unlocked.
func (x *exchange) serveChoice(w http.ResponseWriter) error {
	form, ok := x.authorise(w)
	if !ok {
		return nil
	}
	choice, ok := x.handler.allowed(form)
	if !ok {
		return answer(w, http.StatusBadRequest, "choice: use accept, refuse, save or withdraw; allow: use categories and services of this site")
	}
	event := x.event(choice)
	if err := x.decide(form, event, &choice); err != nil {
		x.handler.logger.Error("a choice couldn't be stored", "error", err)
		x.handler.app.metrics.choiceFailures.Inc()
		return x.answerChoice(w, form, http.StatusServiceUnavailable, "failed")
	}
	x.handler.app.metrics.choices.WithLabelValues(string(event), string(x.method(form))).Inc()
	message := map[storage.Event]string{storage.Given: "saved", storage.Refused: "refused", storage.Withdrawn: "withdrawn"}[event]
	return x.answerChoice(w, form, http.StatusOK, message)
}

// serveErase withdraws what was allowed and destroys what is held about it.
func (x *exchange) serveErase(w http.ResponseWriter) error {
	form, ok := x.authorise(w)
	if !ok {
		return nil
	}
	if x.choice.ID.IsZero() {
		return x.answerChoice(w, form, http.StatusOK, "erased")
	}
	choice := consent.Choice{State: consent.Refused}
	if err := x.decide(form, storage.Erased, &choice); err != nil {
		x.handler.logger.Error("an erasure couldn't be stored", "error", err)
		x.handler.app.metrics.choiceFailures.Inc()
		return x.answerChoice(w, form, http.StatusServiceUnavailable, "failed")
	}
	x.handler.app.metrics.choices.WithLabelValues(string(storage.Erased), string(x.method(form))).Inc()
	return x.answerChoice(w, form, http.StatusOK, "erased")
}

// event is what the new choice means after the old one: giving up what was
// allowed is a withdrawal, whichever button did it (policy 3.4.1 (3)).
func (x *exchange) event(choice consent.Choice) storage.Event {
	switch {
	case choice.State == consent.Allowed:
		return storage.Given
	case x.choice.State == consent.Allowed:
		return storage.Withdrawn
	}
	return storage.Refused
}

// decide makes the choice durable, destroys what a withdrawal leaves behind, and
// completes the choice with day and ID. The exchange goes on with the new
// choice.
func (x *exchange) decide(form url.Values, event storage.Event, choice *consent.Choice) error {
	h, ctx := x.handler, x.request.Context()
	store, err := h.app.shared.open(ctx)
	if err != nil {
		return err
	}
	if _, err := h.app.keys.get(ctx); err != nil {
		return err
	}
	previous := x.choice
	choice.Edition, choice.Day = h.app.Policy.Edition, policy.DayOf(x.at, h.app.location)
	row := storage.Consent{
		Event:        event,
		At:           x.at,
		Edition:      choice.Edition,
		PolicyURL:    h.app.Policy.URL,
		NoticeSHA256: x.notice(form),
		Language:     x.language(form.Get("lang")),
		Method:       x.method(form),
		Site:         x.host,
		Path:         x.choicePath(form),
		Controller:   h.app.Controller.ID,
		CrossBorder:  h.app.CrossBorder == "allow",
		GPC:          x.gpc,
		Version:      version(),
	}
	var person *storage.Person
	switch {
	case choice.State == consent.Allowed:
		choice.ID = previous.ID
		if previous.State != consent.Allowed {
			choice.ID = consent.NewID()
		}
		row.ConsentID = choice.ID
		row.ValidUntil = choice.Day.AddMonths(h.app.ChoiceMonths).Start(h.app.location)
		p := x.person(parseBrowser(x.request.Header.Get("User-Agent")))
		if p.IP.IsValid() {
			person = &p
		}
	case event != storage.Refused:
		row.ConsentID = previous.ID
	}
	x.choice = *choice
	x.permit = h.gate.Permit(x.choice)
	state := x.apiState()
	row.Categories, row.Services = state.Categories, state.Services
	if _, err := store.AppendConsent(ctx, row, person); err != nil {
		x.choice, x.permit = previous, h.gate.Permit(previous)
		return err
	}
	if event == storage.Withdrawn || event == storage.Erased {
		x.forget(ctx, store, previous.ID, event)
	}
	return nil
}

// eraseTimeout bounds how long an answer waits for the destruction that a
// withdrawal causes.
const eraseTimeout = 30 * time.Second

// forget destroys what was recorded under a withdrawn consent (policy 3.6.2
// (3)). The withdrawal itself is already durable: a failure is an alarm for the
// operator, who repeats it with "consent erase".
func (x *exchange) forget(ctx context.Context, store storage.Store, id consent.ID, event storage.Event) {
	reason := storage.ConsentRevoked
	if event == storage.Erased {
		reason = storage.SubjectRequest
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), eraseTimeout)
	defer cancel()
	err := store.Sync(ctx) // visits of this choice may still be on their way
	if err == nil {
		var acts []storage.Act
		acts, err = store.Erase(ctx, id, reason, "visitor")
		x.handler.app.metrics.observeActs(acts)
	}
	if err == nil {
		_, err = store.Scrub(ctx)
	}
	if err != nil {
		x.handler.logger.Error("withdrawn data couldn't be destroyed: repeat it with the command consent erase", "error", err)
		x.handler.app.metrics.eraseFailures.Inc()
	}
}

// answerChoice sets the cookie and answers: JSON to a script, the page again to
// a form.
func (x *exchange) answerChoice(w http.ResponseWriter, form url.Values, status int, message string) error {
	if status == http.StatusOK {
		if err := x.setCookies(w); err != nil {
			return err
		}
	} else {
		w.Header().Set("Retry-After", "30")
	}
	if strings.Contains(x.request.Header.Get("Accept"), "application/json") || form.Get("json") != "" {
		return answerJSON(w, status, struct {
			State   string   `json:"state"`
			Allowed []string `json:"allowed"`
		}{x.choice.State.String(), append(append([]string{}, x.apiState().Categories...), x.apiState().Services...)})
	}
	if status != http.StatusOK {
		return x.writePage(w, status, message)
	}
	back := x.back(form)
	if u, err := url.Parse(back); err == nil && u.Path == Prefix {
		query := u.Query()
		query.Set("message", message)
		u.RawQuery = query.Encode()
		back = u.String()
	}
	w.Header().Set("Location", back)
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// setCookies sets the choice cookie and expires the cookies of services that
// the choice no longer allows.
func (x *exchange) setCookies(w http.ResponseWriter) error {
	secrets, err := x.handler.app.keys.get(x.request.Context())
	if err != nil {
		return err
	}
	site := x.handler.site(x.host)
	codec, err := consent.NewCodec(secrets.Choices, site)
	if err != nil {
		return err
	}
	cookie := http.Cookie{
		Name:     consent.CookieName,
		Value:    codec.Encode(x.choice),
		Path:     "/",
		HttpOnly: true,
		Secure:   x.secure(),
		SameSite: http.SameSiteLaxMode,
		MaxAge:   int(x.choice.Day.AddMonths(x.handler.app.ChoiceMonths).Start(time.UTC).Sub(x.choice.Day.Start(time.UTC)).Seconds()),
	}
	if shareable(site) {
		cookie.Domain = site
	}
	w.Header().Add("Set-Cookie", cookie.String())
	_, denied := x.permit.Cookies(x.request.Header["Cookie"], x)
	for _, line := range gate.ExpireCookies(denied, x.host, "/") {
		w.Header().Add("Set-Cookie", line)
	}
	return nil
}

// shareable reports whether a cookie can name the site as its Domain: a name
// with a dot that isn't an address. Others get a cookie for the host alone.
func shareable(site string) bool {
	_, err := netip.ParseAddr(site)
	return err != nil && strings.Contains(site, ".")
}

// notice is the hash of what the visitor saw when choosing.
func (x *exchange) notice(form url.Values) string {
	language := x.language(form.Get("lang"))
	if x.method(form) == storage.ByPage {
		return x.handler.banner.PageNotice(language)
	}
	return x.handler.banner.Ask(language).NoticeSHA256
}

func (x *exchange) language(chosen string) string {
	return x.handler.banner.Language(chosen, x.request.Header.Get("Accept-Language"))
}

// choicePath is the page on which the choice was made, without its query.
func (x *exchange) choicePath(form url.Values) string {
	path, _, _ := strings.Cut(x.back(form), "?")
	return path
}
