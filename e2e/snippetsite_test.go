package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/snippettest"
)

// snippetSite is a site whose pages include all usual snippets, one page for each
// shape, each snippet followed by code of the page's own that calls it.
type snippetSite struct {
	origin     string
	snippets   []snippettest.Service
	categories map[string]consent.Category
}

// notes is the first script of a page: what ran, and what failed.
const notes = `<script>
var snippets = [], own = [], ran = [], failed = [], done = false;
function snippet(id) { snippets.push(id); }
addEventListener('error', function (e) { failed.push(e.message + ' at ' + e.lineno); });
addEventListener('unhandledrejection', function (e) { failed.push('rejected: ' + e.reason); });
// Timers of the same delay fire in the order in which they were set.
addEventListener('load', function () { setTimeout(function () { done = true; }, 50); });
</script>`

func newSnippetSite(t *testing.T) *snippetSite {
	t.Helper()
	services, err := catalogue.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	site := &snippetSite{categories: make(map[string]consent.Category)}
	for _, service := range services {
		site.categories[service.ID] = service.Category
	}
	if site.snippets, err = snippettest.Services(); err != nil {
		t.Fatal(err)
	}
	pages := map[string]string{"/": ""}
	for _, shape := range snippettest.Shapes() {
		body, err := snippettest.Render(shape, site.snippets, func(s snippettest.Service) string {
			call := ""
			if callable(shape, s) {
				call = s.Call + ";"
			}
			return fmt.Sprintf("<script>%sown.push('%s')</script>\n", call, s.ID)
		})
		if err != nil {
			t.Fatal(err)
		}
		pages["/"+string(shape)] = body
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, ok := pages[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<!doctype html><html lang=en><head><link rel=icon href=data:,><title>own</title>\n%s</head><body>\n%s</body></html>\n", notes, body)
	}))
	t.Cleanup(server.Close)
	site.origin = server.URL
	return site
}

// callable reports whether the service's global is there when the element behind
// its snippet is parsed.
func callable(shape snippettest.Shape, s snippettest.Service) bool {
	switch shape {
	case snippettest.Image, snippettest.Noscript:
		return false
	case snippettest.Later:
		return false // the snippet itself runs later
	}
	return s.Queue != "" || shape.Waits()
}

// answers makes the world answer loaders with scripts that note themselves and
// define what the page calls.
func (site *snippetSite) answers(address string) string {
	for _, s := range site.snippets {
		switch address {
		case bare(s.Loader):
			script := fmt.Sprintf("ran.push('%s');", s.ID)
			if s.Makes != "" {
				script += fmt.Sprintf("window.%s = window.%[1]s || %s;", s.Makes, library)
			}
			return content("text/javascript", script)
		case bare(s.Frame):
			return content("text/html", "<!doctype html><title>frame</title>")
		}
	}
	return ""
}

// library stands for what a vendor's script defines: it takes every call.
const library = `(function () {
	var all = new Proxy(function () {}, {
		get: function (target, key) { return key === 'then' || typeof key === 'symbol' ? undefined : all; },
		apply: function () { return all; },
		construct: function () { return all; }
	});
	return all;
})()`

// bare is an address as the world notes it.
func bare(address string) string { return strings.TrimPrefix(address, "https://") }

// snippetEdge is an edge before the site; options are lines of consent_gate.
func snippetEdge(t *testing.T, site *snippetSite, options ...string) *server {
	t.Helper()
	s := newServer(t)
	s.writeConfig(fmt.Sprintf(`{
	admin %s
	storage file_system ./data/caddy
	persist_config off
	consent {
		storage sqlite ./data
		cross_border allow
	}
}
http://localhost:%d {
	consent_gate {
		%s
	}
	reverse_proxy %s
}
`, s.adminAddress(), s.edge, strings.Join(options, "\n\t\t"), site.origin))
	s.start()
	return s
}
