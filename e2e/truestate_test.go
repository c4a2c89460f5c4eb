package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/target"
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

// What of a browser is opened beside what is open.
var newTab, newWindow = chromedp.WithNewWindow(false), chromedp.WithNewWindow(true)

// open opens another tab or window of the browser, or one that is open, by the option.
func (b *browser) open(which chromedp.ContextOption) *browser {
	b.t.Helper()
	ctx, closeTab := chromedp.NewContext(b.ctx, which)
	b.t.Cleanup(closeTab)
	if err := chromedp.Do(ctx); err != nil {
		b.t.Fatalf("opening a tab: %v", err)
	}
	return &browser{t: b.t, ctx: ctx, world: b.world}
}

// bringToFront shows the tab to the visitor.
func (b *browser) bringToFront() {
	b.t.Helper()
	call(b, page.BringToFront, cdp.Empty{})
	b.until(`document.visibilityState === 'visible'`)
}

// A choice on one page is in force on all: what is open in another tab, of the same
// host or of another of the site, is in its present state when the visitor comes back.
func TestTabShownAgainIsInThePresentState(t *testing.T) {
	s := startServer(t)
	for name, host := range map[string]string{"another tab": "www." + domain, "another sub-domain": "shop." + domain} {
		t.Run(name, func(t *testing.T) {
			first := openBrowser(t, newWorld(t))
			first.visit(s.on("www."+domain, "/"))
			first.until(asked)
			second := first.open(newTab)
			first.until(`document.hidden`)
			second.visit(s.on(host, "/blog.html"))
			second.choose("refuse")
			if !must[bool](first, asked) {
				t.Error("a page that nobody sees loads anew")
			}
			first.bringToFront()
			first.until(decided + ` && privacy.choice.state === 'refused'`)
			first.visit(s.on("www."+domain, "/.privacy/"))
			first.click(`document.querySelector('button[value=accept]')`)
			first.until(`document.readyState === 'complete' && !!document.querySelector('button[value=withdraw]')`)
			second.bringToFront()
			second.until(decided + ` && privacy.choice.state === 'allowed'`)
		})
	}
}

// Of two windows side by side both are seen: the one follows the other at once.
func TestWindowFollowsAChoiceMadeInAnother(t *testing.T) {
	s := startServer(t)
	first := openBrowser(t, newWorld(t))
	first.visit(s.url("/"))
	first.until(asked)
	second := first.open(newWindow)
	second.visit(s.url("/blog.html"))
	if must[bool](first, `document.hidden`) {
		t.Fatal("the first window isn't in view")
	}
	second.choose("accept")
	first.until(decided + ` && privacy.choice.state === 'allowed'`)
}

// What the edge inserts, an open channel among it, keeps no page out of the browser's
// back/forward cache.
func TestPageComesBackFromTheCacheAsItWas(t *testing.T) {
	s := startServer(t)
	b := openBrowser(t, newWorld(t))
	for _, choice := range []string{"", "refuse"} {
		b.visit(s.url("/blog.html"))
		if choice != "" {
			b.choose(choice)
		}
		must[bool](b, `window.before = true`)
		b.visit(s.url("/en.html"))
		must[bool](b, `(history.back(), true)`)
		b.until(`location.pathname === '/blog.html' && document.readyState === 'complete'`)
		if !must[bool](b, `!!window.before`) {
			t.Errorf("after %q the page is loaded anew: %s", choice, must[string](b, `JSON.stringify(performance.getEntriesByType('navigation')[0].notRestoredReasons)`))
		}
	}
}

// A page that the browser opens again after its end is in the present state, though
// the browser would rather take it from its cache.
func TestRestoredSessionIsInThePresentState(t *testing.T) {
	s := startServer(t)
	profile := t.TempDir()
	before := openBrowser(t, newWorld(t), chromedp.UserDataDir(profile))
	before.visit(s.url("/en.html"))
	before.until(asked)
	other := before.open(newTab)
	other.visit(s.url("/blog.html"))
	other.choose("refuse")
	if err := chromedp.Cancel(before.ctx); err != nil {
		t.Fatal(err)
	}

	after := openBrowser(t, newWorld(t), chromedp.UserDataDir(profile), chromedp.Flag("restore-last-session", true))
	var restored []target.ID
	eventually(t, "the tabs are open again", func() error {
		targets, err := chromedp.Targets(after.ctx)
		restored = nil
		for _, tab := range targets {
			if strings.Contains(tab.URL, "localhost") {
				restored = append(restored, tab.TargetID)
			}
		}
		if err == nil && len(restored) < 2 {
			err = fmt.Errorf("only %d are", len(restored))
		}
		return err
	})
	for _, id := range restored {
		shown := after.open(chromedp.WithTargetID(id))
		shown.bringToFront()
		shown.until(decided + ` && privacy.choice.state === 'refused'`)
	}
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
