package module_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Policy 5.1.2: visitors may block cookies in their browser. Nothing is allowed
// then, pages come as before, and nothing leads in circles.
func TestBrowserWithoutCookiesIsServedAndAllowsNothing(t *testing.T) {
	e := start(t, options{})
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		writePage(w, `<!doctype html><html><head><script src="/matomo.js"></script></head><body></body></html>`)
	})
	v := e.visit(t)
	for range 3 {
		v.post("choice", url.Values{"choice": {"accept"}, "return": {"/"}}).want(t, http.StatusSeeOther)
		clear(v.cookies)
		a := v.get("/")
		a.want(t, http.StatusOK, "privacy-choice")
		if strings.Contains(a.body, ` src="/matomo.js"`) {
			t.Errorf("statistics run without a choice on the browser: %s", a.body)
		}
	}
}
