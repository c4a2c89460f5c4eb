package e2e

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// uneven lists what tells Accept and Refuse apart beside their words and places,
// boxes by a pixel or more and every property of their style; and what is written too
// faintly to be read (WCAG 2.2 §1.4.3). The banner is judged closed and open.
const uneven = `(root => {
	const box = e => e.getBoundingClientRect(), found = [];
	const [accept, refuse] = ['accept', 'refuse'].map(value => root.querySelector('button[value=' + value + ']'));
	// What follows from the box, to a fraction of a pixel.
	const derived = /^(width|height|inline-size|block-size|perspective-origin|transform-origin)$/;
	const judge = state => {
		const [a, r] = [box(accept), box(refuse)];
		for (const side of ['width', 'height']) {
			if (Math.abs(a[side] - r[side]) >= 1) found.push(state + side + ' of Accept ' + a[side] + ', of Refuse ' + r[side]);
		}
		if (a.top !== r.top && a.left !== r.left) found.push(state + 'Accept and Refuse share neither a row nor a column');
		const [one, other] = [getComputedStyle(accept), getComputedStyle(refuse)];
		for (const name of one) {
			if (!derived.test(name) && one[name] !== other[name]) found.push(state + name + ' of Accept ' + one[name] + ', of Refuse ' + other[name]);
		}
		for (const e of lens.parts('h1, h2, h3, p, a, b, span, summary, label, button, td, th, dt, dd, strong, code', root)) {
			const style = getComputedStyle(e), ratio = lens.contrast(lens.rgba(style.color), lens.behind(e));
			if (e.innerText.trim() && (ratio < 4.5 || style.opacity !== '1')) found.push(state + lens.name(e) + ' has a contrast of ' + ratio.toFixed(2));
		}
	};
	const details = root === document ? null : root.querySelector('details');
	for (const open of [false, true]) {
		details?.toggleAttribute('open', open);
		judge(open ? 'open: ' : '');
	}
	return found;
})`

// Accept and Refuse are equal in size, weight and colours, in every look, language,
// scheme and width, at rest, under the mouse and focused; and everything that is
// written can be read (WCAG 2.2 §1.4.3).
func TestAcceptAndRefuseAreEqualInEveryLook(t *testing.T) {
	s := startLooks(t)
	b := openBrowser(t, newWorld(t))
	even := func(where, root string) {
		t.Helper()
		if found := must[[]string](b, uneven+`(`+root+`)`); len(found) > 0 {
			t.Errorf("%s: %s", where, strings.Join(found, "\n"))
		}
	}
	everyScheme := func(where string, check func(where string)) {
		for _, scheme := range schemes {
			b.see(scheme.name)
			check(where + ", " + scheme.name)
		}
	}
	for _, look := range looks {
		for _, tongue := range tongues {
			b.screen(1280, 800)
			b.asks(s.on(look.host, tongue.page))
			for _, width := range []int64{1280, 320} {
				b.screen(width, 800)
				everyScheme(fmt.Sprintf("banner %s, %s, %d px", look.host, tongue.code, width), func(where string) {
					even(where, bannerRoot)
				})
			}
		}
		b.visit(s.on(look.host, "/.privacy/?lang=ru"))
		b.equip()
		everyScheme("page "+look.host, func(where string) { even(where, "document") })
	}
	// Under the mouse, then focused by the keyboard.
	b.screen(1280, 800)
	b.asks(s.url("/en.html"))
	for _, scheme := range schemes {
		b.see(scheme.name)
		states := map[string]map[string]string{}
		for _, value := range []string{"refuse", "accept"} {
			button := bannerPart("button[value=" + value + "]")
			style := `(style => Object.fromEntries(['color', 'backgroundColor', 'border', 'filter', 'outline', 'outlineOffset', 'boxShadow', 'textDecoration', 'fontWeight'].map(name => [name, style[name]])))(getComputedStyle(` + button + `))`
			at := must[[]float64](b, `(r => [r.x + r.width / 2, r.y + r.height / 2])(`+button+`.getBoundingClientRect())`)
			b.do(chromedp.MouseEvent("mouseMoved", at[0], at[1]))
			b.until(button + `.matches(':hover')`)
			states["hover "+value] = must[map[string]string](b, style)
			b.do(chromedp.MouseEvent("mouseMoved", 1, 1))
			must[bool](b, `(`+button+`.focus({focusVisible: true}), true)`)
			states["focus "+value] = must[map[string]string](b, style)
			if states["focus "+value]["outline"] == states["hover "+value]["outline"] {
				t.Errorf("%s: focus on %s can't be seen", scheme.name, value)
			}
		}
		for _, state := range []string{"hover", "focus"} {
			if one, other := states[state+" accept"], states[state+" refuse"]; !maps.Equal(one, other) {
				t.Errorf("%s, %s: Accept looks like %v, Refuse like %v", scheme.name, state, one, other)
			}
		}
	}
}

