package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// A page that was prerendered before the visitor chose is shown after it: it must
// not stand in its old state, nor count a view of the banner that nobody saw.
func TestPrerenderedPageComesInThePresentState(t *testing.T) {
	var prerendered atomic.Int32
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/next" && strings.Contains(r.Header.Get("Sec-Purpose"), "prerender") {
			prerendered.Add(1)
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><html lang=en><head><title>%s</title>
<script type=speculationrules>{"prerender": [{"source": "list", "urls": ["/next"], "eagerness": "immediate"}]}</script>
</head><body><a id=next href=/next>next</a></body></html>`, r.URL.Path)
	}))
	t.Cleanup(origin.Close)
	s := startServer(t, "UPSTREAM="+origin.URL)
	b := openBrowser(t, newWorld(t))
	b.visit(s.url("/"))
	b.until(asked)
	eventually(t, "the next page is prerendered", func() error {
		if prerendered.Load() == 0 {
			return fmt.Errorf("it was not asked for")
		}
		return nil
	})
	if shown := s.metrics(); !strings.Contains(shown, "consentgate_banner_shown_total 1\n") {
		t.Error("the banner of a page nobody sees is counted")
	}
	// As another tab would: this one isn't told.
	must[bool](b, `(fetch('/.privacy/choice', {method: 'POST', body: new URLSearchParams({choice: 'refuse'}), headers: {Accept: 'application/json'}})
		.then(answer => window.__chosen = answer.ok), true)`)
	b.until(`window.__chosen === true`)
	b.click(`document.getElementById('next')`)
	b.until(`location.pathname === '/next' && ` + decided)
}
