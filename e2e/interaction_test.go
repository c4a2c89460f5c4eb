package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// touches notes interactions with their parts, over reloads in the tab: until the
// handlers begin, in them, and from there to the next paint (Event Timing, Interaction
// to Next Paint), in ms.
const touches = `(() => {
	if (self !== top) return;
	const keep = entries => entries.filter(e => e.interactionId).forEach(e => {
		const all = JSON.parse(sessionStorage.touches || '[]');
		all.push({ whole: e.duration, before: e.processingStart - e.startTime, handlers: e.processingEnd - e.processingStart, paint: e.startTime + e.duration - e.processingEnd });
		sessionStorage.touches = JSON.stringify(all);
	});
	const observer = new PerformanceObserver(list => keep(list.getEntries()));
	observer.observe({ type: 'event', durationThreshold: 16, buffered: true });
	addEventListener('pagehide', () => keep(observer.takeRecords()));
})()`

// touch is one interaction, in ms; zero when it took less than 16.
type touch struct{ Whole, Before, Handlers, Paint float64 }

// How long a visitor waits for a sign of what he did, for each control of banner,
// privacy page and placeholder, beside a button of an empty page without the edge,
// pressed just before: a busy machine delays both. Printed by "make interactions",
// not judged.
func TestInteractionsArePaintedAtOnce(t *testing.T) {
	empty := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<!doctype html><meta name=viewport content="width=device-width"><title>x</title><button onclick="textContent += 'x'">x</button>`)
	}))
	t.Cleanup(empty.Close)
	s := startServer(t, "CROSS_BORDER=allow")
	b := openBrowser(t, newWorld(t))
	call(b, page.Enable, page.EnableParams{})
	call(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: touches})
	b.screen(390, 844)
	press := func(element, then string) touch {
		t.Helper()
		must[bool](b, `(delete sessionStorage.touches, true)`)
		b.click(element)
		b.until(then)
		b.do(chromedp.Evaluate[chromedp.Void](twoFrames, chromedp.EvalAwaitPromise))
		return must[touch](b, `JSON.parse(sessionStorage.touches || '[]').reduce((most, e) => e.whole > most.whole ? e : most, { whole: 0, before: 0, handlers: 0, paint: 0 })`)
	}
	const (
		privacyPage = `location.pathname === '/.privacy/' && document.readyState === 'complete'`
		answered    = privacyPage + ` && !!document.querySelector('[role=status]')`
		bodyOf      = `document.querySelector(%q)`
	)
	part := func(selector string) string { return fmt.Sprintf(bodyOf, selector) }
	undecided := func() { b.forget(); b.visit(s.url("/product.html")); b.until(asked) }
	opened := func() { undecided(); b.openDetails(true) }
	accepted := func() { undecided(); b.choose("accept") }
	settings := func() { accepted(); b.visit(s.url("/.privacy/?lang=ru")) }
	placeholder := func() { b.forget(); b.visit(s.url("/.privacy/embed/youtube")) }
	box := bannerPart("input[value=statistics]")
	controls := []struct {
		name          string
		before        func()
		element, then string
	}{
		{"banner: Accept", undecided, bannerPart("button[value=accept]"), decided},
		{"banner: Refuse", undecided, bannerPart("button[value=refuse]"), decided},
		{"banner: Choose", undecided, bannerPart("summary"), bannerPart("details") + `.open`},
		{"banner: box functional", opened, bannerPart("input[value=functional]"), bannerPart("input[value=functional]") + `.checked`},
		{"banner: box statistics", opened, box, box + `.checked`},
		{"banner: box marketing", opened, bannerPart("input[value=marketing]"), bannerPart("input[value=marketing]") + `.checked`},
		{"banner: Save", opened, bannerPart("button[value=save]"), decided},
		{"control", accepted, `document.getElementById('privacy-control').shadowRoot.querySelector('a')`, privacyPage},
		{"page: category", settings, part("input.whole"), `!` + part("input.whole") + `.checked`},
		{"page: service", func() {
			settings()
			must[bool](b, `(document.querySelectorAll('input.whole').forEach(e => e.checked = false), true)`)
		},
			part("input.single"), `document.querySelector('input.single').matches(':focus')`},
		{"page: Save", settings, part("main button[value=save]"), answered},
		{"page: Refuse", settings, part("main button[value=refuse]"), answered},
		{"page: Accept", settings, part("main button[value=accept]"), answered},
		{"page: Withdraw", settings, part("button[value=withdraw]"), answered},
		{"page: Erase", settings, part(`form[action="/.privacy/erase"] button`), answered},
		{"page: language", settings, part("nav a[lang=en]"), privacyPage + ` && document.documentElement.lang === 'en'`},
		{"placeholder: Allow", placeholder, part("button"), `location.pathname === '/' && document.readyState === 'complete'`},
	}
	for _, rate := range []float64{1, 4} {
		call(b, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: rate})
		for _, c := range controls {
			b.visit(empty.URL)
			plain := press(part("button"), `document.querySelector('button').textContent === 'xx'`)
			c.before()
			got := press(c.element, c.then)
			t.Logf("processor 1/%.0f, %-24s %s; a button of an empty page %s; ratio %.1f", rate, c.name+":", got, plain, max(got.Whole, 16)/max(plain.Whole, 16))
		}
	}
	call(b, page.Disable, cdp.Empty{})
}

func (t touch) String() string {
	if t.Whole == 0 {
		return "under 16 ms"
	}
	return fmt.Sprintf("%.0f ms (%.0f before, %.1f in handlers, %.0f to the paint)", t.Whole, t.Before, t.Handlers, t.Paint)
}

// twoFrames is done when what the page has become is painted.
const twoFrames = `new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))`
