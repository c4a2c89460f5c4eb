package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// pageServer is the demo with a history of its policy and two services of the country.
func pageServer(t *testing.T) *server {
	t.Helper()
	s := newServer(t)
	s.change("policy 2025-03-12 https://mamen.ai/privacy.pdf", `policy 2025-03-12 https://mamen.ai/privacy.pdf {
			edition 2025-03-12 {
				kk "Жазбалардың мерзімі белгіленді: 14 немесе 24 ай."
				ru "Названы сроки хранения: 14 или 24 месяца."
				en "How long records are kept is named: 14 or 24 months."
			}
			edition 2024-01-10 https://mamen.ai/privacy-2024.pdf {
				kk "Бірінші редакция."
				ru "Первая редакция."
				en "The first edition."
			}
		}`)
	s.change("service ga4 gtm", "service zero_kz ga4 gtm")
	s.start()
	return s
}

// The page in each state, language and screen says what holds, and nothing scrolls
// sideways. With E2E_SCREENSHOTS=DIR it is kept, in light and dark.
func TestPrivacyPageTellsEachState(t *testing.T) {
	dir := os.Getenv("E2E_SCREENSHOTS")
	s := pageServer(t)
	b := openBrowser(t, newWorld(t))
	b.visit(s.url("/product.html")) // something for the table of cookies
	signal := func(name string) {
		headers := network.Headers{}
		if name != "" {
			headers[name] = "1"
		}
		call(b, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: headers})
	}
	for _, state := range []struct {
		name    string
		prepare func()
		matomo  string // why it runs or not, in English
	}{
		{"undecided", func() {}, "Blocked you have not chosen yet"},
		{"gpc", func() { signal("Sec-GPC") }, "Blocked your browser refuses for you: Global Privacy Control"},
		{"dnt", func() { signal("DNT") }, "Blocked your browser refuses for you: Do Not Track"},
		{"refused", func() { signal(""); b.visit(s.url("/")); b.choose("refuse") }, "Blocked you refused"},
		{"allowed", func() { b.forget(); b.visit(s.url("/")); b.choose("accept"); b.visit(s.url("/product.html")) }, "Works you allowed it"},
	} {
		state.prepare()
		for _, screen := range []struct {
			name          string
			width, height int64
		}{{"desktop", 1280, 800}, {"phone", 390, 844}} {
			b.screen(screen.width, screen.height)
			for _, scheme := range []string{"light", "dark"} {
				if dir == "" && scheme == "dark" {
					continue // colours move nothing
				}
				b.see(scheme)
				for _, language := range []string{"en", "ru", "kk"} {
					name := fmt.Sprintf("page-%s-%s-%s-%s", state.name, language, screen.name, scheme)
					b.visit(s.url("/.privacy/?lang=" + language))
					if wide := must[int](b, `document.documentElement.scrollWidth - innerWidth`); wide > 0 {
						t.Errorf("%s: %d px too wide", name, wide)
					}
					cut := must[[]string](b, `[...document.querySelectorAll('tbody th, td, code, h2, h3, button')].filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display !== 'inline').map(e => e.textContent)`)
					if len(cut) > 0 {
						t.Errorf("%s: %q don't fit", name, cut)
					}
					if dir != "" {
						b.shoot(filepath.Join(dir, name+".png"), chromedp.FullScreenshot(100))
					}
					if language != "en" {
						continue
					}
					said := must[string](b, `[...document.querySelectorAll('tr')].find(row => row.textContent.startsWith('Matomo')).lastElementChild.innerText.replace(/\s+/g, ' ')`)
					if said != state.matomo {
						t.Errorf("%s: of Matomo it says %q, want %q", name, said, state.matomo)
					}
				}
			}
		}
	}
}

// rows returns the words of the rows of the page's table in the section.
func (b *browser) rows(section string) string {
	b.t.Helper()
	return must[string](b, fmt.Sprintf(`[...document.getElementById(%q).closest('section').querySelectorAll('tbody tr')].map(row => [...row.children].map(cell => cell.textContent.trim()).join('|')).join('\n')`, section))
}

