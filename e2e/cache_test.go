package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// cachedSite is a site whose pages every cache may keep, and the same with caches.
type cachedSite struct {
	*server
	front  int          // port at which visitors arrive
	served atomic.Int64 // pages that the origin made
	maxAge atomic.Int64 // of its pages, in seconds
}

const cachedPage = `<!doctype html><html lang=ru><head><title>%s</title></head><body><p>text</p>
<script async src="https://mc.yandex.ru/metrika/tag.js"></script></body></html>`

// startCached starts the example with shared_cache before such a site, between the
// caches that are named.
func startCached(t *testing.T, before, behind *cacheServer) *cachedSite {
	t.Helper()
	site := &cachedSite{server: newServer(t, "CROSS_BORDER=allow")}
	site.maxAge.Store(600)
	modified := time.Now().Add(-time.Hour)
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		site.served.Add(1)
		w.Header().Set("Cache-Control", fmt.Sprintf("public, max-age=%d", site.maxAge.Load()))
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Etag", fmt.Sprintf(`"%s-1"`, strings.Trim(r.URL.Path, "/")))
		http.ServeContent(w, r, "", modified, strings.NewReader(fmt.Sprintf(cachedPage, r.URL.Path)))
	}))
	t.Cleanup(origin.Close)
	upstream := origin.Listener.Addr().String()
	ports := freePorts(t, 2)
	if behind != nil {
		behind.start(t, behind.config(t, ports[0], upstream), ports[0])
		upstream = fmt.Sprintf("127.0.0.1:%d", ports[0])
	}
	site.env = append(site.env, "UPSTREAM=http://"+upstream)
	site.changeConfig("\n\tconsent_gate {", "\n\tconsent_gate {\n\t\tshared_cache 1h")
	site.behindProxy()
	site.server.start()
	site.front = site.edge
	if before != nil {
		site.front = ports[1]
		before.start(t, before.config(t, site.front, fmt.Sprintf("127.0.0.1:%d", site.edge)), site.front)
	}
	return site
}

// url returns an address as visitors know it.
func (c *cachedSite) url(path string) string {
	return fmt.Sprintf("http://localhost:%d%s", c.front, path)
}

// reader is a visitor whose browser keeps one page and revalidates it.
type reader struct {
	*visitor
	site *cachedSite
	name string
	tag  string
	page string
}

func (c *cachedSite) reader(t *testing.T, name string, header ...string) *reader {
	r := &reader{visitor: newVisitor(t), site: c, name: name}
	r.header.Set("Sec-Fetch-Dest", "document")
	for i := 0; i < len(header); i += 2 {
		r.header.Set(header[i], header[i+1])
	}
	return r
}

// open gets the page, whole or by revalidation, and fails unless it is in the state.
func (r *reader) open(revalidate bool, want string) {
	r.t.Helper()
	header := r.header.Clone()
	if revalidate && r.tag != "" {
		r.header.Set("If-None-Match", r.tag)
	}
	response, body, err := r.try(http.MethodGet, r.site.url("/"), nil)
	r.header = header
	if err != nil {
		r.t.Fatal(err)
	}
	switch response.StatusCode {
	case http.StatusOK:
		r.page, r.tag = body, response.Header.Get("Etag")
	case http.StatusNotModified:
	default:
		r.t.Fatalf("%s: %s", r.name, response.Status)
	}
	if got := stateOf(r.page); got != want {
		r.t.Errorf("%s (revalidating: %t) got the page of %s instead of %s: %s %v", r.name, revalidate, got, want, response.Status, response.Header)
	}
	if cacheControl := response.Header.Get("Cache-Control"); want != "undecided" && !strings.Contains(cacheControl, "private") {
		r.t.Errorf("%s: the page of %s has Cache-Control: %s", r.name, want, cacheControl)
	}
}

func (r *reader) decide(choice string) {
	r.t.Helper()
	if err := r.tryChoose(r.site.url("/.privacy/choice"), choice); err != nil {
		r.t.Fatal(err)
	}
}

// stateOf tells for which visitors a page was made.
func stateOf(page string) string {
	runs := strings.Contains(page, ` src="https://mc.yandex.ru/metrika/tag.js"`)
	switch {
	case hasBanner(page) && !runs:
		return "undecided"
	case hasControl(page) && !runs:
		return "refused"
	case hasControl(page):
		return "allowed"
	}
	return "nobody"
}

