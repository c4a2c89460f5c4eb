package e2e

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// change loads the configuration with replacements of words.
func (s *server) change(pairs ...string) {
	s.t.Helper()
	raw, err := os.ReadFile(s.configPath())
	if err != nil {
		s.t.Fatal(err)
	}
	config := string(raw)
	for i := 0; i < len(pairs); i += 2 {
		if !strings.Contains(config, pairs[i]) {
			s.t.Fatalf("the configuration has no %q", pairs[i])
		}
		config = strings.Replace(config, pairs[i], pairs[i+1], 1)
	}
	s.writeConfig(config)
	if s.process == nil {
		return
	}
	if _, code := s.command("reload", "--force", "--config", s.configPath(), "--address", s.adminAddress()); code != 0 {
		s.t.Fatalf("reload ended with code %d", code)
	}
}

// shot keeps what is on the screen where E2E_SCREENSHOTS says.
func (b *browser) shot(name string) {
	b.t.Helper()
	dir := cmp.Or(os.Getenv("E2E_SCREENSHOTS"), b.t.TempDir())
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		picture, err := chromedp.CaptureScreenshot()(ctx, target)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o644)
	}))
}

// A visitor has allowed everything; then the site takes up a service, and the
// policy gets an edition for it. Nothing runs until the visitor has answered the
// banner that says so, in each language and on each screen.
func TestVisitorIsAskedAgainAndToldWhatChanged(t *testing.T) {
	source := engine(t)
	s := newServer(t, "CROSS_BORDER=allow")
	s.change(" clarity youtube", " youtube")
	s.start()
	w := newWorld(t)
	b := openBrowser(t, w)
	b.visit(s.url("/product.html"))
	b.choose("accept")
	s.change("service ga4 gtm", "service gtm ga4") // nothing that matters
	b.visit(s.url("/product.html"))
	b.until(decided)
	eventually(t, "allowed services run", func() error {
		if len(w.reached()) == 0 {
			return fmt.Errorf("nothing was loaded")
		}
		return nil
	})

	const service = " – Microsoft Clarity."
	for _, change := range []struct {
		name  string
		pairs []string
		says  map[string]string
	}{
		{"service", []string{" youtube", " clarity youtube"}, map[string]string{
			"ru": "Новое после вашего выбора: Статистика" + service, "kk": "Таңдауыңыздан кейін қосылғаны: Статистика" + service, "en": "New since your choice: Statistics" + service}},
		{"both", []string{"policy 2025-03-12", "policy 2026-03-01"}, map[string]string{
			"ru": "Вышла новая редакция политики от 01.03.2026. Что изменилось", "kk": "Саясаттың жаңа редакциясы шықты: 01.03.2026. Не өзгерді", "en": "The privacy policy has a new edition of 1 March 2026. What changed"}},
	} {
		s.change(change.pairs...)
		b.visit("about:blank")
		w.forget()
		for _, tongue := range tongues {
			for _, width := range []int64{1280, 390, 320} {
				for _, scheme := range schemes[:2] {
					where := fmt.Sprintf("again-%s-%s-%d-%s", change.name, tongue.code, width, scheme.name)
					b.screen(width, 844)
					b.see(scheme.name)
					b.asks(s.url(tongue.page))
					said := must[string](b, `[...`+bannerRoot+`.querySelectorAll('p:has(b)')].map(p => p.innerText.trim()).join('\n')`)
					if !strings.Contains(said, change.says[tongue.code]) {
						t.Errorf("%s: it says %q", where, said)
					}
					if ticked := must[int](b, bannerRoot+`.querySelectorAll('input:checked').length`); ticked > 0 {
						t.Errorf("%s: %d boxes are ticked", where, ticked)
					}
					sizes := must[[]float64](b, `(root => ['accept', 'refuse'].flatMap(value => {
						const button = root.querySelector('button[value=' + value + ']'), r = button.getBoundingClientRect();
						return [r.width, r.height, root.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2) === button ? 1 : 0];
					}))(`+bannerRoot+`)`)
					if sizes[0] != sizes[3] || sizes[1] != sizes[4] || sizes[2]+sizes[5] < 2 {
						t.Errorf("%s: the two answers are %v", where, sizes)
					}
					if width == 1280 {
						for _, f := range b.examine(source, "#privacy-choice").Violations {
							t.Errorf("%s: %s: %s\n%s", where, f.Rule, f.Help, strings.Join(f.Nodes, "\n"))
						}
					}
					b.shot(where)
				}
			}
		}
		if leaks := b.leaks(); len(leaks) > 0 {
			t.Errorf("%s: before the answer %v were reached", change.name, leaks)
		}
	}
	b.asks(s.url("/en.html"))
	b.click(bannerPart(`a[href$="#editions"]`))
	b.until(`location.pathname + location.hash === '/.privacy/#editions'`)
	if ticked := must[int](b, `document.querySelectorAll('input:checked').length`); ticked > 0 {
		t.Errorf("on the page %d boxes are ticked", ticked)
	}
	b.visit(s.url("/kk.html"))
	b.choose("accept")
	b.visit(s.url("/product.html"))
	b.until(decided)
}

// Do Not Track is the refusal that Global Privacy Control is, and what the visitor
// allows explicitly holds while the browser goes on sending it.
func TestDoNotTrackIsARefusalWithoutAQuestion(t *testing.T) {
	s := startServer(t, "CROSS_BORDER=allow")
	w := newWorld(t)
	b := openBrowser(t, w)
	call(b, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"DNT": "1"}})
	b.visit(s.url("/product.html"))
	b.until(decided)
	for _, cookie := range b.cookies() {
		if strings.HasPrefix(cookie, "privacy_choice") {
			t.Errorf("a choice was stored that nobody made: %s", cookie)
		}
	}
	if leaks := b.leaks(); len(leaks) > 0 {
		t.Errorf("reached %v", leaks)
	}
	b.visit(s.url("/.privacy/?lang=en"))
	if text := must[string](b, `document.body.innerText`); !strings.Contains(text, "Do Not Track") {
		t.Error("the page doesn't name the signal")
	}
	b.shot("dnt-page")
	b.click(`document.querySelector('button[value=accept]')`)
	b.until(`location.search.includes('message=saved')`)
	b.visit(s.url("/product.html"))
	b.until(decided)
	eventually(t, "what was allowed runs", func() error {
		if len(w.reached()) < 2 {
			return fmt.Errorf("reached %v", w.reached())
		}
		return nil
	})
}
