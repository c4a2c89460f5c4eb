package e2e

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// press strikes keys one after another.
func (b *browser) press(keys ...string) {
	b.t.Helper()
	b.do(chromedp.KeyEvent(strings.Join(keys, "")))
}

// focus tells what is focused, in the page or in the banner, and whether that can be
// seen: "a /page", "summary", "input statistics", "button accept".
const focus = `(e => [e.localName, e.value || e.getAttribute('href')].filter(Boolean).join(' '))(lens.focused())`

// hidden says why the focus can't be seen, or nothing (WCAG 2.2 §2.4.7, §2.4.11,
// §1.4.11): it needs an outline of 3:1 and must not be wholly under something else.
const hidden = `(e => {
	const style = getComputedStyle(e), r = e.getBoundingClientRect();
	if (style.outlineStyle === 'none' || !parseFloat(style.outlineWidth)) return 'no outline';
	const around = e.parentElement || e.getRootNode().host;
	const ratio = lens.contrast(lens.rgba(style.outlineColor), lens.behind(parseFloat(style.outlineOffset) < 0 ? e : around));
	if (style.outlineStyle !== 'auto' && ratio < 3) return 'its outline has a contrast of ' + ratio.toFixed(2);
	const shown = [.1, .5, .9].some(x => [.1, .5, .9].some(y => {
		const at = [r.x + r.width * x, r.y + r.height * y];
		let top = document.elementFromPoint(...at);
		while (top?.shadowRoot?.elementFromPoint(...at) && top.shadowRoot.elementFromPoint(...at) !== top) top = top.shadowRoot.elementFromPoint(...at);
		return top && (e.contains(top) || top.contains(e) && top.getRootNode() === e.getRootNode());
	}));
	return shown ? '' : 'wholly covered or out of view at ' + [r.x, r.y, r.width, r.height].map(Math.round);
})(lens.focused())`

// stops presses Tab and checks each stop.
func (b *browser) stops(want ...string) {
	b.t.Helper()
	for _, stop := range want {
		b.press(kb.Tab)
		if got := must[string](b, focus); got != stop {
			b.t.Fatalf("Tab leads to %q, not to %q", got, stop)
		}
		if why := must[string](b, hidden); why != "" {
			b.t.Errorf("the focus on %q can't be seen: %s", stop, why)
		}
	}
}

// WCAG 2.2 §2.1.1, §2.1.2, §2.4.3: the whole of a visitor's dealings by the keyboard
// alone: the choice by category, the way to the privacy page, another choice there,
// withdrawal; each stop in the order in which it is read.
func TestEverythingIsDoneByTheKeyboard(t *testing.T) {
	s := startServer(t, "CROSS_BORDER=allow")
	b := openBrowser(t, newWorld(t))
	b.screen(1280, 800)
	b.asks(s.url("/en.html"))
	closed := []string{"a https://mamen.ai/privacy.pdf", "a /.privacy/", "summary", "button refuse", "button accept"}
	b.stops(closed...)
	b.stops("a /en.html") // on to the page: nothing holds the focus
	b.do(chromedp.KeyEvent(kb.Tab, chromedp.KeyModifiers(chromedp.ModifierShift)))
	if got := must[string](b, focus); got != "button accept" {
		t.Errorf("back from the page leads to %q", got)
	}
	must[bool](b, `(privacy.open(), true)`)
	if got := must[string](b, focus); got != "summary" {
		t.Errorf("privacy.open() leads to %q", got)
	}
	b.press(kb.Enter)
	b.until(bannerPart("details") + `.open`)
	b.press(" ")
	b.until(`!` + bannerPart("details") + `.open`)
	if got := must[string](b, focus); got != "summary" {
		t.Errorf("after closing, the focus is on %q", got)
	}
	b.press(" ")
	b.stops("input functional", "input statistics")
	b.press(" ")
	b.until(bannerPart("input[value=statistics]") + `.checked`)
	b.stops("input marketing", "button save")
	b.press(kb.Enter)
	b.until(decided)
	b.equip()
	// The control has the banner's place in the order.
	b.stops("a /.privacy/")
	b.press(kb.Enter)
	b.until(`location.pathname === '/.privacy/' && document.readyState === 'complete'`)
	b.equip()
	choices := `[...document.querySelectorAll('[aria-labelledby=choices] :is(input[type=checkbox], summary)')].filter(e => e.checkVisibility()).map(e => e.matches('summary') ? 'summary' : 'input ' + e.value)`
	if ticked := must[[]string](b, `[...document.querySelectorAll('input:checked')].map(e => e.value)`); !slices.Equal(ticked, []string{"statistics"}) {
		t.Errorf("the privacy page shows %v as allowed", ticked)
	}
	b.stops("a /.privacy/?lang=ru", "a /.privacy/?lang=kk", "a /.privacy/?lang=en")
	b.stops(must[[]string](b, choices)...)
	b.stops("button save", "button refuse", "button accept", "summary", "a /.privacy/receipt", "a /.privacy/data", "button withdraw")
	b.press(kb.Enter)
	b.until(`document.readyState === 'complete' && !document.querySelector('button[value=withdraw]') && !!document.querySelector('[role=status]')`)
	b.visit(s.url("/"))
	b.until(decided)
}

