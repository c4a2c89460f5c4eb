package e2e

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// Accept and Refuse are equal, in view and clickable on every screen; nothing
// makes a page scroll sideways. With E2E_SCREENSHOTS=DIR the screens are kept.
func TestBannerAndPrivacyPageFitEveryScreen(t *testing.T) {
	dir := cmp.Or(os.Getenv("E2E_SCREENSHOTS"), t.TempDir())
	s := startServer(t)
	b := openBrowser(t, newWorld(t))
	shoot := func(name string, take chromedp.Action[[]byte]) {
		b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			picture, err := take(ctx, target)
			if err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644)
		}))
	}
	fits := func(where string) {
		if wide := must[int](b, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
			t.Errorf("%s: the page is %d px wider than the screen", where, wide)
		}
	}
	for _, screen := range []struct {
		name          string
		width, height int64
	}{{"desktop", 1280, 800}, {"phone", 390, 844}} {
		for _, scheme := range []string{"light", "dark"} {
			b.do(chromedp.EmulateViewport(screen.width, screen.height))
			call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
			})
			for _, page := range pages {
				name := fmt.Sprintf("site-%s-%s-%s", cmp.Or(strings.Trim(strings.TrimSuffix(page, ".html"), "/"), "index"), screen.name, scheme)
				b.visit(s.url(page))
				b.until(asked)
				b.until(`!!document.querySelector('#trackers .live li')`)
				fits(name)
				sizes := must[[]float64](b, `(root => ['accept', 'refuse'].flatMap(value => {
					const button = root.querySelector('button[value=' + value + ']'), r = button.getBoundingClientRect();
					const top = root.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2);
					return [Math.round(r.width), Math.round(r.height), top === button && r.top >= 0 && r.bottom <= innerHeight ? 1 : 0];
				}))(`+bannerRoot+`)`)
				if sizes[0] != sizes[3] || sizes[1] != sizes[4] || sizes[1] < 24 {
					t.Errorf("%s: Accept is %gx%g, Refuse %gx%g", name, sizes[0], sizes[1], sizes[3], sizes[4])
				}
				if sizes[2] != 1 || sizes[5] != 1 {
					t.Errorf("%s: a button can't be reached", name)
				}
				shoot(name, chromedp.CaptureScreenshot())
				must[bool](b, `(document.getElementById('privacy-choice').remove(), document.getElementById('trackers').scrollIntoView({behavior: 'instant'}), true)`)
				shoot(name+"-panel", chromedp.CaptureScreenshot())
			}
			for _, language := range []string{"ru", "kk", "en"} {
				name := fmt.Sprintf("privacy-%s-%s-%s", language, screen.name, scheme)
				b.visit(s.url("/.privacy/?lang=" + language))
				fits(name)
				shoot(name, chromedp.FullScreenshot(100))
			}
		}
	}
}
