package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/storage"
)

// hostileStyles are what sites' own styles do to everything on their pages, and what
// could be meant for a banner. Sites mean all but the last few.
var hostileStyles = map[string]struct {
	css    string
	body   bool // they move or dim what lies in the body: a script brings the banner out of it
	shifts bool // the banner is where the site wants it, or flows as it wants: it stays in view and even
}{
	"none":                    {css: ``},
	"reset":                   {css: `*, *::before, *::after { margin: 0; padding: 0; border: 0; font: inherit; vertical-align: baseline; box-sizing: border-box } button { all: unset } ul, ol { list-style: none }`},
	"everything unset":        {css: `* { all: unset !important }`},
	"everything reverted":     {css: `* { all: revert !important }`},
	"no boxes":                {css: `div { display: none !important } :not(:defined) { display: none !important }`},
	"empty boxes":             {css: `div:empty, div:not([class]) { display: none !important }`},
	"small letters":           {css: `html { font-size: 62.5% } body { font: 300 1.4rem/1 serif }`},
	"letters":                 {css: `* { letter-spacing: .3em !important; word-spacing: 1em !important; text-transform: uppercase !important; text-indent: 5em !important; line-height: 3 !important; font-style: italic !important; font-variant: small-caps !important; white-space: nowrap !important }`},
	"inherited":               {css: `html { visibility: hidden; pointer-events: none; user-select: none; cursor: wait; color: #fff; text-align: right; font-size: 40px; list-style: square; quotes: none; text-shadow: 0 0 9px red; hyphens: auto; word-break: break-all; -webkit-text-fill-color: red; -webkit-text-stroke: 2px blue } body { visibility: visible; pointer-events: auto }`},
	"direction":               {css: `body { direction: rtl; unicode-bidi: bidi-override }`},
	"direction of everything": {css: `* { direction: rtl !important; unicode-bidi: bidi-override !important }`, shifts: true},
	"vertical":                {css: `html, body, div { writing-mode: vertical-rl; text-orientation: upright }`},
	"dark":                    {css: `:root { color-scheme: dark; background: #111; color: #eee; accent-color: lime; caret-color: red } `},
	"no scrolling":            {css: `html, body { overflow: hidden; height: 100%; overscroll-behavior: none; touch-action: none } body { position: fixed; inset: 0 }`},
	"grid":                    {css: `body { display: grid; grid-template-columns: 1fr 3fr; gap: 40px; place-items: center; min-height: 100vh }`},
	"row":                     {css: `body { display: flex; gap: 3rem; align-items: stretch } body > * { flex: 1; min-width: 0; order: 3 }`},
	"columns":                 {css: `body { columns: 3; column-gap: 2em }`},
	"highest layers":          {css: `header { position: fixed; inset: 0 0 auto; height: 60px; z-index: 2147483647; background: teal } main { position: relative; z-index: 2147483647; background: beige }`},
	"chat over everything":    {css: `footer { position: fixed; right: 0; bottom: 0; width: 300px; height: 300px; z-index: 2147483647; background: orange } body { isolation: isolate }`},
	"grey":                    {css: `html { filter: grayscale(1) }`},
	"moved":                   {css: `html { transform: translateX(0) }`, shifts: true},
	"moved body":              {css: `body { transform: translateX(0); will-change: transform; min-height: 200vh }`, body: true},
	"filtered body":           {css: `body { filter: invert(1) hue-rotate(180deg); backdrop-filter: blur(0); min-height: 200vh }`, body: true},
	"contained body":          {css: `body { contain: layout paint; min-height: 200vh }`, body: true},
	"perspective":             {css: `body { perspective: 500px; min-height: 200vh }`, body: true},
	"query container":         {css: `body { container-type: inline-size; min-height: 200vh }`},
	"fading in":               {css: `body { opacity: .01 }`},
	"zoomed":                  {css: `body { zoom: 1.5; overflow: hidden }`, body: true},
	"narrow body":             {css: `body { max-width: 20em; margin: 5em auto; padding: 3em; position: relative; overflow: hidden }`},
	"first child":             {css: `body > :first-child { display: none !important } body > div { position: absolute; left: -9999px }`},
	"named":                   {css: `#privacy-choice, #privacy-control { display: none !important; opacity: 0 !important; visibility: hidden !important; content-visibility: hidden !important; clip-path: inset(50%) !important; position: absolute !important; left: -999em !important }`},
	"parts":                   {css: `::part(panel), #privacy-choice::part(form) { display: none !important } #privacy-choice::before { content: "x"; position: fixed; inset: 0; background: red; z-index: 99 }`},
	"host of the banner":      {css: `:host, :host-context(body), ::slotted(*) { display: none !important }`},
	"animated":                {css: `@keyframes gone { to { opacity: 0; visibility: hidden; transform: scale(0) } } div { animation: gone 1ms forwards !important; transition: all 9s !important }`},
	"layers":                  {css: `@layer a, b; @layer a { * { all: unset !important } } @layer b { div { display: none !important } }`},
	"custom properties":       {css: `* { --accent: red; --on-accent: red; --radius: 99px; --hover: 0 }`},
	"registered":              {css: `@property --accent { syntax: "<color>"; inherits: true; initial-value: red } @counter-style x { system: cyclic; symbols: x } @font-face { font-family: system-ui; src: local("x") }`},
	"printed":                 {css: `@media screen { #privacy-choice { display: none } }`},
}

