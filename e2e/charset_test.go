package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A browser reads a page behind the edge in the encoding in which it reads it without,
// whatever tags and types it lacks, and asks on it.
func TestPagesKeepTheirEncodingInABrowser(t *testing.T) {
	const cp1251, koi8 = "\xcf\xf0\xe8\xe2\xe5\xf2", "\xf0\xd2\xc9\xd7\xc5\xd4" // Привет
	pages := map[string]struct{ contentType, page string }{
		"utf-8":        {"text/html", "<!doctype html><html lang=ru><head><meta charset=utf-8><title>x</title></head><body><p>Привет"},
		"bom":          {"text/html; charset=koi8-r", "\xef\xbb\xbf<!doctype html><p>Привет"},
		"windows-1251": {"text/html", "<html><head><meta charset=windows-1251></head><body><p>" + cp1251},
		"koi8-r":       {"text/html", "<meta http-equiv=Content-Type content='text/html, charset=koi8-r'><p>" + koi8},
		"at-the-edge":  {"text/html", "<!doctype html><head>" + strings.Repeat("<link>", 160) + "<meta charset=windows-1251></head><body><p>" + cp1251},
		"bad-header":   {"text/html; charset=none", "<title>x</title><meta charset=koi8-r><p>" + koi8},
		"bad-meta":     {"text/html", "<!doctype html><meta charset=utf-16><p>Привет"},
		"no-type":      {"", "<html><head><meta charset=windows-1251></head><p>" + cp1251},
		"no-tags":      {"text/html; charset=windows-1251", "<p>" + cp1251},
		"flushed":      {"text/html", "<html><head><title>x</title>\x00<meta charset=koi8-r></head><body><p>" + koi8},
	}
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page := pages[strings.Trim(r.URL.Path, "/")]
		w.Header()["Content-Type"] = nil // Go guesses it else
		if page.contentType != "" {
			w.Header().Set("Content-Type", page.contentType)
		}
		for piece := range strings.SplitSeq(page.page, "\x00") {
			fmt.Fprint(w, piece)
			http.NewResponseController(w).Flush()
		}
	}))
	t.Cleanup(origin.Close)
	s := startServer(t, "UPSTREAM="+origin.URL)
	b := openBrowser(t, newWorld(t))
	for name := range pages {
		read := `[document.characterSet, document.querySelector('p').firstChild.data.trim()]`
		b.visit(origin.URL + "/" + name)
		want := must[[]string](b, read)
		if want[1] != "Привет" {
			t.Fatalf("%s says %q without the edge", name, want)
		}
		b.visit(s.url("/" + name))
		b.until(asked)
		if got := must[[]string](b, read); got[0] != want[0] || got[1] != want[1] {
			t.Errorf("%s: %q behind the edge, %q without", name, got, want)
		}
	}
}
