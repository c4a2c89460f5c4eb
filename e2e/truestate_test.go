package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// routerSite is a site that changes its pages by script, as Turbo, htmx and the routers
// of frameworks do, and inserts a tracker with each.
const routerSite = `<!doctype html><html lang=en><head><meta charset=utf-8><title>router</title></head><body><main>first</main><script>
const body = text => {
	const next = document.createElement('body');
	next.innerHTML = '<main>' + text + '</main>';
	const script = document.createElement('script');
	script.src = ['https://www.googletag', 'manager.com/gtag/js?id=G-ROUTER'].join(''); // not to be found in the text
	next.append(script);
	return next;
};
window.routes = {
	push: () => { history.pushState({}, '', '/pushed'); document.querySelector('main').textContent = 'pushed'; },
	swap: () => { history.pushState({}, '', '/swapped'); document.body.replaceWith(body('swapped')); },
	transit: () => document.startViewTransition(() => { history.pushState({}, '', '/transited'); document.body.replaceWith(body('transited')); }).finished.then(() => true),
};
</script></body></html>`

// A page that changes by script stays in its state: banner or control are there after
// each step, and what a new body brings is as blocked as what the old one brought.
func TestPagesThatChangeByScriptKeepTheirState(t *testing.T) {
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, routerSite)
	}))
	t.Cleanup(origin.Close)
	s := startServer(t, "UPSTREAM="+origin.URL)
	b := openBrowser(t, newWorld(t))
	b.visit(s.url("/"))
	steps := func(state string) {
		t.Helper()
		for _, step := range []string{"push", "swap", "transit"} {
			b.do(chromedp.Evaluate[chromedp.Void](`Promise.resolve(routes.`+step+`())`, chromedp.EvalAwaitPromise))
			b.until(`location.pathname.startsWith('/` + step[:4] + `') && document.querySelector('main').textContent.startsWith('` + step[:4] + `')`)
			b.until(state)
		}
	}
	b.until(asked)
	steps(asked)
	b.choose("refuse")
	steps(decided)
	if leaks := b.leaks(); len(leaks) > 0 {
		t.Errorf("connections to %q", leaks)
	}
}

// A choice on one sub-domain is in force on another: a page that was open there asks
// when it's shown again.
func TestPageShownAgainIsInThePresentState(t *testing.T) {
	s := startServer(t)
	b := openBrowser(t, newWorld(t))
	b.visit(s.url("/"))
	b.until(asked)
	// As another window would, of another host: no channel leads here.
	must[bool](b, `(fetch('/.privacy/choice', {method: 'POST', body: new URLSearchParams({choice: 'refuse'}), headers: {Accept: 'application/json'}})
		.then(answer => window.__chosen = answer.ok), true)`)
	b.until(`window.__chosen === true`)
	if !must[bool](b, asked) {
		t.Fatal("the page knows of a choice that nobody told it")
	}
	must[bool](b, `document.dispatchEvent(new Event('visibilitychange', {bubbles: true}))`)
	b.until(decided)
}

// Without JavaScript, a browser that keeps no cookies learns after its first choice that
// this counts as a refusal, and is led in no circle.
func TestBrowserWithoutCookiesIsTold(t *testing.T) {
	s := startServer(t)
	v := newVisitor(t)
	v.client.Jar = nil
	v.header.Set("Accept-Language", "en")
	for range 2 {
		if page := v.get(s.url("/")); !hasBanner(page) {
			t.Error("the page has no banner")
		}
		response, body, err := v.try(http.MethodPost, s.url("/.privacy/choice"), map[string][]string{"choice": {"accept"}, "return": {"/"}})
		if err != nil {
			t.Fatal(err)
		}
		if response.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s: %s", response.Status, body)
		}
		told := v.get(s.url(response.Header.Get("Location")))
		if !strings.Contains(told, "Your browser keeps no cookies") {
			t.Errorf("it isn't told: %.300s", told)
		}
	}
}

// blockCookies has the browser keep no cookies of any site, as its settings do.
func (b *browser) blockCookies() {
	b.t.Helper()
	b.visit("chrome://settings/content/siteData")
	must[bool](b, `(chrome.send('setDefaultValueForContentType', ['cookies', 'block']), true)`)
}

// The same with JavaScript: the visitor is told, and asked on other pages as before.
func TestBrowserThatBlocksCookiesIsTold(t *testing.T) {
	s := startServer(t)
	b := openBrowser(t, newWorld(t))
	b.blockCookies()
	for _, answer := range []string{"accept", "refuse"} {
		b.visit(s.url("/en.html"))
		b.until(asked)
		b.click(bannerPart("button[value=" + answer + "]"))
		b.until(`location.pathname === '/.privacy/kept' && document.body.innerText.includes('Your browser keeps no cookies')`)
	}
	if cookies := b.cookies(); len(cookies) > 0 {
		t.Fatalf("cookies are kept: %v", cookies)
	}
	if leaks := b.leaks(); len(leaks) > 0 {
		t.Errorf("connections to %q", leaks)
	}
}