// hostilePage has what the styles speak of.
const hostilePage = `<!doctype html><html lang=en><head><meta charset=utf-8><meta name=viewport content="width=device-width"><link rel=icon href=data:,><title>x</title><style>%s</style></head>
<body><header>Header</header><main><h1>Title</h1><p>Text <a href=/x>link</a></p><div>Box</div><button>Press</button></main><footer>Footer</footer></body></html>`

func hostileSite(t *testing.T) *httptest.Server {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, hostilePage, hostileStyles[strings.Trim(r.URL.Path, "/")].css)
	}))
	t.Cleanup(site.Close)
	return site
}

// unseen lists what of the answers a visitor doesn't see or reach.
const unseen = `(root => [...root.querySelectorAll('button[value=accept], button[value=refuse]')].flatMap(e => {
	const r = e.getBoundingClientRect(), found = [];
	if (!e.checkVisibility({ opacityProperty: true, visibilityProperty: true, contentVisibilityAuto: true })) found.push(e.value + " isn't visible");
	if (r.left < 0 || r.top < 0 || r.right > innerWidth || r.bottom > innerHeight) found.push(e.value + ' is out of view at ' + [r.left, r.top, r.right, r.bottom].map(Math.round));
	if (root.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2) !== e) found.push(e.value + ' is covered');
	return found;
}))`

// Whatever the site's style does, the banner is in view, on top and of equal choice.
func TestSitesStyleCannotBreakTheBanner(t *testing.T) {
	s := startServer(t, "UPSTREAM="+hostileSite(t).URL)
	b := openBrowser(t, newWorld(t))
	b.screen(1280, 800)
	for _, scripts := range []bool{true, false} {
		b.scripts(scripts)
		b.asks(s.url("/none"))
		want := must[[]string](b, seenOf+`(`+bannerRoot+`)`)
		for _, name := range slices.Sorted(maps.Keys(hostileStyles)) {
			style := hostileStyles[name]
			if style.body && !scripts {
				continue
			}
			t.Run(fmt.Sprintf("%s/scripts %t", name, scripts), func(t *testing.T) {
				b.t = t
				b.asks(s.url("/" + url.PathEscape(name)))
				if found := must[[]string](b, unseen+`(`+bannerRoot+`)`); len(found) > 0 {
					t.Errorf("%s", strings.Join(found, "\n"))
				}
				if found := must[[]string](b, uneven+`(`+bannerRoot+`)`); len(found) > 0 {
					t.Errorf("%s", strings.Join(found, "\n"))
				}
				b.openDetails(false)
				if style.shifts {
					return
				}
				if got := must[[]string](b, seenOf+`(`+bannerRoot+`)`); !slices.Equal(got, want) {
					t.Errorf("the banner is painted as %s", firstDifference(got, want))
				}
			})
			b.t = t
		}
	}
}

