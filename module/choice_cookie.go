package module

import (
	"net/http"
	"strings"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
)

// choice reads the choice cookie of a site. Of two, which a sub-domain or an attacker can
// cause, the stricter counts.
func (h *Handler) choice(r *http.Request, site string, at time.Time) consent.Choice {
	cookies := r.CookiesNamed(consent.CookieName)
	if len(cookies) == 0 {
		return consent.Choice{}
	}
	secrets, err := h.app.keys.get(r.Context())
	if err != nil {
		h.logger.Error("choices can't be read; everything stays blocked", "error", err)
		return consent.Choice{}
	}
	today := policy.DayOf(at, h.app.location)
	read := func(cookie *http.Cookie) consent.Choice {
		return h.recall(r.Context(), h.decode(cookieKey{secrets, site, today, cookie.Value}))
	}
	choice := read(cookies[0])
	for _, cookie := range cookies[1:] {
		choice = consent.Stricter(choice, read(cookie))
	}
	return choice
}

// cookieKey is what the choice depends on that a cookie states.
type cookieKey struct {
	secrets *secrets
	site    string
	today   policy.Day
	value   string
}

// The longest value of a choice cookie that is remembered, and the longest name of a
// host (RFC 1035 §2.3.4), in bytes.
const (
	maxCookie = 200
	maxHost   = 253
)

// decode reads the value of a choice cookie. What the latest ones state is remembered:
// their signatures take as long as everything else about a choice.
func (h *Handler) decode(key cookieKey) consent.Choice {
	choice, known := h.choices.find(key)
	if known {
		return choice
	}
	codec, err := consent.NewCodec(key.secrets.Choices, key.site)
	if err != nil {
		h.logger.Error("choices can't be read; everything stays blocked", "error", err)
		return consent.Choice{}
	}
	choice = codec.Decode(key.value, h.app.Policy.Edition, key.today, h.app.ChoiceMonths)
	if choice.State != consent.Undecided && len(key.value) <= maxCookie && len(key.site) <= maxHost {
		key.value = strings.Clone(key.value) // not the header that it stands in
		h.choices.keep(key, choice)
	}
	return choice
}
