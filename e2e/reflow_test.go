package e2e

import (
	"fmt"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/emulation"
)

// lost lists what can't be read or reached in a document or shadow root: text that
// is cut off or beside the screen, and controls that can't be brought into view.
const lost = `(root => {
	const found = [], all = [...root.querySelectorAll('*')].filter(e => e.checkVisibility());
	if (document.documentElement.scrollWidth > innerWidth) found.push('the page is ' + document.documentElement.scrollWidth + ' px wide');
	for (const e of all) {
		const style = getComputedStyle(e), r = e.getBoundingClientRect();
		if (style.clipPath !== 'none' || e.closest('[style*=clip], caption, thead') || !r.width) continue; // for screen readers alone
		if (r.left < -.5 || r.right > innerWidth + .5) found.push(lens.name(e) + ' is beside the screen');
		if (style.overflowX !== 'visible' && e.scrollWidth > e.clientWidth) found.push(lens.name(e) + ' scrolls sideways');
		if (/hidden|clip/.test(style.overflowY) && e.scrollHeight > e.clientHeight) found.push(lens.name(e) + ' is cut off');
		if (e.localName === 'button') {
			const range = document.createRange();
			range.selectNodeContents(e);
			const text = range.getBoundingClientRect();
			if (text.left < r.left || text.right > r.right || text.top < r.top || text.bottom > r.bottom) found.push(lens.name(e) + ' is larger than its button');
		}
	}
	for (const e of all.filter(e => /^(a|button|summary|input)$/.test(e.localName))) {
		e.scrollIntoView({ block: 'center', behavior: 'instant' });
		const r = e.getClientRects()[0], at = [r.x + r.width / 2, r.y + r.height / 2];
		if (!e.contains(e.getRootNode().elementFromPoint(...at))) found.push(lens.name(e) + " can't be reached");
	}
	return found;
})`

// small lists the targets that are too small to be hit (WCAG 2.2 §2.5.8): under 24 px
// in a direction, with another target within 24 px of the middle. Of a box with a
// label, the label counts.
const small = `(root => {
	const targets = [...root.querySelectorAll('a, button, summary, input')].filter(e => e.checkVisibility()).map(e => [e, (e.closest('label') || e).getBoundingClientRect()]);
	const near = ([e, r]) => targets.some(([other, o]) => {
		const [x, y] = [r.x + r.width / 2, r.y + r.height / 2];
		const dx = Math.max(o.left - x, 0, x - o.right), dy = Math.max(o.top - y, 0, y - o.bottom);
		return other !== e && Math.hypot(dx, dy) < 12;
	});
	return targets.filter(t => Math.min(t[1].width, t[1].height) < 23.9 && near(t)).map(([e, r]) => lens.name(e) + ' ' + Math.round(r.width) + 'x' + Math.round(r.height));
})`

// moving lists what is animated.
const moving = `(root => [...root.getAnimations().map(a => a.animationName || a.transitionProperty), ...[...root.querySelectorAll('*')].filter(e => {
	const style = getComputedStyle(e);
	return style.animationName !== 'none' || !/^(0s(, )?)+$/.test(style.transitionDuration) || style.scrollBehavior !== 'auto';
}).map(lens.name)])`

// spaced lays over a document or shadow root what a reader may ask for (WCAG 2.2
// §1.4.12).
const spaced = `(root => {
	const sheet = new CSSStyleSheet();
	sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-block-end: 2em !important }');
	root.adoptedStyleSheets.push(sheet);
	return true;
})`

// Nothing is lost at 320 px, at 400 % zoom, which makes 320 by 256 px of a window of
// 1280 by 1024, and with text spaced as a reader likes (WCAG 2.2 §1.4.4, §1.4.10,
// §1.4.12); targets can be hit (§2.5.8); nothing moves (§2.3.3).
func TestNothingIsLostWhenEnlarged(t *testing.T) {
	s := startLooks(t)
	b := openBrowser(t, newWorld(t))
	none := func(where, what, root string) {
		t.Helper()
		if found := must[[]string](b, what+`(`+root+`)`); len(found) > 0 {
			t.Errorf("%s: %q", where, found)
		}
	}
	check := func(where, root string) {
		t.Helper()
		for _, size := range [][2]int64{{1280, 800}, {320, 568}, {320, 256}} {
			b.screen(size[0], size[1])
			at := fmt.Sprintf("%s, %dx%d", where, size[0], size[1])
			none(at, lost, root)
			none(at, small, root)
			none(at, moving, root)
		}
		b.screen(320, 568)
		must[bool](b, spaced+`(`+root+`)`)
		none(where+", spaced", lost, root)
	}
	for i, look := range looks[:3] {
		tongue := tongues[i]
		for _, open := range []bool{false, true} {
			b.asks(s.on(look.host, tongue.page))
			// The site's own width is the site's affair.
			must[bool](b, `(document.querySelectorAll('body > :not(#privacy-choice)').forEach(e => e.remove()), true)`)
			b.openDetails(open)
			check(fmt.Sprintf("banner %s, %s, open %t", look.host, tongue.code, open), bannerRoot)
		}
	}
	b.visit(s.url("/"))
	b.choose("accept")
	b.equip()
	check("control", `document.getElementById('privacy-control').shadowRoot`)
	for _, tongue := range tongues {
		b.visit(s.url("/.privacy/?lang=" + tongue.code))
		b.equip()
		check("page "+tongue.code, "document")
	}
	call(b, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: userAgent, AcceptLanguage: "kk"})
	b.visit(s.on("yellow.localhost", "/.privacy/embed/youtube"))
	b.equip()
	check("placeholder", "document")
}

// A page that is read from the right doesn't turn a banner that isn't, nor push it
// out of view.
func TestBannerStandsOnPagesReadFromTheRight(t *testing.T) {
	s := startLooks(t)
	b := openBrowser(t, newWorld(t))
	const boxes = `[...` + bannerRoot + `.querySelectorAll('div, h2, p, a, summary, button')].filter(e => e.checkVisibility()).flatMap(e => { const r = e.getBoundingClientRect(); return [r.x, r.y, r.width, r.height].map(Math.round) })`
	for _, look := range looks[:3] {
		for _, width := range []int64{1280, 320} {
			b.screen(width, 800)
			b.asks(s.on(look.host, "/en.html"))
			// Without a scroll bar, which changes sides.
			must[bool](b, `(document.documentElement.style.scrollbarWidth = 'none', true)`)
			left := must[[]int](b, boxes)
			must[bool](b, `(document.documentElement.dir = 'rtl', true)`)
			if right := must[[]int](b, boxes); !slices.Equal(left, right) {
				t.Errorf("%s, %d px: the banner's boxes are %v, on a page read from the left %v", look.host, width, right, left)
			}
			if wide := must[int](b, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
				t.Errorf("%s, %d px: the page is %d px wider than the screen", look.host, width, wide)
			}
		}
	}
}
