package e2e

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/storage"
)

// places are pages on which the banner's addresses, forms, scripts or logo could go
// astray.
var places = map[string]struct {
	head    string
	headers []string // names and values
	body    string
	control bool // the banner would take no answer there
	logo    bool // is shown
	held    bool // nothing in the frame can be pressed
	silent  bool // browsers don't say from which page a form came: without a script the answer leads to the privacy page
}{
	"plain":                {logo: true},
	"base elsewhere":       {head: `<base href=https://cdn.example/a/>`, logo: true},
	"base on the own host": {head: `<base href=/a/b/>`, logo: true},
	"base in another tab":  {head: `<base target=_blank>`, logo: true},
	"base in every way":    {head: `<base target=_blank href=//cdn.example>`, logo: true},
	"pictures of the site": {headers: []string{"Content-Security-Policy", "default-src 'self'; img-src 'self'; style-src 'self'"}},
	"the same by the page": {head: `<meta http-equiv=content-security-policy content="default-src 'self'; style-src 'self'">`},
	"pictures anywhere":    {headers: []string{"Content-Security-Policy", "default-src 'self'; img-src * data:"}, logo: true},
	"sandbox":              {headers: []string{"Content-Security-Policy", "sandbox"}, control: true},
	"sandbox with scripts": {headers: []string{"Content-Security-Policy", "sandbox allow-scripts"}, control: true},
	"sandbox with forms":   {headers: []string{"Content-Security-Policy", "sandbox allow-forms allow-same-origin"}, logo: true},
	"isolated": {headers: []string{"Cross-Origin-Opener-Policy", "same-origin", "Cross-Origin-Embedder-Policy", "require-corp"},
		body: `<iframe class=video src=https://www.youtube.com/embed/x></iframe>`, logo: true},
	"frame in a sandbox": {headers: []string{"Cross-Origin-Opener-Policy", "same-origin", "Cross-Origin-Embedder-Policy", "require-corp"},
		body: `<iframe class=video sandbox="allow-same-origin allow-popups" src=https://www.youtube.com/embed/x></iframe>`, held: true, logo: true},
	"frames nowhere": {headers: []string{"Content-Security-Policy", "default-src 'none'; frame-src www.youtube.com; img-src data:"},
		body: `<iframe class=video src=https://www.youtube.com/embed/x></iframe>`, logo: true},
	"frames nowhere, by the page": {head: `<base href=https://cdn.example/><meta http-equiv=content-security-policy content="default-src 'none'; frame-src www.youtube.com; img-src data:">`,
		body: `<iframe class=video src=https://www.youtube.com/embed/x></iframe>`, logo: true},
	"no referrer told": {head: `<meta name=referrer content=no-referrer>`, headers: []string{"Permissions-Policy", "sync-xhr=(), storage-access=()", "X-Frame-Options", "DENY"}, logo: true, silent: true},
}

