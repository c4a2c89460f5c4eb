package e2e

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// film is what the browser showed, picture by picture.
type film struct {
	mu     sync.Mutex
	frames [][]byte // PNG
}

// record films the tab until the returned function is called.
func (b *browser) record() (stop func() []image.Image) {
	b.t.Helper()
	f := &film{}
	ctx, cancel := context.WithCancel(b.ctx)
	arrived := make(chan int64, 1000)
	err := chromedp.Listen(ctx, func(event any) {
		if frame, ok := event.(*page.EventScreencastFrame); ok {
			f.mu.Lock()
			f.frames = append(f.frames, frame.Data)
			f.mu.Unlock()
			arrived <- frame.SessionID
		}
	})
	if err != nil {
		b.t.Fatal(err)
	}
	var answering sync.WaitGroup
	answering.Go(func() {
		for {
			select {
			case session := <-arrived:
				// Of a tab that ends, nobody waits for the next frame.
				_, _ = chromedp.Run(ctx, func(ctx context.Context, target *chromedp.Target) (cdp.Empty, error) {
					return cdp.Call(ctx, target, page.ScreencastFrameAck, page.ScreencastFrameAckParams{SessionID: session})
				})
			case <-ctx.Done():
				return
			}
		}
	})
	call(b, page.StartScreencast, page.StartScreencastParams{Format: "png", MaxFramesInFlight: 50})
	return func() []image.Image {
		b.t.Helper()
		call(b, page.StopScreencast, cdp.Empty{})
		cancel()
		answering.Wait()
		f.mu.Lock()
		defer f.mu.Unlock()
		var pictures []image.Image
		for _, frame := range f.frames {
			picture, err := png.Decode(bytes.NewReader(frame))
			if err != nil {
				b.t.Fatal(err)
			}
			pictures = append(pictures, picture)
		}
		return pictures
	}
}

// Colours that nothing else on the filmed page has.
var (
	mark   = color.RGBA{200, 20, 20, 255}  // of the site, where the visitor has scrolled to
	accent = color.RGBA{11, 107, 203, 255} // of Accept and Refuse: Caddyfile.example
)

// spot returns the box of a colour in the picture, empty when it isn't there.
func spot(picture image.Image, c color.RGBA) (box image.Rectangle) {
	near := func(one uint32, other uint8) bool {
		return max(int(one>>8), int(other))-min(int(one>>8), int(other)) < 12
	}
	bounds := picture.Bounds()
	for y := bounds.Min.Y; y < bounds.Max.Y; y += 2 {
		for x := bounds.Min.X; x < bounds.Max.X; x += 2 {
			if r, g, b, _ := picture.At(x, y).RGBA(); near(r, c.R) && near(g, c.G) && near(b, c.B) {
				box = box.Union(image.Rect(x, y, x+2, y+2))
			}
		}
	}
	return box
}

// filmedHead begins a page that has its mark in view once it is scrolled to 700 px.
const filmedHead = `<!doctype html><html lang=ru><head><meta charset=utf-8><meta name=viewport content="width=device-width"><title>x</title>
<style>body { margin: 0; height: 4000px; background: #eee } i { position: absolute; top: 800px; left: 100px; width: 150px; height: 150px; background: #c81414 }</style></head>`

// What the visitor sees from the press of an answer until the page stands in its new
// state: the page where he was, first with the banner, then without it. No picture
// is blank or shows the banner again, and none loses the page once it stands where
// the visitor was. Chromium paints a page part by part when network or processor
// are slow, as it does without the edge: its background may come before its content,
// and its content before the place the visitor has scrolled to.
func TestAnswerIsWithoutAFlash(t *testing.T) {
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, filmedHead+`<body><h1>Заголовок</h1><i></i></body></html>`)
	}))
	t.Cleanup(origin.Close)
	s := startServer(t, "UPSTREAM="+origin.URL)
	b := openBrowser(t, newWorld(t))
	call(b, page.Enable, page.EnableParams{})
	b.screen(390, 844)
	for _, slow := range []bool{false, true} {
		for _, choice := range []string{"accept", "refuse", "save"} {
			where := fmt.Sprintf("%s, slow %t", choice, slow)
			b.slow(false)
			b.forget()
			b.visit(s.url("/"))
			b.until(asked)
			must[bool](b, `(scrollTo(0, 700), true)`)
			b.until(`scrollY === 700`)
			b.openDetails(choice == "save")
			b.do(chromedp.Evaluate[chromedp.Void](twoFrames, chromedp.EvalAwaitPromise))
			b.slow(slow)
			stop := b.record()
			b.click(bannerPart("button[value=" + choice + "]"))
			b.until(decided)
			b.do(chromedp.Evaluate[chromedp.Void](twoFrames, chromedp.EvalAwaitPromise))
			// One more picture for sure: of a page that has its answer.
			must[bool](b, `(document.querySelector('h1').textContent = '.', true)`)
			b.do(chromedp.Evaluate[chromedp.Void](twoFrames, chromedp.EvalAwaitPromise))
			pictures := stop()
			if dir := os.Getenv("E2E_SCREENSHOTS"); dir != "" {
				for i, picture := range pictures {
					b.shoot(filepath.Join(dir, fmt.Sprintf("answer-%s-%t-%d.png", choice, slow, i+1)), func(context.Context, *chromedp.Target) ([]byte, error) {
						var out bytes.Buffer
						err := png.Encode(&out, picture)
						return out.Bytes(), err
					})
				}
			}
			var asked, answered, early int
			standing := false // the page without its banner, where the visitor was
			for i, picture := range pictures {
				scale := float64(picture.Bounds().Dx()) / 390
				box := spot(picture, mark)
				banner := !spot(picture, accent).Empty()
				at := image.Pt(int(float64(box.Min.X)/scale), int(float64(box.Min.Y)/scale))
				switch inPlace := at.X >= 96 && at.X <= 104 && at.Y >= 94 && at.Y <= 106; {
				case inPlace:
					standing = !banner
				case banner || standing:
					t.Errorf("%s: picture %d of %d is without the site or of another place: the mark is at %v", where, i+1, len(pictures), box)
				default:
					early++
				}
				if r, g, b, _ := picture.At(2, 2).RGBA(); r>>8 != 0xee || g>>8 != 0xee || b>>8 != 0xee {
					t.Errorf("%s: picture %d of %d is blank", where, i+1, len(pictures))
				}
				switch {
				case !banner:
					answered++
				case answered > 0:
					t.Errorf("%s: picture %d of %d shows the banner again", where, i+1, len(pictures))
				default:
					asked++
				}
			}
			if asked == 0 || answered == 0 || !standing {
				t.Errorf("%s: %d pictures show the banner and %d the page without it: the film tells nothing", where, asked, answered)
			}
			t.Logf("%s: %d pictures with the banner, then %d without it, %d of them before the site's content", where, asked, answered, early)
		}
	}
}

// twoFrames is done when what the page has become is painted.
const twoFrames = `new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))`
