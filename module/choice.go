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
	"github.com/mamen-ai/consentgate/internal/inventory"
	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage"
)

// serveChoice records a choice and answers with the page in its new state. The
// answer waits until the record is durable; when it can't be stored nothing is
// unlocked.
func (x *exchange) serveChoice(w http.ResponseWriter) error {
	form, ok := x.authorise(w, x.handler.limits)
	if !ok {
		return nil
	}
	choice, ok := x.handler.allowed(form)
	if form.Get("from") == fromEmbed {
		choice = x.adding(choice)
	}
	if !ok || len(choice.Services) > consent.MaxServices {
		return answer(w, http.StatusBadRequest, "choice: use accept, refuse, save or withdraw; allow: use categories and services of this site")
	}
	return x.settle(w, form, choice, storage.Withdrawn)
}

// serveErase withdraws what was allowed and destroys what is held about it.
func (x *exchange) serveErase(w http.ResponseWriter) error {
	form, ok := x.authorise(w, x.handler.limits)
	if !ok {
		return nil
	}
	if x.choice.ID.IsZero() {
		return x.answerChoice(w, form, http.StatusOK, "erased")
	}
	return x.settle(w, form, consent.Choice{State: consent.Refused}, storage.Erased)
}

// settle records the choice and answers. revocation is the event by which an
// earlier consent ends, if one does.
func (x *exchange) settle(w http.ResponseWriter, form url.Values, choice consent.Choice, revocation storage.Event) error {
	events, err := x.decide(form, choice, revocation)
	for _, event := range events {
		x.handler.app.metrics.choices.WithLabelValues(string(event), string(x.method(form))).Inc()
	}
	if err != nil {
		x.handler.logger.Error("a choice couldn't be stored", "error", err)
		x.handler.app.metrics.choiceFailures.Inc()
		return x.answerChoice(w, form, http.StatusServiceUnavailable, "failed")
	}
	message := map[storage.Event]string{
		storage.Given: "saved", storage.Refused: "refused", storage.Withdrawn: "withdrawn", storage.Erased: "erased",
	}[events[len(events)-1]]
	return x.answerChoice(w, form, http.StatusOK, message)
}

// storeTimeout bounds how long a choice waits for the database. A visitor who
// goes away meanwhile doesn't end the wait: what follows from a record must not
// be left undone.
const storeTimeout = 15 * time.Second

// decide makes the choice durable and lets the exchange go on with it. Whoever
// gives up anything that was allowed withdraws that consent, whichever button did
// it (policy 3.4.1 (3)); what stays allowed is a consent of its own then. It
// returns the events that were recorded, also when it fails.
func (x *exchange) decide(form url.Values, choice consent.Choice, revocation storage.Event) (events []storage.Event, err error) {
	h, previous := x.handler, x.choice
	ctx, cancel := context.WithTimeout(context.WithoutCancel(x.request.Context()), storeTimeout)
	defer cancel()
	if _, err := h.app.keys.get(ctx); err != nil {
		return nil, err // the choice couldn't be given to the visitor
	}
	store, err := h.app.shared.open(ctx)
	if err == nil {
		err = h.keepDocuments(ctx, store)
	}
	if err == nil {
		choice.Offer, err = x.keepAsked(ctx, store, x.language(form.Get("lang")))
	}
	if err != nil {
		return nil, err
	}
	record := func(row storage.Consent, person *storage.Person) error {
		if err := h.app.shared.append(ctx, row, person); err != nil {
			return err
		}
		events = append(events, row.Event)
		return nil
	}
	revokes := !previous.ID.IsZero() && (choice.State != consent.Allowed || h.lessens(previous, choice))
	if revokes {
		row := x.row(form, revocation)
		row.ConsentID = previous.ID
		if err := h.app.shared.revoke(ctx, row, x.targets()); err != nil {
			return events, err
		}
		events = append(events, row.Event)
		x.forget(ctx, previous.ID, revocation)
	}
	choice.Edition, choice.Day = h.app.Policy.Edition, policy.DayOf(x.at, h.app.location)
	switch {
	case choice.State == consent.Allowed:
		// A block isn't lifted by whoever holds the cookie. What the visitor allows
		// meanwhile is a consent of its own; what is held under the blocked one waits
		// for the operator, for its window, or for the visitor to withdraw instead.
		blocked := h.app.shared.standing(previous.ID).Blocked
		if choice.ID = previous.ID; revokes || blocked || choice.ID.IsZero() {
			choice.ID = consent.NewID()
		}
		row := x.row(form, storage.Given)
		row.ConsentID = choice.ID
		row.ValidUntil = choice.Day.AddMonths(h.app.ChoiceMonths).Start(h.app.location)
		state := h.apiState(choice)
		row.Categories, row.Services = state.Categories, state.Services
		var person *storage.Person
		if p := x.person(); p.IP.IsValid() {
			person = &p
		}
		err = record(row, person)
	case !revokes:
		err = record(x.row(form, storage.Refused), nil)
	}
	if err != nil {
		return events, err
	}
	x.choice, x.permit = choice, h.gate.Permit(choice)
	return events, nil
}

