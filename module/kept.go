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
// sent the cookie of a choice before keeps cookies. What is said to others is said in
// the language in which they were asked.
func (x *exchange) afterChoice(back string, form url.Values) string {
	if x.keepsCookies() {
		return back
	}
	query := url.Values{"return": {back}}
	if form.Has("lang") {
		query.Set("lang", form.Get("lang"))
	}
	return Prefix + keptPath + "?" + query.Encode()
}

func (x *exchange) keepsCookies() bool {
	return len(x.request.CookiesNamed(consent.CookieName)) > 0
}

// serveKept leads on to the page in its new state, or says that a browser which keeps
// no cookies can't make a choice, which counts as a refusal (policy 5.1.2): it would be
// asked again on every page, and never learn why. The banner's script, which comes here
// first, is told the same by the status.
func (x *exchange) serveKept(w http.ResponseWriter) error {
	kept := x.keepsCookies()
	switch {
	case kept && x.wantsJSON():
		return x.answerState(w, http.StatusOK)
	case kept:
		w.Header().Set("Location", x.back(x.url.Query()))
		w.WriteHeader(http.StatusSeeOther)
		return nil
	case x.wantsJSON():
		return x.answerState(w, http.StatusConflict)
	}
	return x.writePage(w, http.StatusOK, "cookieless")
}
