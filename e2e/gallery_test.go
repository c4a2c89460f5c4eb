package e2e

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// The gallery's frames are what visitors see: in every language, width and scheme
// nothing scrolls sideways, and Accept is like Refuse and in view. With
// E2E_SCREENSHOTS=DIR the frames are kept.
func TestGalleryShowsEveryStateInEveryLanguage(t *testing.T) {
	dir := os.Getenv("E2E_SCREENSHOTS")
	s := newServer(t)
	config, err := os.ReadFile(s.configPath())
	if err != nil {
		t.Fatal(err)
	}
	s.writeConfig(strings.Replace(string(config), "languages ru kk en", "languages ru kk en\n\t\tgallery", 1))
	s.start()
	b := openBrowser(t, newWorld(t))
	b.visit(s.url("/.privacy/gallery"))
	type frame struct {
		Scene, Lang, Scheme string
		Width, Height       int64
	}
	frames := must[[]frame](b, `[...document.querySelectorAll('iframe')].map(frame => {
		const at = new URL(frame.src), query = at.searchParams;
		return {Scene: at.pathname.split('/').pop(), Lang: query.get('lang'), Scheme: query.get('scheme'), Width: +frame.width, Height: +frame.height};
	})`)
	if len(frames) < 300 {
		t.Fatalf("%d frames", len(frames))
	}
	b.until(`[...document.querySelectorAll('iframe')].every(frame => frame.matches('[sandbox=""]'))`)
	for _, f := range frames {
		if dir == "" && f.Scheme == "dark" && !strings.HasPrefix(f.Scene, "ask-") {
			continue // colours move nothing, and only the banner's are compared
		}
		name := fmt.Sprintf("gallery-%s-%s-%d-%s", f.Scene, f.Lang, f.Width, f.Scheme)
		b.do(chromedp.EmulateViewport(f.Width, f.Height))
		b.visit(s.url(fmt.Sprintf("/.privacy/gallery/%s?lang=%s&scheme=%s", f.Scene, f.Lang, f.Scheme)))
		if wide := must[int](b, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
			t.Errorf("%s: %d px too wide", name, wide)
		}
		if lang := must[string](b, `(document.getElementById('privacy-choice') || document.getElementById('privacy-control') || document.documentElement).lang`); lang != f.Lang {
			t.Errorf("%s: it speaks %s", name, lang)
		}
		if scheme := must[string](b, `getComputedStyle(document.documentElement).colorScheme`); scheme != f.Scheme {
			t.Errorf("%s: its scheme is %s", name, scheme)
		}
		if strings.HasPrefix(f.Scene, "ask-") {
			wantEqualAnswers(b, name, f.Scene != "ask-open" && f.Scene != "ask-failed")
		}
		if dir == "" {
			continue
		}
		shot := chromedp.CaptureScreenshot()
		if strings.HasPrefix(f.Scene, "page-") {
			shot = chromedp.FullScreenshot(100)
		}
		b.shoot(filepath.Join(dir, name+".png"), shot)
	}
	if cookies := b.cookies(); len(cookies) > 0 {
		t.Errorf("the gallery set %v", cookies)
	}
	var status Status
	s.consent(&status, "status")
	if status.Verification.Rows != 0 {
		t.Errorf("the gallery left %d rows in the ledger", status.Verification.Rows)
	}
	if leaks := b.leaks(); len(leaks) > 0 {
		t.Errorf("reached %v", leaks)
	}
}

// wantEqualAnswers compares the boxes and colours of Accept and Refuse (policy
// 5.1.1), and wants them in view where the banner isn't opened.
func wantEqualAnswers(b *browser, where string, inView bool) {
	b.t.Helper()
	looks := must[[]string](b, `['accept', 'refuse'].map(value => {
		const button = `+bannerRoot+`.querySelector('button[value=' + value + ']'), r = button.getBoundingClientRect(), style = getComputedStyle(button);
		return [Math.round(r.width), Math.round(r.height), style.color, style.backgroundColor, style.borderColor, style.font, style.opacity].join(' ');
	})`)
	if looks[0] != looks[1] {
		b.t.Errorf("%s: Accept is %s, Refuse %s", where, looks[0], looks[1])
	}
	if !inView {
		return
	}
	visible := must[bool](b, `['accept', 'refuse'].every(value => {
		const root = `+bannerRoot+`, button = root.querySelector('button[value=' + value + ']'), r = button.getBoundingClientRect();
		return r.height >= 24 && r.top >= 0 && r.bottom <= innerHeight && root.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2) === button;
	})`)
	if !visible {
		b.t.Errorf("%s: an answer isn't in view", where)
	}
}

