package module_test

import (
	"bufio"
	"crypto/sha256"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// dial opens a connection to the edge, to speak HTTP/1.1 as no client would.
func (e *edge) dial(t *testing.T) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", net.JoinHostPort(e.ip, e.port))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	return conn, bufio.NewReader(conn)
}

// TestUploadStreamsToTheOrigin pins that a body reaches the origin as it is sent: the
// visitor waits for the origin before it sends on.
func TestUploadStreamsToTheOrigin(t *testing.T) {
	e := start(t, options{secure: true})
	piece := []byte(strings.Repeat("<body>", 1000))
	const pieces = 1000
	eachProtocol(t, e, func(t *testing.T, v *visitor) {
		seen := make(chan struct{}, 1)
		e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
			sum := sha256.New()
			first := make([]byte, len(piece))
			if _, err := io.ReadFull(r.Body, first); err != nil {
				t.Error(err)
			}
			seen <- struct{}{}
			sum.Write(first)
			n, err := io.Copy(sum, r.Body)
			if err != nil {
				t.Error(err)
			}
			fmt.Fprintf(w, "%d %x", n+int64(len(first)), sum.Sum(nil))
		})
		body, send := io.Pipe()
		sent := sha256.New()
		go func() {
			defer send.Close()
			for i := range pieces {
				if _, err := send.Write(piece); err != nil {
					return
				}
				sent.Write(piece)
				if i == 0 {
					<-seen
				}
			}
		}()
		request := v.request(http.MethodPost, "/upload", "", "Sec-Fetch-Dest", "empty")
		request.Body, request.ContentLength = body, -1
		response := v.open(request)
		answer, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		if want := fmt.Sprintf("%d %x", pieces*len(piece), sent.Sum(nil)); string(answer) != want {
			t.Errorf("the origin got %s, want %s", answer, want)
		}
	})
}

// RFC 9110 §10.1.1: a visitor who waits with a body is told to go on, and the answer
// comes behind, also when it is a refusal.
func TestExpectContinue(t *testing.T) {
	e := start(t, options{})
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.URL.Path == "/refuse" {
			w.WriteHeader(http.StatusRequestEntityTooLarge)
		}
		writePage(w, string(body))
	})
	for path, want := range map[string]int{"/read": http.StatusOK, "/refuse": http.StatusRequestEntityTooLarge} {
		conn, reader := e.dial(t)
		fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: shop.test\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n", path)
		told := false
		for {
			response, err := http.ReadResponse(reader, nil)
			if err != nil {
				t.Fatal(err)
			}
			if response.StatusCode == http.StatusContinue {
				if !told {
					io.WriteString(conn, "hello")
				}
				told = true // by the edge, and by the origin
				continue
			}
			body, err := io.ReadAll(response.Body)
			if response.StatusCode != want || err != nil || !told || !strings.Contains(string(body), "hello") {
				t.Errorf("%s: %s, told to go on: %t, %q, %v", path, response.Status, told, body, err)
			}
			break
		}
	}
}

// TestConnectionIsUsedAgain pins that each kind of answer ends where its header says:
// requests sent at once over one connection get their answers one after the other.
func TestConnectionIsUsedAgain(t *testing.T) {
	e := start(t, options{})
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Etag", `"v1"`)
		switch r.URL.Path {
		case "/empty":
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusNoContent)
		case "/same":
			w.WriteHeader(http.StatusNotModified)
		case "/file":
			w.Header().Set("Content-Type", "application/octet-stream")
			io.WriteString(w, "file")
		default:
			writePage(w, longPage)
		}
	})
	steps := []struct {
		method, path string
		status       int
		word         string // at the end of the body
	}{
		{"GET", "/", 200, "</html>"}, {"HEAD", "/", 200, ""}, {"GET", "/empty", 204, ""}, {"GET", "/same", 304, ""},
		{"GET", "/file", 200, "file"}, {"GET", "/.privacy/state", 200, "}"}, {"GET", "/matomo.php", 204, ""}, {"GET", "/", 200, "</html>"},
	}
	for _, coding := range []string{"identity", "gzip"} {
		conn, reader := e.dial(t)
		var requests strings.Builder
		for _, step := range steps {
			fmt.Fprintf(&requests, "%s %s HTTP/1.1\r\nHost: shop.test\r\nAccept: text/html\r\nAccept-Encoding: %s\r\n\r\n", step.method, step.path, coding)
		}
		if _, err := io.WriteString(conn, requests.String()); err != nil {
			t.Fatal(err)
		}
		for _, step := range steps {
			response, err := http.ReadResponse(reader, &http.Request{Method: step.method})
			if err != nil {
				t.Fatalf("%s %s: %v", step.method, step.path, err)
			}
			raw, err := io.ReadAll(response.Body)
			if err != nil || response.StatusCode != step.status || response.Close {
				t.Fatalf("%s %s: %s, %v", step.method, step.path, response.Status, err)
			}
			body := string(raw)
			if len(raw) > 0 {
				body = decompress(t, response.Header.Get("Content-Encoding"), body)
			}
			if !strings.HasSuffix(strings.TrimSpace(body), step.word) || (body == "") != (step.word == "") {
				t.Errorf("%s %s: body …%q", step.method, step.path, body[max(0, len(body)-40):])
			}
		}
	}
}