// Between the widths of telephones and of desks the answers must not part: one alone
// beside the settings would be smaller than the other.
func TestAcceptAndRefuseAreEqualAtEveryWidth(t *testing.T) {
	s := startLooks(t)
	b := openBrowser(t, newWorld(t))
	for _, look := range looks {
		for _, tongue := range tongues {
			b.screen(1280, 800)
			b.asks(s.on(look.host, tongue.page))
			for width := int64(320); width < 1280; width += 60 {
				b.screen(width, 800)
				if found := must[[]string](b, uneven+`(`+bannerRoot+`)`); len(found) > 0 {
					t.Errorf("banner %s, %s, %d px: %s", look.host, tongue.code, width, strings.Join(found, "\n"))
				}
			}
		}
	}
}

// GDPR art. 4 (11), recital 32: silence, ticked boxes and going on are no consent.
// Nothing that a visitor does but pressing a button is a choice.
func TestOnlyAButtonIsAChoice(t *testing.T) {
	s := startServer(t, "CROSS_BORDER=allow")
	b := openBrowser(t, newWorld(t))
	b.screen(1280, 800)
	untouched := func(after string) {
		t.Helper()
		b.until(asked)
		if ticked := must[int](b, `document.querySelectorAll('input:checked').length + `+bannerRoot+`.querySelectorAll('input:checked').length`); ticked > 0 && after != "ticking boxes" {
			t.Errorf("after %s: %d boxes are ticked", after, ticked)
		}
		if cookies := b.cookies(); len(cookies) > 0 {
			t.Errorf("after %s: the browser holds the cookies %v", after, cookies)
		}
		if kept := must[int](b, `localStorage.length + sessionStorage.length`); kept > 0 {
			t.Errorf("after %s: %d entries are stored", after, kept)
		}
	}
	b.visit(s.url("/"))
	untouched("silence")
	buttons := must[[]string](b, `[...`+bannerRoot+`.querySelectorAll('button, [role=button], input[type=submit], input[type=button]')].map(e => e.value)`)
	if !slices.Equal(buttons, []string{"save", "refuse", "accept"}) {
		t.Errorf("the banner has the buttons %v", buttons)
	}
	for _, act := range []struct {
		name string
		do   func()
	}{
		{"scrolling", func() {
			must[bool](b, `(scrollTo(0, 600), scrollTo(0, document.body.scrollHeight), true)`)
			b.do(chromedp.MouseEvent("mouseMoved", 300, 200))
		}},
		{"Escape", func() { b.do(chromedp.KeyEvent(kb.Escape + kb.Escape)) }},
		{"Escape in the banner", func() {
			must[bool](b, `(`+bannerPart("summary")+`.focus(), true)`)
			b.do(chromedp.KeyEvent(kb.Escape))
		}},
		{"a click on the page", func() { b.do(chromedp.MouseClickXY(20, 300)) }},
		{"opening and closing", func() {
			b.click(bannerPart("summary"))
			b.until(bannerPart("details") + `.open`)
			b.click(bannerPart("summary"))
			b.until(`!` + bannerPart("details") + `.open`)
		}},
		{"ticking boxes", func() {
			b.click(bannerPart("summary"))
			for _, category := range []string{"functional", "statistics", "marketing"} {
				b.click(bannerPart("input[value=" + category + "]"))
			}
			b.do(chromedp.KeyEvent(kb.Escape))
			b.click(bannerPart("summary"))
		}},
		{"loading again", func() { b.do(chromedp.Reload()) }},
		{"taking the banner out of the page", func() {
			must[bool](b, `(document.getElementById('privacy-choice').remove(), true)`)
			b.visit(s.url("/blog.html"))
		}},
		{"going on", func() { b.visit(s.url("/product.html")) }},
	} {
		act.do()
		untouched(act.name)
	}
	b.visit(s.url("/.privacy/"))
	if ticked := must[int](b, `document.querySelectorAll('input:checked, input[checked]').length`); ticked > 0 {
		t.Errorf("the privacy page ticks %d boxes in advance", ticked)
	}
	if leaks := b.leaks(); len(leaks) > 0 {
		t.Errorf("reached %v", leaks)
	}
	var status Status
	s.consent(&status, "status")
	if status.Verification.Rows != 0 {
		t.Errorf("the ledger has %d rows", status.Verification.Rows)
	}
}