// shoot keeps a picture.
func (b *browser) shoot(path string, take chromedp.Action[[]byte]) {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		picture, err := take(ctx, target)
		if err != nil {
			return err
		}
		return os.WriteFile(path, picture, 0o644)
	}))
}

// A theme of an operator's own, in a language written from right to left: over the
// site, with its fonts, in both schemes.
func TestThemeHoldsOverTheSite(t *testing.T) {
	dir := cmp.Or(os.Getenv("E2E_SCREENSHOTS"), t.TempDir())
	own := t.TempDir()
	for name, text := range map[string]string{
		"ar.json":  `{"language": "ar", "name": "العربية", "choice": {"title": "ملفات تعريف الارتباط: القرار لك", "refuse": "رفض", "accept": "سماح", "choose": "اختيار"}}`,
		"own.css":  "h2 { letter-spacing: 3px }",
		"logo.svg": `<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32"><rect width="32" height="32" rx="8" fill="#7a1f5c"/></svg>`,
	} {
		if err := os.WriteFile(filepath.Join(own, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := newServer(t)
	config, err := os.ReadFile(s.configPath())
	if err != nil {
		t.Fatal(err)
	}
	s.writeConfig(strings.NewReplacer(
		"languages ru kk en", "languages ar\n\t\ttexts "+own+"/ar.json",
		"position bottom", "position corner\n\t\t\tradius 2\n\t\t\tfont inherit\n\t\t\tcss "+own+"/own.css\n\t\t\tlogo "+own+"/logo.svg",
		"#0b6bcb", "#f4f4f4",
	).Replace(string(config)))
	s.start()
	if !strings.Contains(s.logTail(), "shown in English") {
		t.Error("the log doesn't say which texts are missing")
	}
	b := openBrowser(t, newWorld(t))
	for _, scheme := range []string{"light", "dark"} {
		call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
		})
		b.do(chromedp.EmulateViewport(1280, 800))
		b.visit(s.url("/blog.html"))
		must[bool](b, `(document.body.style.fontFamily = 'Site Font', true)`)
		b.until(asked)
		wantEqualAnswers(b, scheme, true)
		seen := must[[]string](b, `(root => {
			const title = root.querySelector('h2'), button = root.querySelector('button[value=accept]'), logo = root.querySelector('img');
			const box = title.closest('div').getBoundingClientRect();
			return [getComputedStyle(title).fontFamily, getComputedStyle(title).direction, getComputedStyle(title).letterSpacing,
				getComputedStyle(button).borderRadius, String(logo.naturalWidth), box.left < innerWidth - box.right ? 'left' : 'right',
				getComputedStyle(document.querySelector('main h1, h1')).letterSpacing === '3px' ? 'leaks' : 'stays'];
		})(`+bannerRoot+`)`)
		want := []string{`"Site Font"`, "rtl", "3px", "1px", "32", "left", "stays"}
		if !slices.Equal(seen, want) {
			t.Errorf("%s: %q, want %q", scheme, seen, want)
		}
		edge := must[string](b, `getComputedStyle(`+bannerPart("button[value=accept]")+`).borderColor`)
		if wantEdge := map[string]string{"light": "rgb(0, 0, 0)", "dark": "rgba(0, 0, 0, 0)"}[scheme]; edge != wantEdge {
			t.Errorf("%s: the edge of a light button is %s, want %s", scheme, edge, wantEdge)
		}
		b.shoot(filepath.Join(dir, "theme-"+scheme+".png"), chromedp.CaptureScreenshot())
	}
}