// siteSeen is every element of the page but the edge's own, with its computed styles
// and its box.
const siteSeen = `[...document.querySelectorAll('*')].filter(e => !e.closest('#privacy-choice, #privacy-control') && !/^(HEAD|SCRIPT|TITLE|META|LINK|STYLE|BASE|NOSCRIPT|TEMPLATE)$/.test(e.tagName)).flatMap(e => {
	const r = e.getBoundingClientRect(), name = e.localName + (e.id && '#' + e.id) + ' ' + (e.className || '');
	return [null, '::before', '::after', '::marker'].map(pseudo => {
		const style = getComputedStyle(e, pseudo);
		return name + [pseudo, r.x, r.y, r.width, r.height] + ';' + [...style].map(property => property + ':' + style[property]).join(';');
	});
})`

// neighbourly are styles in which one element more among the body's would show.
var neighbourly = map[string]struct {
	css    string
	counts bool // they tell the body's elements by their number: a script brings the banner out of it
}{
	"plain":    {css: ``},
	"owl":      {css: `* + * { margin-top: 1.5em }`, counts: true},
	"first":    {css: `body > :first-child { margin-top: 3em; color: teal } body > :nth-child(2) { background: beige }`, counts: true},
	"of type":  {css: `body > header:first-of-type { color: teal } body > div:first-of-type { color: red } div + header { color: red }`},
	"stack":    {css: `body { display: flex; flex-direction: column; gap: 2em } body > * + * { border-top: 1px solid }`, counts: true},
	"grid":     {css: `body { display: grid; grid-template-columns: 1fr 3fr; grid-auto-flow: dense } body > :nth-child(odd) { background: beige }`, counts: true},
	"columns":  {css: `body { columns: 3 }`},
	"empty":    {css: `body:not(:has(> div)) main { color: teal }`, counts: true},
	"counting": {css: `body { counter-reset: part } body > * { counter-increment: part } main::before { content: counter(part) }`},
	"collapse": {css: `body { margin: 0 } header { margin-top: 4em } header::before { content: ""; display: table }`},
	"spaces":   {css: `body { white-space: pre-wrap }`},
}

// The edge changes no computed style and no box of any element of the site.
func TestBannerTouchesNothingOfTheSite(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, hostilePage, neighbourly[strings.Trim(r.URL.Path, "/")].css)
	}))
	t.Cleanup(site.Close)
	demo := startServer(t)
	s := startServer(t, "UPSTREAM="+site.URL)
	b := openBrowser(t, newWorld(t))
	b.screen(1280, 800)
	compare := func(name, plain, edge string) {
		t.Helper()
		t.Run(name, func(t *testing.T) {
			b.t = t
			b.visit(plain)
			want := must[[]string](b, siteSeen)
			b.visit(edge)
			b.until(asked)
			if got := must[[]string](b, siteSeen); !slices.Equal(got, want) {
				t.Errorf("undecided: %s", firstDifference(got, want))
			}
			b.choose("refuse")
			if got := must[[]string](b, siteSeen); !slices.Equal(got, want) {
				t.Errorf("decided: %s", firstDifference(got, want))
			}
			call(b, storage.ClearCookies, storage.ClearCookiesParams{})
		})
		b.t = t
	}
	for _, scripts := range []bool{true, false} {
		b.scripts(scripts)
		for _, name := range slices.Sorted(maps.Keys(neighbourly)) {
			if neighbourly[name].counts && !scripts {
				continue
			}
			compare(fmt.Sprintf("%s/scripts %t", name, scripts), site.URL+"/"+url.PathEscape(name), s.url("/"+url.PathEscape(name)))
			if strings.Contains(name, "grid") {
				s = startServer(t, "UPSTREAM="+site.URL)
			}
		}
	}
	b.scripts(false) // the demo's own scripts write what is blocked into the page
	for _, page := range pages {
		compare("demo "+page, demo.originURL(page), demo.url(page))
	}
}
