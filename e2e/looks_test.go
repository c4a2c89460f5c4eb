package e2e

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"
)

// looks are what an operator can make of the banner, each on a host of its own:
// every position, and accents that are hard to write on.
var looks = []struct{ host, options string }{
	{"localhost", ""},
	{"top.localhost", `position top`},
	{"corner.localhost", `position corner`},
	{"yellow.localhost", `accent "#ffe600"`},
	{"grey.localhost", "position corner\n\t\t\taccent \"#777\""},
}

// tongues are pages of the demo site in each language.
var tongues = []struct{ code, page string }{{"ru", "/product.html"}, {"kk", "/kk.html"}, {"en", "/en.html"}}

// schemes are the colours that a visitor can ask of every page.
var schemes = []struct {
	name   string
	scheme string // prefers-color-scheme
	forced bool   // forced-colors
}{{"light", "light", false}, {"dark", "dark", false}, {"forced colours", "dark", true}}

// startLooks starts one server that shows the demo in every look.
func startLooks(t *testing.T) *server {
	t.Helper()
	s := newServer(t, "CROSS_BORDER=allow")
	raw, err := os.ReadFile(s.configPath())
	if err != nil {
		t.Fatal(err)
	}
	config := string(raw)
	start := strings.Index(config, "\nhttp://localhost")
	end := start + strings.Index(config[start:], "\n}\n") + len("\n}\n")
	address, body, found := strings.Cut(config[start+1:end], "{")
	if start < 0 || !found || !strings.Contains(body, "banner {") {
		t.Fatalf("the example's edge isn't where it was: %q", address)
	}
	for _, look := range looks[1:] {
		before, rest, _ := strings.Cut(body, "banner {")
		_, after, _ := strings.Cut(rest, "}")
		config += fmt.Sprintf("http://%s:%d {%sbanner {\n\t\t\t%s\n\t\t}%s", look.host, s.edge, before, look.options, after)
	}
	s.writeConfig(config)
	s.start()
	return s
}

// screen sets the size of the window in CSS pixels.
func (b *browser) screen(width, height int64) {
	b.t.Helper()
	b.do(chromedp.EmulateViewport(width, height))
}

// see shows pages in a scheme.
func (b *browser) see(name string) {
	b.t.Helper()
	for _, scheme := range schemes {
		if scheme.name != name {
			continue
		}
		forced := map[bool]string{true: "active", false: "none"}[scheme.forced]
		call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme.scheme}, {Name: "forced-colors", Value: forced},
		}})
	}
}

// forget makes the browser one that has never been here.
func (b *browser) forget() {
	b.t.Helper()
	call(b, storage.ClearCookies, storage.ClearCookiesParams{})
}

// lens is what the tests need in a page to see it as a visitor does.
const lens = `window.lens ||= {
	// parts lists the elements of a kind, in the page or in the banner.
	parts(selector, root = document) { return [...root.querySelectorAll(selector)].filter(e => e.checkVisibility()) },
	canvas: new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true }),
	// rgba reads a CSS colour, each channel 0 to 255.
	rgba(text) {
		lens.canvas.clearRect(0, 0, 1, 1);
		lens.canvas.fillStyle = text;
		lens.canvas.fillRect(0, 0, 1, 1);
		return [...lens.canvas.getImageData(0, 0, 1, 1).data];
	},
	// behind is the colour that the element lies on.
	behind(element) {
		for (let e = element; e; e = e.parentElement || e.getRootNode().host) {
			const [r, g, b, a] = lens.rgba(getComputedStyle(e).backgroundColor);
			if (a === 255) return [r, g, b];
		}
		return lens.rgba('Canvas').slice(0, 3);
	},
	// contrast is the ratio of WCAG 2.2 of two colours.
	contrast(one, other) {
		const luminance = c => [.2126, .7152, .0722].reduce((sum, share, i) => {
			const v = c[i] / 255;
			return sum + share * (v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
		}, 0);
		const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
		return (light + .05) / (dark + .05);
	},
	name(e) { return e.localName + ' ' + (e.value || e.textContent).trim().slice(0, 30) },
	focused() { let e = document.activeElement; while (e?.shadowRoot?.activeElement) e = e.shadowRoot.activeElement; return e },
}, true`

// equip makes the lens ready in the page.
func (b *browser) equip() {
	b.t.Helper()
	must[bool](b, lens)
}

// asks opens a page with the banner and waits until both are complete.
func (b *browser) asks(url string) {
	b.t.Helper()
	b.visit(url)
	b.until(asked)
	b.equip()
}

// openDetails opens or closes the banner's choice by category.
func (b *browser) openDetails(open bool) {
	b.t.Helper()
	must[bool](b, fmt.Sprintf(`(%s.toggleAttribute('open', %t), true)`, bannerPart("details"), open))
}