// Wherever a page leads its addresses and forms, and whatever it forbids, the banner's
// answer arrives and comes back to the page, nothing is complained about, and a blocked
// video shows what it would be.
func TestBannerIsAtHomeOnEveryPage(t *testing.T) {
	names := slices.Sorted(maps.Keys(places))
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		place, ok := places[strings.Trim(strings.ReplaceAll(r.URL.Path, "_", " "), "/")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		for i := 0; i < len(place.headers); i += 2 {
			w.Header().Set(place.headers[i], place.headers[i+1])
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, `<!doctype html><html lang=en><head>`+place.head+`<link rel=icon href=data:,><title>x</title></head><body><h1 id=styled>x</h1>`+place.body+`</body></html>`)
	}))
	t.Cleanup(site.Close)
	logo := filepath.Join(t.TempDir(), "logo.svg")
	if err := os.WriteFile(logo, []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="32" height="32"><rect width="32" height="32"/></svg>`), 0o600); err != nil {
		t.Fatal(err)
	}
	serve := func() *server {
		s := newServer(t, "UPSTREAM="+site.URL, "CROSS_BORDER=allow")
		config, err := os.ReadFile(s.configPath())
		if err != nil {
			t.Fatal(err)
		}
		s.writeConfig(strings.Replace(string(config), "position bottom", "position bottom\n\t\t\tlogo "+logo, 1))
		s.start()
		return s
	}
	const home = `document.readyState === 'complete' && !document.getElementById('privacy-choice') && !!document.getElementById('privacy-control')`
	w := newWorld(t)
	b := openBrowser(t, w)
	b.screen(1280, 800)
	c := b.watchConsole()
	call(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watchViolations})
	for _, scripts := range []bool{true, false} {
		s := serve()
		b.scripts(scripts)
		for _, name := range names {
			place, path := places[name], "/"+strings.ReplaceAll(name, " ", "_")
			t.Run(fmt.Sprintf("%s/scripts %t", name, scripts), func(t *testing.T) {
				b.t = t
				defer func() { call(b, storage.ClearCookies, storage.ClearCookiesParams{}) }()
				var plain visited
				if place.body == "" { // the frame itself is no part of the comparison
					plain = b.look(c, site.URL+path, "true")
				}
				w.forget()
				if place.control {
					b.look(c, s.url(path), home).wantSame(t, "undecided", plain)
					b.click(`document.getElementById('privacy-control').shadowRoot.querySelector('a')`)
					b.until(`location.pathname === '/.privacy/' && document.readyState === 'complete'`)
					b.click(`document.querySelector('main form button[value=refuse]')`)
					b.until(`!!document.querySelector('[role=status]')`)
					return
				}
				undecided := b.look(c, s.url(path), asked)
				// The edge's own policy, where it only reports, reports this.
				undecided.violations = slices.DeleteFunc(undecided.violations, func(line string) bool { return strings.HasPrefix(line, "report base-uri ") })
				undecided.wantSame(t, "undecided", plain)
				if shown := must[bool](b, `!!`+bannerPart("img")+`?.naturalWidth`); shown != place.logo {
					t.Errorf("the logo is shown: %t", shown)
				}
				switch {
				case place.held:
					b.until(videoFrame + `.contentDocument?.querySelector('h1')?.textContent === 'YouTube'`)
				case place.body != "":
					b.until(`!!` + videoButton)
				}
				b.click(bannerPart("button[value=refuse]"))
				if place.silent && !scripts {
					b.until(`location.pathname === '/.privacy/' && document.readyState === 'complete'`)
					return
				}
				b.until(home)
				after := b.shown(c)
				after.violations, after.console = plain.violations, slices.Compact(after.console)
				after.wantSame(t, "decided", plain)
				if at := must[string](b, `location.pathname`); at != path {
					t.Errorf("the answer led to %s", at)
				}
				if reached := w.reached(); len(reached) > 0 {
					t.Errorf("reached %v", reached)
				}
				b.click(`document.getElementById('privacy-control').shadowRoot.querySelector('a')`)
				b.until(`location.pathname === '/.privacy/' && document.readyState === 'complete'`)
			})
			b.t = t
		}
	}
}

// A policy that a script of the site adds, or a worker, may stop the banner's request
// and not its form.
func TestSecondTryIsTheBrowsersOwn(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, `<!doctype html><html lang=en><head><title>x</title></head><body><script>
const closing = document.createElement('meta');
closing.httpEquiv = 'Content-Security-Policy';
closing.content = "connect-src 'none'";
document.head.append(closing);
</script></body></html>`)
	}))
	t.Cleanup(site.Close)
	s := startServer(t, "UPSTREAM="+site.URL)
	b := openBrowser(t, newWorld(t))
	b.visit(s.url("/page?from=mail"))
	b.until(asked)
	b.click(bannerPart("button[value=refuse]"))
	b.until(`!` + bannerPart("[role=alert]") + `.hidden`)
	b.click(bannerPart("button[value=refuse]"))
	b.until(decided)
	if at := must[string](b, `location.pathname + location.search`); at != "/page?from=mail" {
		t.Errorf("the answer led to %s", at)
	}
}