// Without JavaScript a visitor chooses by category and by service on the page, reads
// it in another language, looks up what changed, takes the data along, has it
// erased, and withdraws.
func TestPrivacyPageDoesEverythingWithoutJavaScript(t *testing.T) {
	s := pageServer(t)
	b := openBrowser(t, newWorld(t))
	b.withoutScripts()
	b.visit(s.url("/.privacy/"))
	tick := func(value string) {
		t.Helper()
		box := fmt.Sprintf(`document.querySelector('input[value=%s]')`, value)
		before := must[bool](b, box+`.checked`)
		b.click(box)
		b.until(fmt.Sprintf(`%s.checked === %t`, box, !before))
	}
	// press waits for the page that comes in answer, which says so.
	press := func(button, says string) {
		t.Helper()
		must[bool](b, `(document.documentElement.dataset.before = true)`)
		b.click(`document.querySelector('` + button + `')`)
		b.until(`document.readyState === 'complete' && !document.documentElement.dataset.before && document.querySelector('[role=status]')?.textContent === '` + says + `'`)
	}
	ticked := func() string {
		t.Helper()
		return strings.Join(must[[]string](b, `[...document.querySelectorAll('input:checked')].map(box => box.value)`), " ")
	}
	want := func(what, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %q, want %q", what, got, want)
		}
	}

	// The language.
	b.click(`document.querySelector('a[hreflang=en]')`)
	b.until(`document.readyState === 'complete' && document.documentElement.lang === 'en'`)
	// By service, then by category.
	tick("matomo")
	press(`button[value=save]`, "Your choice is saved.")
	want("by service", ticked(), "matomo")
	want("by service", must[string](b, `document.documentElement.lang`), "en")
	tick("matomo")
	tick("statistics")
	press(`button[value=save]`, "Your choice is saved.")
	want("by category", ticked(), "statistics")

	// What is kept, and the two files.
	b.visit(s.url("/product.html"))
	b.visit(s.url("/.privacy/?lang=en"))
	eventually(t, "the visit is on the page", func() error {
		b.visit(s.url("/.privacy/?lang=en"))
		if held := b.rows("held"); !strings.Contains(held, "Page views|visits|1|") {
			return fmt.Errorf("it says %q", held)
		}
		return nil
	})
	id := must[string](b, `document.querySelector('[aria-labelledby=held] dd').textContent`)
	for _, file := range []string{"receipt", "data"} {
		address := must[string](b, `document.querySelector('a[href="/.privacy/`+file+`"]').href`)
		v := newVisitor(t)
		v.header.Set("Cookie", "privacy_choice="+b.cookie("privacy_choice"))
		if body := v.get(address); !strings.Contains(body, id) {
			t.Errorf("%s isn't about %s: %.200s", file, id, body)
		}
	}
	// What changed.
	b.visit(s.url("/.privacy/?lang=en#editions"))
	if at := must[float64](b, `document.querySelector(':target').getBoundingClientRect().top`); at < 0 || at > 600 {
		t.Errorf("#editions is at %g px", at)
	}
	want("editions", must[string](b, `[...document.querySelectorAll('.editions li')].map(item => item.textContent.replace(/\s+/g, ' ').trim()).join('; ')`),
		"Policy of 12 March 2025 in force How long records are kept is named: 14 or 24 months.; Policy of 10 January 2024 The first edition.")

	press(`form[action="/.privacy/erase"] button`, "Your consent is withdrawn and the records about you are destroyed.")
	want("erased", ticked(), "")
	if held := must[string](b, `document.getElementById('held').closest('section').textContent`); strings.Contains(held, id) {
		t.Errorf("after the erasure the page still shows the number")
	}
	tick("statistics")
	press(`button[value=save]`, "Your choice is saved.")
	press(`button[value=withdraw]`, "Your consent is withdrawn and the services have stopped.")
	want("withdrawn", ticked(), "")
	press(`button[value=refuse]`, "Your refusal is saved. Only what is necessary works.")
	press(`button[value=accept]`, "Your choice is saved.")
	want("everything", ticked(), "statistics")
	want("everything", must[string](b, `document.documentElement.lang`), "en")
	if leaks := b.leaks(); len(leaks) > 0 {
		t.Errorf("reached %v", leaks)
	}
}

// cookie returns the value of a cookie of the edge.
func (b *browser) cookie(name string) string {
	b.t.Helper()
	for _, cookie := range call(b, network.GetCookies, network.GetCookiesParams{}).Cookies {
		if cookie.Name == name {
			return cookie.Value
		}
	}
	b.t.Fatalf("there is no cookie %s", name)
	return ""
}
