package e2e

import (
	"cmp"
	"context"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// In the page: the demo's video frame, and the button that stands in its place.
const (
	videoFrame  = `document.querySelector('iframe.video')`
	videoButton = videoFrame + `?.contentDocument?.querySelector('button[value=save]')`
)

// Design §5.2: a blocked video shows a placeholder, and one click there brings
// the page again with this video and nothing else.
func TestClickOnABlockedVideoLoadsIt(t *testing.T) {
	for _, scripts := range []bool{true, false} {
		t.Run(fmt.Sprintf("scripts %t", scripts), func(t *testing.T) {
			s := startServer(t, "CROSS_BORDER=allow", "UNKNOWN=block")
			w := newWorld(t)
			b := openBrowser(t, w)
			b.do(chromedp.EmulateViewport(1280, 900)) // room for the video above the banner
			if !scripts {
				b.withoutScripts()
			}
			b.visit(s.url("/product.html?from=mail"))
			b.until(asked)
			b.until(`!!` + videoButton)
			if reached := w.reached(); len(reached) > 0 {
				t.Errorf("before the click: reached %v", reached)
			}
			at := must[[]float64](b, `(frame => {
				frame.scrollIntoView({block: 'start', behavior: 'instant'});
				const f = frame.getBoundingClientRect(), r = `+videoButton+`.getBoundingClientRect();
				return [f.x + frame.clientLeft + r.x + r.width / 2, f.y + frame.clientTop + r.y + r.height / 2];
			})(`+videoFrame+`)`)
			b.do(chromedp.MouseClickXY(at[0], at[1]))
			b.until(decided)
			eventuallyAsked(t, w, []string{"www.youtube.com/embed/DEMO0000000"})
			if at := must[string](b, `location.pathname + location.search`); at != "/product.html?from=mail" {
				t.Errorf("the page came back as %s", at)
			}
			if src := must[string](b, videoFrame+`.getAttribute('src')`); src != "https://www.youtube.com/embed/DEMO0000000" {
				t.Errorf("the frame shows %s", src)
			}
			if leaks := b.leaks(); !slices.Equal(leaks, []string{"www.youtube.com"}) {
				t.Errorf("after the click: reached %v, asked for %v", leaks, w.asked())
			}
			if cookies := b.cookies(); !slices.Equal(cookies, []string{"privacy_choice"}) {
				t.Errorf("the browser holds the cookies %v", cookies)
			}
			b.visit(s.url("/.privacy/"))
			ticked := must[[]string](b, `[...document.querySelectorAll('input[name=allow]:checked')].map(box => box.value)`)
			if !slices.Equal(ticked, []string{"youtube"}) {
				t.Errorf("the privacy page shows %v as allowed", ticked)
			}
		})
	}
}

// The placeholder's button is in view in frames of every size, and nothing
// scrolls. With E2E_SCREENSHOTS=DIR the frames are kept.
func TestPlaceholderFitsEveryFrame(t *testing.T) {
	dir := cmp.Or(os.Getenv("E2E_SCREENSHOTS"), t.TempDir())
	s := startServer(t, "CROSS_BORDER=allow")
	b := openBrowser(t, newWorld(t))
	for _, scheme := range []string{"light", "dark"} {
		call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		for _, size := range [][2]int64{{160, 90}, {200, 200}, {300, 150}, {320, 180}, {560, 315}, {1280, 720}} {
			name := fmt.Sprintf("placeholder-%dx%d-%s", size[0], size[1], scheme)
			b.do(chromedp.EmulateViewport(size[0], size[1]))
			b.visit(s.url("/.privacy/embed/youtube/at/" + base64.RawURLEncoding.EncodeToString([]byte("https://www.youtube.com/embed/DEMO0000000"))))
			fits := must[[]bool](b, `(root => {
				const button = document.querySelector('button'), r = button.getBoundingClientRect();
				return [root.scrollWidth <= innerWidth && root.scrollHeight <= innerHeight,
					r.x >= 0 && r.y >= 0 && r.right <= innerWidth && r.bottom <= innerHeight && r.height >= 24];
			})(document.documentElement)`)
			if !fits[0] {
				t.Errorf("%s: it scrolls", name)
			}
			if !fits[1] {
				t.Errorf("%s: the button is out of view or too small", name)
			}
			b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
				picture, err := chromedp.CaptureScreenshot()(ctx, target)
				if err != nil {
					return err
				}
				return os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644)
			}))
		}
	}
}