// WCAG 2.2 §2.4.11: while the banner stands, the focus on the page's own links is
// never wholly under it.
func TestBannerNeverCoversTheFocus(t *testing.T) {
	s := startLooks(t)
	b := openBrowser(t, newWorld(t))
	for _, look := range looks[:3] {
		for _, size := range [][2]int64{{1280, 600}, {390, 700}} {
			b.screen(size[0], size[1])
			b.asks(s.on(look.host, "/blog.html"))
			// The last link stands at the very end, where the page can't be scrolled further.
			links := must[int](b, `(document.body.insertAdjacentHTML('beforeend', '<a href=/last>last</a>'), document.body.style.cssText = 'margin: 0; padding: 0',
				document.querySelectorAll('a[href]').length)`)
			b.press(slices.Repeat([]string{kb.Tab}, 5)...)
			for at := ""; at != "a /last"; {
				b.press(kb.Tab)
				at = must[string](b, focus)
				if strings.HasPrefix(must[string](b, hidden), "wholly") {
					t.Logf("%s, %d px: the page is to scroll to %s", look.host, size[0], at)
					b.until(`!` + hidden + `.startsWith('wholly')`)
				}
				if links--; links < -5 {
					t.Fatalf("%s, %d px: Tab never came to the last link", look.host, size[0])
				}
			}
		}
	}
}

// spoken lists roles and names of the accessibility tree below the node of a name.
func (b *browser) spoken(role, name string) []string {
	b.t.Helper()
	nodes := call(b, accessibility.GetFullAXTree, accessibility.GetFullAXTreeParams{}).Nodes
	text := func(v *accessibility.Value) string {
		if v == nil {
			return ""
		}
		var s string
		if err := json.Unmarshal(v.Value, &s); err != nil {
			return string(v.Value)
		}
		return s
	}
	byID := map[accessibility.NodeID]*accessibility.Node{}
	var root *accessibility.Node
	for _, node := range nodes {
		byID[node.NodeID] = node
		if text(node.Role) == role && text(node.Name) == name {
			root = node
		}
	}
	if root == nil {
		b.t.Fatalf("there is no %s %q", role, name)
	}
	var list []string
	var walk func(*accessibility.Node)
	walk = func(node *accessibility.Node) {
		role := text(node.Role)
		skipped := []string{"none", "generic", "paragraph", "StaticText", "InlineTextBox", "LineBreak", "form", "strong", "LabelText", "ListMarker"}
		if !node.Ignored && !slices.Contains(skipped, role) {
			list = append(list, strings.TrimSpace(role+" "+text(node.Name)))
		}
		for _, id := range node.ChildIDs {
			if child := byID[id]; child != nil {
				walk(child)
			}
		}
	}
	walk(root)
	return list
}

// WCAG 2.2 §4.1.2, §1.3.1: what a screen reader is told.
func TestScreenReaderIsToldWhatIsSeen(t *testing.T) {
	s := startServer(t, "CROSS_BORDER=allow")
	b := openBrowser(t, newWorld(t))
	b.screen(1280, 800)
	b.asks(s.url("/en.html"))
	b.openDetails(true)
	want := []string{
		"region Cookies: you decide", "heading Cookies: you decide",
		"link Policy of 12 March 2025", "link All settings", "group", "DisclosureTriangle Choose",
		"checkbox Embedded content Videos, maps and chats of other sites.",
		"checkbox Statistics What is read and where errors occur, to improve the site.",
		"checkbox Marketing Measuring advertising and choosing offers.",
		"button Save choice", "button Refuse", "button Allow",
	}
	if got := b.spoken("region", "Cookies: you decide"); !slices.Equal(got, want) {
		t.Errorf("the banner is told as\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	// What failed is said at once, without a move of the focus.
	must[bool](b, `(`+bannerPart("[role=alert]")+`.removeAttribute('hidden'), true)`)
	if got := b.spoken("region", "Cookies: you decide"); !slices.Contains(got, "alert") {
		t.Errorf("a failure is told as %q", got)
	}
	b.choose("accept")
	if got := b.spoken("link", "Privacy"); !slices.Equal(got, []string{"link Privacy"}) {
		t.Errorf("the control is told as %q", got)
	}
	b.visit(s.url("/.privacy/?lang=en"))
	got := b.spoken("main", "")
	for _, want := range []string{
		"heading Your privacy", "region Right now", "region Your choice", "group Statistics", "checkbox Statistics", "table Services in the category “Statistics”",
		"columnheader Service", "rowheader Matomo Run by ТОО «МАК IT»", "button Save choice", "button Refuse", "button Allow",
		"region What is kept about you", "link Consent receipt", "button Withdraw consent", "button Erase my data", "region Your rights",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("the privacy page doesn't tell of %q but of\n%s", want, strings.Join(got, "\n"))
		}
	}
}
