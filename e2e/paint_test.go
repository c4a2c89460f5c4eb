package e2e

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
)

// witness notes, from before the page's first byte on: each frame, with what it
// shows; layout shifts; and paints.
const witness = `(() => {
	if (self !== top) return;
	const seen = window.seen = { frames: [], shifts: [], paint: 0, largest: null };
	const banner = () => document.getElementById('privacy-choice')?.shadowRoot;
	const frame = () => {
		const content = document.body && [...document.body.children].some(e => !/^(SCRIPT|NOSCRIPT)$/.test(e.tagName) && !e.id.startsWith('privacy-'));
		const whole = banner()?.querySelector('button[value=accept]')?.getBoundingClientRect().height > 0;
		seen.frames.push({ at: performance.now(), content: !!content, asked: !!document.getElementById('privacy-choice'), whole: !!whole, y: Math.round(scrollY) });
		requestAnimationFrame(frame);
	};
	requestAnimationFrame(frame);
	const watch = (type, call, options = {}) => new PerformanceObserver(list => list.getEntries().forEach(call)).observe({ type, buffered: true, ...options });
	watch('layout-shift', e => seen.shifts.push({ value: e.value, nodes: e.sources.map(s => s.node?.id || s.node?.nodeName || 'in a shadow tree') }));
	watch('paint', e => { if (e.name === 'first-contentful-paint') seen.paint = e.startTime });
	watch('largest-contentful-paint', e => seen.largest = { at: e.startTime, size: e.size, node: e.element ? e.element.id || e.element.localName : 'in a shadow tree' });
})()`

// seen is what the witness noted in one document.
type seen struct {
	Frames []struct {
		At                    float64 // ms after the navigation began
		Content, Asked, Whole bool    // of the site's content, the banner or a part, all of the banner
		Y                     int     // how far the page is scrolled
	}
	Shifts []struct {
		Value float64
		Nodes []string
	}
	Paint   float64 // first contentful paint, ms after the navigation began
	Largest *struct {
		At, Size float64
		Node     string
	}
}

// slow makes the browser a phone on a slow network, the usual "slow 4G": 150 ms,
// 1.6 Mb/s, a fourth of the processor.
func (b *browser) slow(on bool) {
	b.t.Helper()
	conditions, rate := []*network.Conditions{}, 1.0
	if on {
		conditions = append(conditions, &network.Conditions{Latency: 150, DownloadThroughput: 1.6e6 / 8, UploadThroughput: 750e3 / 8})
		rate = 4
	}
	call(b, network.Enable, network.EnableParams{})
	call(b, network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: conditions})
	call(b, emulation.SetCPUThrottlingRate, emulation.SetCPUThrottlingRateParams{Rate: rate})
}

// paintedPages are pages of which each paints in another way.
var paintedPages = map[string]string{
	"/picture": `<!doctype html><html lang=ru><head><meta charset=utf-8><meta name=viewport content="width=device-width"><title>x</title><link rel=stylesheet href=/site.css><script defer src=/app.js></script></head>
<body><h1>Заголовок</h1><img src=/hero.png width=360 height=500 alt=""><p>` + words + `</p>` + tall + `</body></html>`,
	"/text": `<!doctype html><html lang=ru><head><meta charset=utf-8><meta name=viewport content="width=device-width"><title>x</title><link rel=stylesheet href=/site.css></head>
<body><h1>Заголовок</h1><p>` + words + `</p>` + tall + `</body></html>`,
	// Of a slow origin: the head comes first, the rest when its style is asked for.
	"/late": `<!doctype html><html lang=ru><head><meta charset=utf-8><meta name=viewport content="width=device-width"><title>x</title><link rel=stylesheet href=/site.css></head>
<body><h1>Заголовок</h1><p>` + words + `</p>` + tall + `</body></html>`,
	"/bare": `<!doctype html><html lang=ru><head><meta charset=utf-8><meta name=viewport content="width=device-width"><title>x</title></head>
<body><h1>Заголовок</h1><p>` + words + `</p>` + tall + `</body></html>`,
}

const (
	words = `Работает в чате, почте и мессенджерах. Знает ваш регламент, видит заказ клиента и не придумывает того, чего не нашёл. ` +
		`Отвечает на казахском и русском, разбирает заявки, сверяет счета и передаёт человеку то, что должен решить человек. ` +
		`Данные остаются в дата-центре в Алматы или у вас, за границу они не передаются. Он говорит клиенту, если не уверен.`
	tall = `<div style="height: 3000px"></div><p id=end>.</p>`
)

