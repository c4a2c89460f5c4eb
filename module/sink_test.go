package module_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// TestSmallPageHasALength pins that a page which the origin sends at once, its length
// declared, has its own length at the visitor's, in any coding.
func TestSmallPageHasALength(t *testing.T) {
	e := start(t, options{})
	var compressed bytes.Buffer
	z := gzip.NewWriter(&compressed)
	io.WriteString(z, simplePage)
	z.Close()
	long := simplePage + strings.Repeat("<p>text</p>", 2000)
	for _, c := range []struct {
		name, page string
		header     http.Header // of the origin, beside the length
		declared   bool        // the origin declares a length
		flushed    bool        // the origin flushes
		accept     string
		want       bool
	}{
		{"plain", simplePage, nil, true, false, "identity", true},
		{"to gzip", simplePage, nil, true, false, "gzip", true},
		{"to zstd", simplePage, nil, true, false, "zstd", true},
		{"from gzip", compressed.String(), http.Header{"Content-Encoding": {"gzip"}}, true, false, "identity", true},
		{"empty", "", nil, true, false, "identity", true},
		{"length unknown", simplePage, nil, false, true, "identity", false},
		{"long", long, nil, true, false, "identity", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
				for name, values := range c.header {
					w.Header()[name] = values
				}
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				if c.declared {
					w.Header().Set("Content-Length", strconv.Itoa(len(c.page)))
				}
				io.WriteString(w, c.page)
				if c.flushed {
					http.NewResponseController(w).Flush()
				}
			})
			response := e.visit(t).open(e.visit(t).request(http.MethodGet, "/", "", "Accept-Encoding", c.accept))
			body, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			want := int64(-1)
			if c.want {
				want = int64(len(body))
			}
			if response.ContentLength != want || response.StatusCode != http.StatusOK {
				t.Errorf("%s, length %d of %d bytes, want %d", response.Status, response.ContentLength, len(body), want)
			}
			if c.page != "" && len(body) < 1000 {
				t.Errorf("a page of %d bytes: %q", len(body), body)
			}
		})
	}
}

// TestSmallPageMayPause pins that what the origin flushes arrives before the rest is
// written, though its length is declared.
func TestSmallPageMayPause(t *testing.T) {
	e := start(t, options{secure: true, site: "encode gzip\n" + directive + "\n" + proxy + " {\nflush_interval -1\n}"})
	eachProtocol(t, e, func(t *testing.T, v *visitor) {
		seen := make(chan struct{})
		const rest = "<p>two</p></body></html>"
		e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
			first := strings.Replace(simplePage, "</body></html>", "<p>one</p>", 1)
			w.Header().Set("Content-Length", strconv.Itoa(len(first)+len(rest)))
			writePage(w, first)
			http.NewResponseController(w).Flush()
			select {
			case <-seen:
			case <-r.Context().Done():
			}
			io.WriteString(w, rest)
		})
		response := v.open(v.request(http.MethodGet, "/", "", "Accept-Encoding", ""))
		if first := readUntil(t, response.Body, "<p>one</p>"); !strings.Contains(first, bannerMark) {
			t.Error("the first bytes have no banner")
		}
		close(seen)
		readUntil(t, response.Body, rest)
	})
}

// TestSmallPageThatGrowsIsntKept pins that a page whose few bytes decode to very many
// passes as it comes.
func TestSmallPageThatGrowsIsntKept(t *testing.T) {
	e := start(t, options{})
	var compressed bytes.Buffer
	z, _ := gzip.NewWriterLevel(&compressed, gzip.BestCompression)
	io.WriteString(z, simplePage)
	for range 200 {
		z.Write(bytes.Repeat([]byte("a"), 10<<10))
	}
	z.Close()
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Encoding", "gzip")
		w.Header().Set("Content-Length", strconv.Itoa(compressed.Len()))
		w.Write(compressed.Bytes())
	})
	v := e.visit(t)
	response := v.open(v.request(http.MethodGet, "/", "", "Accept-Encoding", "identity"))
	body, err := io.ReadAll(response.Body)
	if err != nil || len(body) < 200*10<<10 {
		t.Errorf("%d bytes, %v", len(body), err)
	}
	if response.ContentLength >= 0 {
		t.Errorf("%d bytes were kept until the end", len(body))
	}
}
