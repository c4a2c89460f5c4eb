package module_test

import (
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
		if a := v.do(http.MethodGet, "/", "", "Accept-Encoding", "identity"); a.err == nil || a.ContentLength <= 100_000 {
			t.Errorf("%d of %d bytes came without an error", len(a.body), a.ContentLength)
		}
	})
}
