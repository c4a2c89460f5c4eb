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
		chosen := v.post("choice", url.Values{"choice": {"accept"}, "return": {"/shop?page=2"}})
		chosen.want(t, http.StatusSeeOther)
		chosen.wantHeader(t, "Location", "/.privacy/kept?return=%2Fshop%3Fpage%3D2")
		clear(v.cookies)
		v.get("/.privacy/kept?return=%2Fshop%3Fpage%3D2", "Accept-Language", "en").want(t, http.StatusOK, "Your browser keeps no cookies", "counts as a refusal")
		a := v.get("/")
		a.want(t, http.StatusOK, "privacy-choice")
		if strings.Contains(a.body, ` src="/matomo.js"`) {
			t.Errorf("statistics run without a choice on the browser: %s", a.body)
		}
	}
}

// A browser that keeps cookies is led on to where it was, on this site.
func TestBrowserWithCookiesIsLedOnAfterItsChoice(t *testing.T) {
	e := start(t, options{})
	v := e.visit(t)
	v.post("choice", url.Values{"choice": {"refuse"}, "return": {"/shop?page=2"}}).want(t, http.StatusSeeOther)
	for asked, want := range map[string]string{
		"return=%2Fshop%3Fpage%3D2": "/shop?page=2", "return=https%3A%2F%2Fother.example%2F": "/.privacy/", "return=%2F%2Fother.example": "/.privacy/", "": "/.privacy/",
	} {
		a := v.get("/.privacy/kept?" + asked)
		a.want(t, http.StatusSeeOther)
		a.wantHeader(t, "Location", want)
	}
	again := v.post("choice", url.Values{"choice": {"accept"}, "return": {"/shop"}})
	again.wantHeader(t, "Location", "/shop")
}

// The banner's script learns the same from where its first choice is led.
func TestScriptLearnsWhetherCookiesAreKept(t *testing.T) {
	v := start(t, options{}).visit(t)
	first := v.post("choice", url.Values{"choice": {"accept"}, "return": {"/shop"}, "lang": {"kk"}}, "Accept", "application/json")
	first.want(t, http.StatusSeeOther)
	const kept = "/.privacy/kept?lang=kk&return=%2Fshop"
	first.wantHeader(t, "Location", kept)
	v.get(kept, "Accept", "application/json").want(t, http.StatusOK, `"state": "allowed"`)
	clear(v.cookies)
	v.get(kept, "Accept", "application/json").want(t, http.StatusConflict, `"state": "undecided"`)
	v.get(kept).want(t, http.StatusOK, "Браузеріңіз cookie сақтамайды")
}