// lessens reports whether a service that the previous choice allowed, or allowed
// while it was valid, is no longer allowed. What the visitor wasn't asked about
// then was no part of it.
func (h *Handler) lessens(previous, choice consent.Choice) bool {
	asked, known := h.app.shared.knownOffer(previous.Offer)
	previous.State = consent.Allowed
	for i, service := range h.gate.Services() {
		if known && asked[service.ID].Category != service.Category {
			continue
		}
		if h.gate.Status(previous, i) == gate.Running && h.gate.Status(choice, i) != gate.Running {
			return true
		}
	}
	return false
}

// row is a ledger row of this request, still without what was allowed.
func (x *exchange) row(form url.Values, event storage.Event) storage.Consent {
	app := x.handler.app
	language := x.language(form.Get("lang"))
	_, terms := x.handler.terms(language)
	return storage.Consent{
		Event:        event,
		At:           x.at,
		Edition:      app.Policy.Edition,
		PolicyURL:    app.Policy.URL,
		NoticeSHA256: x.notice(form),
		Language:     language,
		Method:       x.method(form),
		Site:         x.host,
		Path:         x.choicePath(form),
		Controller:   app.Controller.ID,
		CrossBorder:  app.CrossBorder == "allow",
		GPC:          x.gpc,
		DNT:          x.dnt,
		Version:      version(),

		EditionSHA256: app.edition.SHA256,
		TermsSHA256:   terms,
	}
}

// forget destroys what was recorded under a withdrawn consent (policy 3.6.2
// (3)). The withdrawal is durable already: what fails here the scheduler repeats.
func (x *exchange) forget(ctx context.Context, id consent.ID, event storage.Event) {
	reason, _ := event.Revokes()
	acts, err := x.handler.app.shared.erase(ctx, id, reason, "visitor")
	x.handler.app.metrics.observeActs(acts)
	if err != nil {
		x.handler.logger.Error("withdrawn data couldn't be destroyed at once; the scheduler tries again", "error", err)
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
		// Pages that a browser fetched or rendered ahead are of the choice before, and
		// it shows them without asking again (Clear Site Data; HTML, "speculative
		// loading").
		w.Header().Set("Clear-Site-Data", `"prefetchCache", "prerenderCache"`)
	} else {
		w.Header().Set("Retry-After", "30")
	}
	settled := status == http.StatusOK
	// A form that a script posts is led to where the browser shows that it keeps
	// cookies, too.
	if form.Get("json") != "" || x.wantsJSON() && (x.keepsCookies() || !settled) {
		return x.answerState(w, status)
	}
	if !settled {
		return x.writePage(w, status, message)
	}
	back := x.back(form)
	if u, err := url.Parse(back); err == nil && u.Path == Prefix {
		query := u.Query()
		query.Set("message", message)
		u.RawQuery = query.Encode()
		back = u.String()
	}
	w.Header().Set("Location", x.afterChoice(back, form))
	w.WriteHeader(http.StatusSeeOther)
	return nil
}

// wantsJSON reports whether a script waits for the answer, not a visitor.
func (x *exchange) wantsJSON() bool {
	return strings.Contains(x.request.Header.Get("Accept"), "application/json")
}

// answerState answers a choice to a script.
func (x *exchange) answerState(w http.ResponseWriter, status int) error {
	state := x.apiState()
	return answerJSON(w, status, struct {
		State   string   `json:"state"`
		Allowed []string `json:"allowed"`
	}{state.State, append(state.Categories, state.Services...)})
}

// setCookies sets the choice cookie and expires the cookies of services that
// the choice no longer allows.
func (x *exchange) setCookies(w http.ResponseWriter) error {
	secrets, err := x.handler.app.keys.get(x.request.Context())
	if err != nil {
		return err
	}
	codec, err := consent.NewCodec(secrets.Choices, x.site)
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
	if shareable(x.site) {
		cookie.Domain = x.site
	}
	w.Header().Add("Set-Cookie", cookie.String())
	_, denied := x.permit.Cookies(x.request.Header["Cookie"], x)
	for _, line := range gate.ExpireCookies(denied, x.host, "/", maxExpired) {
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
	if form.Get("from") == fromEmbed {
		return x.handler.banner.EmbedNotice(language)
	}
	switch x.method(form) {
	case storage.ByPage:
		return x.handler.banner.PageNotice(language)
	case storage.ByAPI:
		return "" // a form of the site's own, which the edge hasn't seen
	}
	return x.question(language).NoticeSHA256
}

func (x *exchange) language(chosen string) string {
	return x.handler.banner.Language(chosen, x.request.Header.Get("Accept-Language"))
}

// choicePath is the page on which the choice was made, without its query and
// without what may identify somebody: the ledger keeps it of those who refuse too.
func (x *exchange) choicePath(form url.Values) string {
	u, err := url.Parse(x.back(form))
	if err != nil {
		return Prefix
	}
	return inventory.BlurPath(u.Path)
}
