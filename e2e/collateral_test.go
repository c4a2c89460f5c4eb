package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/e2e/corpus"
)

// edits is what neutralises an element; package collateral judges where that may
// be.
var edits = regexp.MustCompile(`data-privacy-| type=text/plain | src=/\.privacy/embed/[a-z0-9_]+(?:/at/[A-Za-z0-9_-]+)? `)

// Every fortieth page of the corpus, through the whole server: what is left when
// the edge's head and banner are taken out is the origin's page, byte for byte.
func TestRealPagesPassTheServerByteForByte(t *testing.T) {
	files, err := corpus.Pages()
	if err != nil {
		t.Fatal(err)
	}
	languages := []string{"kk", "ru", "en", "kk/utf-8", "ru/utf-8", "en/utf-8"}
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		name := strings.TrimPrefix(r.URL.Path, "/")
		i, err := strconv.Atoi(name)
		if err != nil {
			// What is inserted depends on the encoding that a page says it is in.
			name, encoding, _ := strings.Cut(name, "/")
			if encoding != "" {
				w.Header().Set("Content-Type", "text/html; charset="+encoding)
			}
			fmt.Fprintf(w, "<!doctype html><html lang=%s><head></head><body></body></html>", name)
			return
		}
		page, err := os.ReadFile(files[i])
		if err != nil {
			t.Error(err)
		}
		w.Write(page)
	}))
	t.Cleanup(origin.Close)
	s := startServer(t, "UPSTREAM="+origin.URL)
	v := newVisitor(t)
	var head string
	var banners []string
	for _, language := range languages {
		_, rest, _ := strings.Cut(v.get(s.url("/"+language)), "<head>")
		found, rest, _ := strings.Cut(rest, "</head><body>")
		banner, _, whole := strings.Cut(rest, "</body></html>")
		if !whole || found == "" || !hasBanner(banner) {
			t.Fatalf("an empty page in %q became %s", language, rest)
		}
		head, banners = found, append(banners, banner)
	}
	pages, inserted := 0, 0
	for i := 0; i < len(files); i += 40 {
		raw, err := os.ReadFile(files[i])
		if err != nil {
			t.Fatal(err)
		}
		body := v.get(s.url("/" + strconv.Itoa(i)))
		rest := strings.Replace(body, head, "", 1)
		for _, banner := range banners {
			if cut := strings.Replace(rest, banner, "", 1); cut != rest {
				rest, inserted = cut, inserted+1
				break
			}
		}
		if rest != string(raw) && edits.ReplaceAllString(rest, "") != edits.ReplaceAllString(string(raw), "") {
			t.Errorf("%s isn't the same: %d bytes became %d", files[i], len(raw), len(rest))
		}
		pages++
	}
	t.Logf("%d pages, the banner in %d", pages, inserted)
	if pages < 100 || inserted < pages*9/10 {
		t.Errorf("%d pages, the banner in %d", pages, inserted)
	}
}
