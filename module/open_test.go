package module_test

import (
	"cmp"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// TestPageOfWhoAllowedAllHasItsLength pins that a page in which nothing is blocked goes
// out with the length that it will have, however long it is and whether it was seen
// before, and as its bytes come.
func TestPageOfWhoAllowedAllHasItsLength(t *testing.T) {
	e := start(t, options{secure: true, app: "cross_border allow", site: directive + "\n" + proxy + " {\nflush_interval -1\n}"})
	const end = "<p>end</p></body></html>"
	page := strings.Replace(simplePage, "</body></html>", strings.Repeat("<p>text</p>", 20_000)+"<p>flushed</p>", 1)
	eachProtocol(t, e, func(t *testing.T, v *visitor) {
		v.choose("accept")
		for range 4 {
			seen := make(chan struct{})
			e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Length", strconv.Itoa(len(page)+len(end)))
				writePage(w, page)
				http.NewResponseController(w).Flush()
				select {
				case <-seen:
				case <-r.Context().Done():
				}
				io.WriteString(w, end)
			})
			response := v.open(v.request(http.MethodGet, "/", "", "Accept-Encoding", "identity"))
			body := readUntil(t, response.Body, "<p>flushed</p>")
			close(seen)
			body += readUntil(t, response.Body, end)
			if response.ContentLength != int64(len(body)) {
				t.Errorf("a page of %d bytes has the length %d", len(body), response.ContentLength)
			}
		}
	})
}

// TestCutPageOfWhoAllowedAllStaysCut pins that a page whose length is known and which the
// origin breaks off isn't taken for the whole.
func TestCutPageOfWhoAllowedAllStaysCut(t *testing.T) {
	e := start(t, options{secure: true, app: "cross_border allow"})
	eachProtocol(t, e, func(t *testing.T, v *visitor) {
		v.choose("accept")
		e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "100000")
			writePage(w, longPage)
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		})
		response, err := v.client.Do(v.request(http.MethodGet, "/", "", "Accept-Encoding", "identity"))
		if err != nil {
			return
		}
		defer response.Body.Close()
		if body, err := io.ReadAll(response.Body); err == nil || response.ContentLength <= 100_000 {
			t.Errorf("%d of %d bytes came: %v", len(body), response.ContentLength, err)
		}
	})
}

// TestLengthOfWhoAllowedAll pins the length of long pages in which nothing is blocked:
// what came, or none where that isn't known before the first byte.
func TestLengthOfWhoAllowedAll(t *testing.T) {
	short := "<!doctype html><html><head></head><body>"
	for name, c := range map[string]struct {
		site, gate string
		header     http.Header // of the origin
		accept     string
		method     string
		first      int // bytes that are flushed before the others; 0: none
		want       bool
	}{
		"at once":            {want: true},
		"in two":             {first: 4000, want: true},
		"first too few":      {first: len(short), want: true},
		"trailers":           {header: http.Header{"Trailer": {"X-Sum"}}},
		"to gzip":            {accept: "gzip"},
		"to zstd":            {accept: "zstd"},
		"by another handler": {site: "encode gzip\n" + directive + "\n" + proxy, gate: "encode off", accept: "gzip"},
		"head":               {method: http.MethodHead},
		"in UTF-16":          {header: http.Header{"Content-Type": {"text/html; charset=utf-16"}}, want: true},
	} {
		t.Run(name, func(t *testing.T) {
			e := start(t, options{app: "cross_border allow", site: c.site, gate: c.gate})
			page := short
			for i := range 8000 { // compressed it must be more than net/http holds back
				page += "<p>" + strconv.Itoa(i*i) + "</p>"
			}
			e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html; charset=utf-8")
				for name, values := range c.header {
					w.Header()[name] = values
				}
				if c.header["Trailer"] == nil {
					w.Header().Set("Content-Length", strconv.Itoa(len(page)))
				}
				if c.first > 0 {
					io.WriteString(w, page[:c.first])
					http.NewResponseController(w).Flush()
				}
				io.WriteString(w, page[c.first:])
			})
			v := e.visit(t)
			v.choose("accept")
			for range 3 {
				a := v.do(cmp.Or(c.method, http.MethodGet), "/", "", "Accept-Encoding", cmp.Or(c.accept, "identity"))
				if a.err != nil || a.StatusCode != http.StatusOK {
					t.Fatalf("%s, %v", a.Status, a.err)
				}
				if known := a.ContentLength >= 0; known != c.want || known && a.ContentLength != int64(len(a.body)) {
					t.Errorf("%d bytes came, the length is %d", len(a.body), a.ContentLength)
				}
			}
		})
	}
}