func paintedOrigin(t *testing.T) *httptest.Server {
	noise := image.NewGray(image.Rect(0, 0, 360, 500)) // about 180 KB: noise can't be compressed
	random := rand.New(rand.NewPCG(1, 2))
	for i := range noise.Pix {
		noise.Pix[i] = byte(random.Uint32())
	}
	var hero bytes.Buffer
	if err := png.Encode(&hero, noise); err != nil {
		t.Fatal(err)
	}
	files := map[string][2]string{
		"/site.css": {"text/css", "body { margin: 1rem; font: 18px/1.5 sans-serif }" + strings.Repeat("/* a site's style */", 500)},
		"/app.js":   {"text/javascript", "window.app = 1;" + strings.Repeat("/* a site's script */", 4000)},
		"/hero.png": {"image/png", hero.String()},
	}
	for path, text := range paintedPages {
		files[path] = [2]string{"text/html; charset=utf-8", text}
	}
	styled := make(chan struct{}, 100)
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		file, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", file[0])
		text := file[1]
		switch r.URL.Path {
		case "/site.css":
			styled <- struct{}{}
		case "/late":
			for len(styled) > 0 {
				<-styled
			}
			head, body, _ := strings.Cut(text, "</head>")
			fmt.Fprint(w, head+"</head>")
			http.NewResponseController(w).Flush()
			select {
			case <-styled:
			case <-r.Context().Done():
			}
			text = body
		}
		fmt.Fprint(w, text)
	}))
	t.Cleanup(origin.Close)
	return origin
}

// No frame shows a page without its banner, the banner moves nothing and isn't the
// largest paint, and after the choice no frame shows it again and the visitor is
// where he was. Times are printed, not judged.
func TestBannerIsInTheFirstFrameAndMovesNothing(t *testing.T) {
	origin := paintedOrigin(t)
	s := startServer(t, "UPSTREAM="+origin.URL)
	b := openBrowser(t, newWorld(t))
	call(b, page.Enable, page.EnableParams{})
	call(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: witness})
	b.screen(390, 844)
	open := func(url, largest string) seen {
		b.forget()
		b.visit("about:blank")
		call(b, network.ClearBrowserCache, cdp.Empty{})
		b.visit(url)
		b.until(`seen.paint > 0 && seen.largest?.node === '` + largest + `'`)
		return must[seen](b, `seen`)
	}
	for path, largest := range map[string]string{"/picture": "img", "/text": "p", "/bare": "p", "/late": "p"} {
		for _, slow := range []bool{true, false} {
			where := fmt.Sprintf("%s, slow %t", path, slow)
			b.slow(slow)
			plain := open(origin.URL+path, largest)
			edge := open(s.url(path), largest)
			for i, frame := range edge.Frames {
				if frame.Content && !frame.Whole {
					t.Errorf("%s: frame %d of %d shows the page without its banner", where, i, len(edge.Frames))
				}
			}
			for _, shift := range edge.Shifts {
				t.Errorf("%s: the layout shifts by %f: %v", where, shift.Value, shift.Nodes)
			}
			if len(plain.Shifts) > 0 {
				t.Errorf("%s: the page shifts without the edge: %+v", where, plain.Shifts)
			}
			// The frame that was shown first is the last that began before.
			whole := false
			for _, frame := range edge.Frames {
				if frame.At < edge.Paint {
					whole = frame.Whole
				}
			}
			if !whole {
				t.Errorf("%s: the first painted frame has no banner", where)
			}
			t.Logf("%s: first paint %.0f ms, largest %.0f ms (%s); without the edge %.0f and %.0f ms", where,
				edge.Paint, edge.Largest.At, edge.Largest.Node, plain.Paint, plain.Largest.At)
		}
	}

	for _, choice := range []string{"accept", "refuse"} {
		b.slow(true)
		open(s.url("/picture"), "img")
		must[bool](b, `(scrollTo(0, 700), true)`)
		b.until(`scrollY === 700`)
		b.click(bannerPart("button[value=" + choice + "]"))
		b.until(decided + ` && seen.paint > 0`)
		if y := must[float64](b, `Math.round(scrollY)`); y != 700 {
			t.Errorf("%s: the page comes again at %.0f px, not where the visitor was", choice, y)
		}
		answer := must[seen](b, `seen`)
		for i, frame := range answer.Frames {
			if frame.Asked || frame.Content && frame.Y != 700 {
				t.Errorf("%s: frame %d of the answer shows the banner (%t) or another place (%d px)", choice, i, frame.Asked, frame.Y)
				break
			}
		}
		for _, shift := range answer.Shifts {
			t.Errorf("%s: the answer's layout shifts by %f: %v", choice, shift.Value, shift.Nodes)
		}
	}
}
