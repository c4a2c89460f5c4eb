package module_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// readUntil reads from a body until it has seen the word.
func readUntil(t *testing.T, r io.Reader, word string) string {
	t.Helper()
	var seen strings.Builder
	buffer := make([]byte, 32<<10)
	for !strings.Contains(seen.String(), word) {
		n, err := r.Read(buffer)
		seen.Write(buffer[:n])
		if err != nil && !strings.Contains(seen.String(), word) {
			t.Fatalf("%v before %q, after %.500q", err, word, seen.String())
		}
	}
	return seen.String()
}

// TestSlowPageArrivesPieceByPiece pins that each complete piece reaches the
// visitor before the origin writes the next: the origin waits for the visitor.
func TestSlowPageArrivesPieceByPiece(t *testing.T) {
	e := start(t, options{secure: true, site: "encode gzip\n" + directive + "\n" + proxy})
	eachProtocol(t, e, func(t *testing.T, v *visitor) {
		seen := make(chan struct{})
		wait := func(r *http.Request) {
			select {
			case <-seen:
			case <-r.Context().Done():
			}
		}
		e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
			flusher := http.NewResponseController(w)
			writePage(w, "<!doctype html><html lang=en><head><title>x</title></head><body><p>one</p>")
			flusher.Flush()
			wait(r)
			// The first half of a tag must wait for its end; what precedes it not.
			io.WriteString(w, `<p>two</p><script src="https://mc.yandex.ru/`)
			flusher.Flush()
			wait(r)
			io.WriteString(w, `metrika/tag.js"></script><p>three</p>`)
			flusher.Flush()
			wait(r)
			io.WriteString(w, "<p>four</p></body></html>")
		})
		response := v.open(v.request(http.MethodGet, "/", "", "Accept-Encoding", ""))
		first := readUntil(t, response.Body, "<p>one</p>")
		if !strings.Contains(first, bannerMark) {
			t.Error("the first bytes have no banner")
		}
		seen <- struct{}{}
		if piece := readUntil(t, response.Body, "<p>two</p>"); strings.Contains(piece, "<script") {
			t.Errorf("half a tag went out: %q", piece)
		}
		seen <- struct{}{}
		if piece := readUntil(t, response.Body, "<p>three</p>"); !strings.Contains(piece, blockedScript) {
			t.Errorf("the tracker isn't blocked: %q", piece)
		}
		seen <- struct{}{}
		readUntil(t, response.Body, "</html>")
	})
}

// TestServerSentEventsPassAtOnce pins streams of events: untouched and unheld.
func TestServerSentEventsPassAtOnce(t *testing.T) {
	e := start(t, options{secure: true, site: "encode gzip\n" + directive + "\n" + proxy})
	eachProtocol(t, e, func(t *testing.T, v *visitor) {
		seen := make(chan struct{})
		e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			w.WriteHeader(http.StatusOK)
			http.NewResponseController(w).Flush() // the header alone opens the stream
			<-seen
			for i := range 2 {
				fmt.Fprintf(w, "data: <body>%d\n\n", i)
				http.NewResponseController(w).Flush()
				<-seen
			}
		})
		response := v.open(v.request(http.MethodGet, "/events", "", "Accept", "text/event-stream", "Sec-Fetch-Dest", "empty"))
		seen <- struct{}{}
		for i := range 2 {
			want := fmt.Sprintf("data: <body>%d\n\n", i)
			if got := readUntil(t, response.Body, "\n\n"); got != want {
				t.Errorf("event %q, want %q", got, want)
			}
			seen <- struct{}{}
		}
	})
}

// TestAbortedPageStaysCut pins that an origin that breaks off in the middle of a
// body isn't completed: the visitor's browser must notice.
func TestAbortedPageStaysCut(t *testing.T) {
	long := strings.Repeat("<p>text</p>", 1000)
	tests := map[string]http.HandlerFunc{
		"after flushed bytes": func(w http.ResponseWriter, r *http.Request) {
			writePage(w, "<!doctype html><html><head></head><body>"+long)
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		},
		"in half a tag": func(w http.ResponseWriter, r *http.Request) {
			writePage(w, "<!doctype html><html><head></head><body>"+long+`<script src="https://mc.ya`)
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		},
		"before the announced length": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "1000000")
			writePage(w, "<!doctype html><html><head></head><body>"+long)
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		},
	}
	for _, site := range []string{"", "encode gzip\n"} {
		e := start(t, options{secure: true, site: site + directive + "\n" + proxy})
		for name, handler := range tests {
			t.Run(site+name, func(t *testing.T) {
				e.origin.serve(handler)
				eachProtocol(t, e, func(t *testing.T, v *visitor) {
					request := v.request(http.MethodGet, "/", "", "Accept-Encoding", "gzip")
					response, err := v.client.Do(request)
					if err != nil {
						return // cut before the header went out
					}
					defer response.Body.Close()
					body, err := io.ReadAll(response.Body)
					if err == nil {
						t.Errorf("%s, and a whole body: …%.200q", response.Status, body[max(0, len(body)-200):])
					}
				})
			})
		}
	}
}

// TestTrailersPass pins that trailers behind a rewritten body arrive.
func TestTrailersPass(t *testing.T) {
	e := start(t, options{secure: true})
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Trailer", "X-Checksum")
		writePage(w, simplePage)
		w.Header().Set("X-Checksum", "abc")
	})
	eachProtocol(t, e, func(t *testing.T, v *visitor) {
		a := v.get("/")
		a.want(t, 200, bannerMark)
		if got := a.Trailer.Get("X-Checksum"); got != "abc" {
			t.Errorf("trailer %q", got)
		}
	})
}
