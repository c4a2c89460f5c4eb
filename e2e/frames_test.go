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

// film is what the browser shows, picture by picture, from record to stop.
type film struct {
	b         *browser
	stop      func()
	mu        sync.Mutex
	pictures  []image.Image
	malformed error
}

// record films the tab.
func (b *browser) record() *film {
	b.t.Helper()
	ctx, cancel := context.WithCancel(b.ctx)
	f := &film{b: b}
	arrived := make(chan *page.EventScreencastFrame, 1000)
	err := chromedp.Listen(ctx, func(event any) {
		if frame, ok := event.(*page.EventScreencastFrame); ok {
			arrived <- frame
		}
	})
	if err != nil {
		b.t.Fatal(err)
	}
	var developing sync.WaitGroup
	developing.Go(func() {
		for {
			select {
			case frame := <-arrived:
				picture, err := png.Decode(bytes.NewReader(frame.Data))
				f.mu.Lock()
				if err != nil {
					f.malformed = err
				} else {
					f.pictures = append(f.pictures, picture)
				}
				f.mu.Unlock()
				// Of a tab that ends, nobody waits for the next frame.
				_, _ = chromedp.Run(ctx, func(ctx context.Context, target *chromedp.Target) (cdp.Empty, error) {
					return cdp.Call(ctx, target, page.ScreencastFrameAck, page.ScreencastFrameAckParams{SessionID: frame.SessionID})
				})
			case <-ctx.Done():
				return
			}
		}
	})
	f.stop = func() {
		call(b, page.StopScreencast, cdp.Empty{})
		cancel()
		developing.Wait()
	}
	call(b, page.StartScreencast, page.StartScreencastParams{Format: "png", MaxFramesInFlight: 50})
	return f
}

// until waits for the film to come to a picture: a busy machine shows it long after
// the page has become so.
func (f *film) until(shown string, holds func(scene) bool) {
	f.b.t.Helper()
	eventually(f.b.t, shown, func() error {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.malformed != nil {
			return f.malformed
		}
		if n := len(f.pictures); n == 0 || !holds(sceneOf(f.pictures[n-1])) {
			return fmt.Errorf("the last of %d pictures doesn't show it", n)
		}
		return nil
	})
}

// cut throws away what was filmed so far but the last picture.
func (f *film) cut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.pictures = f.pictures[max(0, len(f.pictures)-1):]
}

// Colours that nothing else on the filmed page has.
var (
	mark   = color.RGBA{200, 20, 20, 255}  // of the site, where the visitor has scrolled to
	accent = color.RGBA{11, 107, 203, 255} // of Accept and Refuse: Caddyfile.example
	end    = color.RGBA{20, 160, 20, 255}  // of the mark when nothing more is filmed
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

// filmedHead begins a page that has its mark in view once it is scrolled to 700 px. Its
// heading has no margin, which would be the body's as well: where Chromium paints the
// body before its content, it would scroll with it for a moment (CSS Scroll Anchoring 1).
const filmedHead = `<!doctype html><html lang=ru><head><meta charset=utf-8><meta name=viewport content="width=device-width"><title>x</title>
<style>body { margin: 0; height: 4000px; background: #eee } h1 { margin: 0 } i { position: absolute; top: 800px; left: 100px; width: 150px; height: 150px; background: #c81414 }</style></head>`

// scene is what one picture shows of the filmed page.
type scene struct {
	banner  bool
	inPlace bool // the site's mark is where the visitor has scrolled to
	blank   bool
	ended   bool
	mark    image.Rectangle
}

func sceneOf(picture image.Image) scene {
	const viewport = 390.0
	scale := float64(picture.Bounds().Dx()) / viewport
	box := spot(picture, mark)
	x, y := float64(box.Min.X)/scale, float64(box.Min.Y)/scale
	r, g, b, _ := picture.At(2, 2).RGBA()
	return scene{
		banner:  !spot(picture, accent).Empty(),
		inPlace: !box.Empty() && x >= 96 && x <= 104 && y >= 94 && y <= 106,
		blank:   r>>8 != 0xee || g>>8 != 0xee || b>>8 != 0xee,
		ended:   !spot(picture, end).Empty(),
		mark:    box,
	}
}

// What the visitor sees from the press of an answer until the page stands in its new
// state: the page where he was, first with the banner, then without it. No picture
// is blank or shows the banner again, and none loses the page once it stands where
// the visitor was. When network or processor are slow, Chromium paints a page part by
// part, and scripts before the content make that likelier: its background may come
// before its content, and its content before the place the visitor has scrolled to.
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
			f := b.record()
			f.until(where+": the film begins with the banner over the page", func(s scene) bool { return s.banner && s.inPlace })
			f.cut()
			b.slow(slow)
			b.click(bannerPart("button[value=" + choice + "]"))
			b.until(decided)
			f.until(where+": the film comes to the page without its banner", func(s scene) bool { return !s.banner && s.inPlace })
			must[bool](b, `(document.querySelector('i').style.background = '#14a014', true)`)
			f.until(where+": the film has its end", func(s scene) bool { return s.ended })
			f.stop()
			if dir := os.Getenv("E2E_SCREENSHOTS"); dir != "" {
				f.print(filepath.Join(dir, fmt.Sprintf("answer-%s-%t", choice, slow)))
			}
			f.judge(where)
		}
	}
}

// judge holds the film, from the page that asks to its end, to what a visitor may see.
func (f *film) judge(where string) {
	var asked, answered, early int
	standing := false // the page without its banner, where the visitor was
	for i, picture := range f.pictures {
		s := sceneOf(picture)
		if s.ended {
			break
		}
		switch {
		case s.inPlace:
			standing = !s.banner
		case s.banner || standing:
			f.b.t.Errorf("%s: picture %d of %d is without the site or of another place: the mark is at %v", where, i+1, len(f.pictures), s.mark)
		default:
			early++
		}
		if s.blank {
			f.b.t.Errorf("%s: picture %d of %d is blank", where, i+1, len(f.pictures))
		}
		switch {
		case !s.banner:
			answered++
		case answered > 0:
			f.b.t.Errorf("%s: picture %d of %d shows the banner again", where, i+1, len(f.pictures))
		default:
			asked++
		}
	}
	f.b.t.Logf("%s: %d pictures with the banner, then %d without it, %d of them before the site's content", where, asked, answered, early)
}

// print writes the film's pictures to files that begin with the given path.
func (f *film) print(path string) {
	for i, picture := range f.pictures {
		f.b.shoot(fmt.Sprintf("%s-%d.png", path, i+1), func(context.Context, *chromedp.Target) ([]byte, error) {
			var out bytes.Buffer
			err := png.Encode(&out, picture)
			return out.Bytes(), err
		})
	}
}
