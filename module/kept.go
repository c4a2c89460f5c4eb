package module

import (
	"net/http"
	"net/url"

	"github.com/mamen-ai/consentgate/internal/consent"
)

// keptPath is where a browser is led after its first choice: there it shows whether it
// keeps cookies.
const keptPath = "kept"

// afterChoice returns where to go after a choice, in the end to back. A browser that
// sent the cookie of a choice before keeps cookies.
func (x *exchange) afterChoice(back string) string {
	if len(x.request.CookiesNamed(consent.CookieName)) > 0 {
		return back
	}
	return Prefix + keptPath + "?" + url.Values{"return": {back}}.Encode()
}

// serveKept leads on to the page in its new state, or says that a browser which keeps
// no cookies can't make a choice, which counts as a refusal (policy 5.1.2): it would be
// asked again on every page, and never learn why.
func (x *exchange) serveKept(w http.ResponseWriter) error {
	if len(x.request.CookiesNamed(consent.CookieName)) == 0 {
		return x.writePage(w, http.StatusOK, "cookieless")
	}
	w.Header().Set("Location", x.back(x.url.Query()))
	w.WriteHeader(http.StatusSeeOther)
	return nil
}
