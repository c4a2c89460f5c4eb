package module_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// try_files and rewrite run before the gate, php_fastcgi after it; both change
// the path. What the visitor asked for decides all the same.
func TestRewrittenPathsStayThoseTheVisitorAskedFor(t *testing.T) {
	for name, site := range map[string]string{
		"before the gate": "rewrite * /index.html\n" + directive + "\n" + proxy,
		"after the gate":  "route {\n" + directive + "\nrewrite * /index.html\n" + proxy + "\n}",
	} {
		t.Run(name, func(t *testing.T) {
			e := start(t, options{site: site, gate: "service own {\ncategory statistics\ncollect /count\ncountry KZ\n}"})
			v := e.visit(t)
			before := e.origin.served.Load()
			if a := v.get("/count"); a.StatusCode != http.StatusNoContent || e.origin.served.Load() != before {
				t.Errorf("the collector was answered %s, and the origin asked %d times", a.Status, e.origin.served.Load()-before)
			}
			v.choose("accept")
			v.get("/products/7")
			visits, _ := e.heldUnder(v.consentID())["visits"].([]any)
			if len(visits) != 1 || visits[0].(map[string]any)["path"] != "/products/7" {
				t.Errorf("recorded: %v", visits)
			}
		})
	}
}

// A collector may be described by the site's own host.
func TestCollectorOnANamedHostOfTheSite(t *testing.T) {
	e := start(t, options{gate: "service own {\ncategory statistics\ncollect shop.test /count\ncountry KZ\n}"})
	v := e.visit(t)
	if a := v.get("/count?x=1"); a.StatusCode != http.StatusNoContent {
		t.Errorf("answered %s", a.Status)
	}
	v.host = "www.shop.test"
	if a := v.get("/count"); a.StatusCode != http.StatusOK {
		t.Errorf("another host's path was answered %s", a.Status)
	}
}

// Whatever a request says it wants, HTML is gated: a browser or a cache may show
// the answer as a page later.
func TestPagesAreGatedWhateverTheyAreFetchedAs(t *testing.T) {
	e := start(t, options{})
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=600, s-maxage=600")
		w.Header().Set("Surrogate-Control", "max-age=600")
		w.Header().Set("Cloudflare-Cdn-Cache-Control", "max-age=600")
		w.Header().Set("X-Accel-Expires", "600")
		writePage(w, `<!doctype html><html><head><script src="https://mc.yandex.ru/metrika/tag.js"></script></head></html>`)
	})
	for _, dest := range []string{"image", "script", "style", "font", "video", "worker", "empty", "iframe", "document", ""} {
		a := e.visit(t).get("/", "Sec-Fetch-Dest", dest, "Accept", "*/*")
		if strings.Contains(a.body, ` src="https://mc.yandex.ru`) {
			t.Errorf("fetched as %q the page isn't gated: %s", dest, a.body)
		}
		if got := a.Header.Get("Cache-Control"); got != "private, no-cache" {
			t.Errorf("fetched as %q it has Cache-Control: %s", dest, got)
		}
		for _, name := range []string{"Surrogate-Control", "Cloudflare-Cdn-Cache-Control", "X-Accel-Expires"} {
			if a.Header.Get(name) != "" {
				t.Errorf("fetched as %q it has %s", dest, name)
			}
		}
	}
}

func TestHTMLThatCannotBeRewrittenStaysOutOfCaches(t *testing.T) {
	e := start(t, options{})
	for name, answer := range map[string]http.HandlerFunc{
		"a part": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Content-Range", "bytes 0-3/100")
			w.WriteHeader(http.StatusPartialContent)
			fmt.Fprint(w, "<htm")
		},
		"an unknown coding": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.Header().Set("Content-Encoding", "x-unknown")
			fmt.Fprint(w, "....")
		},
		"UTF-16": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/html; charset=utf-16le")
			fmt.Fprint(w, "<\x00p\x00>\x00")
		},
	} {
		e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Cache-Control", "public, max-age=600")
			answer(w, r)
		})
		if got := e.visit(t).get("/").Header.Get("Cache-Control"); got != "private, no-store" {
			t.Errorf("%s: Cache-Control: %s", name, got)
		}
	}
}

// RFC 10036: the answer is wanted piece by piece, and gated all the same.
func TestIncrementalPageIsGatedPieceByPiece(t *testing.T) {
	e := start(t, options{})
	next := make(chan struct{})
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Incremental", "?1")
		writePage(w, `<!doctype html><html><head></head><body><p>one</p>`)
		http.NewResponseController(w).Flush()
		<-next
		fmt.Fprint(w, `<img src="https://mc.yandex.ru/watch/1"><p>two</p>`)
	})
	v := e.visit(t)
	response := v.open(v.request(http.MethodGet, "/", ""))
	first := readUntil(t, response.Body, "one")
	if !strings.Contains(first, "privacy-choice") {
		t.Error("the banner isn't in the first piece")
	}
	close(next)
	if rest := readUntil(t, response.Body, "two"); strings.Contains(rest, ` src="https://mc.yandex.ru`) {
		t.Errorf("the second piece isn't gated: %s", rest)
	}
}

// Adding a policy that depends on the choice to what caches keep needs a key.
func TestEnforcedPolicyVariesByCookie(t *testing.T) {
	for unknown, want := range map[string]bool{"allow": false, "block": true} {
		e := start(t, options{gate: "unknown " + unknown})
		e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/javascript")
			w.Header().Set("Cache-Control", "max-age=600")
			fmt.Fprint(w, "1")
		})
		a := e.visit(t).get("/worker.js", "Sec-Fetch-Dest", "worker")
		if got := strings.Contains(strings.Join(a.Header.Values("Vary"), ","), "Cookie"); got != want {
			t.Errorf("unknown %s: Vary: %q", unknown, a.Header.Values("Vary"))
		}
	}
}