// TestAmbiguousRequestsDontReachTheOriginAmbiguous pins the basics of request smuggling
// (RFC 9112 §6.3, §11.2): what two servers could cut apart differently is refused, or
// arrives in one reading only.
func TestAmbiguousRequestsDontReachTheOriginAmbiguous(t *testing.T) {
	e := start(t, options{})
	const inner = "GET /smuggled HTTP/1.1\r\nHost: shop.test\r\n\r\n"
	var smuggled atomic.Bool
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/smuggled" {
			smuggled.Store(true)
		}
		raw, _ := io.ReadAll(r.Body)
		w.Header().Set("X-Got", fmt.Sprintf("%q %q %q", raw, r.Header.Get("X-Folded"), r.Header.Get("Content-Length")))
		writePage(w, simplePage)
	})
	tests := map[string]struct {
		header, body string
		statuses     []int
	}{
		"two lengths":            {"Content-Length: 0\r\nContent-Length: 44", inner, []int{400}},
		"a list of lengths":      {"Content-Length: 0, 44", inner, []int{400}},
		"signed length":          {"Content-Length: +0", inner, []int{400}},
		"unknown coding":         {"Transfer-Encoding: xchunked", "0\r\n\r\n" + inner, []int{400, 501}},
		"chunked not last":       {"Transfer-Encoding: chunked, identity", "0\r\n\r\n" + inner, []int{400, 501}},
		"two codings":            {"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity", "0\r\n\r\n" + inner, []int{400, 501}},
		"space before the colon": {"Transfer-Encoding : chunked", "0\r\n\r\n" + inner, []int{400}},
		"name with a control":    {"Transfer-Encoding\x0b: chunked", "0\r\n\r\n" + inner, []int{400}},
		"bad size of a chunk":    {"Transfer-Encoding: chunked", "zz\r\n" + inner, []int{400, 502}},
		"two hosts":              {"Content-Length: 0\r\nHost: other.test", inner, []int{400}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			smuggled.Store(false)
			conn, reader := e.dial(t)
			io.WriteString(conn, "POST / HTTP/1.1\r\nHost: shop.test\r\n"+test.header+"\r\n\r\n"+test.body)
			response, err := http.ReadResponse(reader, nil)
			if err == nil {
				io.Copy(io.Discard, response.Body)
				refused := false
				for _, status := range test.statuses {
					refused = refused || response.StatusCode == status
				}
				if !refused {
					t.Errorf("status %s, want one of %v", response.Status, test.statuses)
				}
				// Whatever follows must not be taken for a request.
				if next, err := http.ReadResponse(reader, nil); err == nil {
					t.Errorf("a second answer: %s", next.Status)
				}
			}
			if smuggled.Load() {
				t.Fatal("the origin got the inner request")
			}
		})
	}
	for name, header := range map[string]string{
		"length and chunks": "Content-Length: 3\r\nTransfer-Encoding: chunked",
		"a folded line":     "X-Folded: a\r\n b\r\nTransfer-Encoding: chunked",
	} {
		t.Run(name, func(t *testing.T) {
			conn, reader := e.dial(t)
			io.WriteString(conn, "POST / HTTP/1.1\r\nHost: shop.test\r\n"+header+"\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
			response, err := http.ReadResponse(reader, nil)
			if err != nil {
				t.Fatal(err)
			}
			if response.StatusCode == http.StatusBadRequest {
				return
			}
			want := `"hello" "" ""`
			if name == "a folded line" {
				want = `"hello" "a b" ""`
			}
			if got := response.Header.Get("X-Got"); response.StatusCode != http.StatusOK || got != want {
				t.Errorf("%s: the origin got %s", response.Status, got)
			}
		})
	}
}