// Between caches each visitor has the page of his own state, whatever he decides and
// however his browser comes back to it; and the caches are of use all the same.
func TestNoCacheGivesAVisitorAnothersPage(t *testing.T) {
	for _, caches := range []struct{ before, behind *cacheServer }{
		{&documentedNginx, nil}, {&carelessNginx, nil}, {&documentedVarnish, nil},
		{nil, &carelessNginx}, {nil, &documentedVarnish},
		{&documentedVarnish, &carelessNginx},
	} {
		name := "before: none"
		if caches.before != nil {
			name = "before: " + caches.before.name
		}
		if caches.behind != nil {
			name += ", behind: " + caches.behind.name
		}
		t.Run(name, func(t *testing.T) {
			site := startCached(t, caches.before, caches.behind)
			fill := func() { // so that every step meets a cache that holds a page
				t.Helper()
				site.reader(t, "a newcomer").open(false, "undecided")
			}
			fill()
			made := site.served.Load()
			for range 5 {
				fill()
			}
			if again := site.served.Load() - made; again > 0 {
				t.Errorf("the origin made the page of 5 further newcomers %d times", again)
			}
			grants, refuses := site.reader(t, "who grants"), site.reader(t, "who refuses")
			signals := site.reader(t, "who signals", "Sec-GPC", "1")
			everyone := func(granting, refusing string) {
				t.Helper()
				for _, revalidate := range []bool{true, false, true} { // reload, back, revalidate
					fill()
					grants.open(revalidate, granting)
					refuses.open(revalidate, refusing)
					signals.open(revalidate, "refused")
				}
			}
			everyone("undecided", "undecided")
			grants.decide("accept")
			everyone("allowed", "undecided")
			refuses.decide("refuse")
			everyone("allowed", "refused")
			grants.decide("withdraw")
			everyone("refused", "refused")
			refuses.decide("accept")
			everyone("refused", "allowed")
			refuses.decide("refuse")
			everyone("refused", "refused")
		})
	}
}

// A cache that asks whether the page it keeps is still right gets it for the same
// visitors and no others.
func TestCachesRevalidateThePageTheyKeep(t *testing.T) {
	for _, before := range []cacheServer{documentedNginx, documentedVarnish} {
		t.Run(before.name, func(t *testing.T) {
			site := startCached(t, &before, nil)
			site.maxAge.Store(1)
			allowed := site.reader(t, "who grants")
			allowed.open(false, "undecided")
			allowed.decide("accept")
			for range 3 {
				made := site.served.Load()
				eventually(t, "the cache asks again", func() error {
					site.reader(t, "a newcomer").open(false, "undecided")
					if site.served.Load() == made {
						return fmt.Errorf("it has not")
					}
					return nil
				})
				allowed.open(true, "allowed")
			}
		})
	}
}

// In a browser, history included: with a cache in front that holds the undecided page.
func TestBackThroughACacheShowsTheVisitorsState(t *testing.T) {
	site := startCached(t, &documentedNginx, nil)
	for _, path := range []string{"/", "/second"} {
		site.reader(t, "a newcomer").get(site.url(path))
	}
	b := openBrowser(t, newWorld(t))
	state := func(want string) {
		t.Helper()
		b.until(decided + ` && privacy.choice.state === '` + want + `'`)
	}
	back := func(steps int) {
		t.Helper()
		must[bool](b, fmt.Sprintf(`(history.go(-%d), true)`, steps))
		b.until(`location.pathname === '/'`)
	}
	b.visit(site.url("/"))
	b.until(asked)
	b.visit(site.url("/second"))
	b.choose("accept")
	state("allowed")
	back(1)
	state("allowed")
	b.do(chromedp.Reload())
	state("allowed")
	b.visit(site.url("/.privacy/"))
	b.click(`document.querySelector('button[value=withdraw]')`)
	b.until(`document.readyState === 'complete' && !document.querySelector('button[value=withdraw]')`)
	back(2) // the answer is a page of its own
	state("refused")
	b.visit(site.url("/second"))
	state("refused")
	back(1)
	state("refused")
}
