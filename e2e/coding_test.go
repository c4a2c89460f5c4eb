package e2e

import (
	"os"
	"strings"
	"testing"
)

// Of a compressed page, what is always the same was compressed beforehand: a browser
// reads it as one page.
func TestBrowserReadsPagesCompressedInPieces(t *testing.T) {
	for _, coding := range []string{"zstd", "gzip"} {
		t.Run(coding, func(t *testing.T) {
			s := newServer(t)
			config, err := os.ReadFile(s.configPath())
			if err != nil {
				t.Fatal(err)
			}
			s.writeConfig(strings.Replace(string(config), "languages ru kk en", "languages ru kk en\n\t\tencode "+coding, 1))
			s.start()
			b := openBrowser(t, newWorld(t))
			b.visit(s.url("/"))
			b.until(asked)
			if got := must[string](b, `performance.getEntriesByType('navigation')[0].contentEncoding`); got != coding {
				t.Errorf("the browser got the page in %q", got)
			}
			if got := must[string](b, `[...document.querySelectorAll('footer')].length + ' ' + typeof privacy + ' ' + document.readyState`); got != "1 object complete" {
				t.Errorf("the page isn't whole: %s", got)
			}
			if leaks := b.leaks(); len(leaks) > 0 {
				t.Errorf("reached %v", leaks)
			}
		})
	}
}
