package module_test

import (
	"compress/gzip"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestVisitorsGetPagesInTheCodingTheyTake(t *testing.T) {
	for site, test := range map[string]struct {
		gate, site string
		want       map[string]string // by Accept-Encoding
	}{
		"alone": {"", directive + "\n" + proxy, map[string]string{
			"": "", "identity": "", "br": "", "gzip;q=0": "", "identity, gzip;q=0.5": "",
			"gzip": "gzip", "zstd": "zstd", "gzip, deflate, br, zstd": "zstd", "gzip, zstd;q=0": "gzip", "GZIP": "gzip",
			"br, gzip;q=0.5": "gzip",
		}},
		"one coding": {"encode gzip", directive + "\n" + proxy, map[string]string{
			"zstd": "", "gzip, deflate, br, zstd": "gzip",
		}},
		"preferring gzip": {"encode gzip zstd", directive + "\n" + proxy, map[string]string{"zstd, gzip": "gzip", "zstd": "zstd"}},
		"off":             {"encode off", directive + "\n" + proxy, map[string]string{"zstd, gzip": ""}},
		"behind encode":   {"encode zstd", "encode gzip\n" + directive + "\n" + proxy, map[string]string{"zstd, gzip": "zstd", "gzip": "gzip"}},
	} {
		t.Run(site, func(t *testing.T) {
			e := start(t, options{secure: true, gate: test.gate, site: test.site})
			e.origin.serve(func(w http.ResponseWriter, r *http.Request) { writePage(w, longPage) })
			plain := e.visit(t).get("/", "Accept-Encoding", "identity").body
			eachProtocol(t, e, func(t *testing.T, v *visitor) {
				for accepted, coding := range test.want {
					a := v.get("/", "Accept-Encoding", accepted)
					a.wantHeader(t, "Content-Encoding", coding)
					if body := decompress(t, coding, a.body); body != plain {
						t.Errorf("for %q the page is another: %d bytes, not %d", accepted, len(body), len(plain))
					}
					vary := strings.Join(a.Header.Values("Vary"), ", ")
					if got := strings.Contains(vary, "Accept-Encoding"); got != (test.gate != "encode off") {
						t.Errorf("Vary: %s", vary)
					}
				}
			})
		})
	}
}

// RFC 9110 §7.7 and RFC 9111 §5.2: a coding is a transformation.
func TestNoTransformForbidsACoding(t *testing.T) {
	e := start(t, options{})
	for _, side := range []string{"request", "response"} {
		e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
			if side == "response" {
				w.Header().Set("Cache-Control", "no-transform, max-age=60")
			}
			writePage(w, longPage)
		})
		var header []string
		if side == "request" {
			header = []string{"Cache-Control", "No-Transform"}
		}
		a := e.visit(t).get("/", slices.Concat([]string{"Accept-Encoding", "gzip"}, header)...)
		a.wantHeader(t, "Content-Encoding", "")
		a.want(t, 200, bannerMark)
	}
}

// Whoever may not see the body, and pages that are no document, have nothing to
// compress in pieces.
func TestCodingOfOtherAnswers(t *testing.T) {
	e := start(t, options{})
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/empty":
			writePage(w, "")
		case "/fragment":
			writePage(w, "<p>text</p>")
		case "/gone":
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(http.StatusNoContent)
		default:
			writePage(w, simplePage)
		}
	})
	v := e.visit(t)
	for path, want := range map[string]string{"/empty": "", "/fragment": "<p>text</p>"} {
		a := v.get(path, "Accept-Encoding", "gzip", "Sec-Fetch-Dest", "empty")
		if body := decompress(t, a.Header.Get("Content-Encoding"), a.body); body != want {
			t.Errorf("%s: %q", path, body)
		}
	}
	if a := v.get("/gone", "Accept-Encoding", "gzip"); a.StatusCode != http.StatusNoContent || a.body != "" || a.Header.Get("Content-Encoding") != "" {
		t.Errorf("204: %v %q", a.Header, a.body)
	}
	if a := v.do(http.MethodHead, "/", "", "Accept-Encoding", "gzip"); a.StatusCode != http.StatusOK || a.body != "" {
		t.Errorf("HEAD: %s %q", a.Status, a.body)
	}
}

// A page that comes slowly is shown as it comes, compressed too.
func TestCompressedPageIsFlushedPieceByPiece(t *testing.T) {
	e := start(t, options{secure: true})
	eachProtocol(t, e, func(t *testing.T, v *visitor) {
		next := make(chan struct{})
		e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
			writePage(w, `<!doctype html><html><head></head><body><p>one</p>`)
			http.NewResponseController(w).Flush()
			<-next
			io.WriteString(w, `<p>two</p>`)
		})
		response := v.open(v.request(http.MethodGet, "/", "", "Accept-Encoding", "gzip"))
		body, err := gzip.NewReader(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		if first := readUntil(t, body, "one"); !strings.Contains(first, "privacy-choice") {
			t.Error("the banner isn't in the first piece")
		}
		close(next)
		readUntil(t, body, "two")
	})
}

// A compressed page that the origin gave up doesn't look whole.
func TestCompressedPageThatIsCutLooksCut(t *testing.T) {
	e := start(t, options{secure: true})
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		writePage(w, longPage)
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	for _, coding := range []string{"gzip", "zstd"} {
		eachProtocol(t, e, func(t *testing.T, v *visitor) {
			response, err := v.client.Do(v.request(http.MethodGet, "/", "", "Accept-Encoding", coding))
			if err != nil {
				return
			}
			defer response.Body.Close()
			if _, err := io.ReadAll(response.Body); err == nil {
				t.Errorf("%s: the page looks whole", coding)
			}
		})
	}
}

// TestRememberedOpeningIsCompressedOnce pins that a page whose opening is known, and whose
// middle goes out as a piece, is the same in every coding as without.
func TestRememberedOpeningIsCompressedOnce(t *testing.T) {
	e := start(t, options{app: "cross_border allow"})
	page := strings.Replace(longPage, "</head>", strings.Repeat(`<meta name=description content="what the page is about">`, 60)+
		`<script src="https://mc.yandex.ru/metrika/tag.js"></script></head>`, 1)
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) { writePage(w, page) })
	for _, choice := range []string{"", "refuse", "accept"} {
		v := e.visit(t)
		if choice != "" {
			v.choose(choice)
		}
		want := v.get("/", "Accept-Encoding", "identity").body
		for _, coding := range []string{"gzip", "zstd", "gzip", "zstd"} {
			a := v.get("/", "Accept-Encoding", coding)
			a.wantHeader(t, "Content-Encoding", coding)
			if body := decompress(t, coding, a.body); body != want {
				t.Errorf("choice %q, %s: %d bytes, not %d", choice, coding, len(body), len(want))
			}
		}
	}
}

// Behind the head and what stands between it and the body, which go out as pieces, the
// control is one too: pages that differ only behind it begin with the same bytes, and
// those hold all of it.
func TestControlIsCompressedOnce(t *testing.T) {
	e := start(t, options{app: "cross_border allow"})
	var tail string
	opening := strings.Replace(trackerPage, "</head>", strings.Repeat(`<meta name=description content="what the page is about">`, 20)+"</head>", 1)
	opening = strings.Replace(opening, "</body>", strings.Repeat("<p>text</p>", 100)+"</body>", 1)
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) { writePage(w, opening+tail) })
	v := e.visit(t)
	v.choose("accept")
	for _, coding := range []string{"gzip", "zstd"} {
		var bodies [2]string
		for i := range 4 { // until the opening is remembered
			tail = strings.Repeat(fmt.Sprintf("<p>%d</p>", i), 500)
			bodies[i%2] = v.get("/", "Accept-Encoding", coding).body
		}
		n := 0
		for n < min(len(bodies[0]), len(bodies[1])) && bodies[0][n] == bodies[1][n] {
			n++
		}
		common, _ := decompressed(t, coding, bodies[0][:n]) // it breaks off
		if _, control, found := strings.Cut(common, controlMark); !found || !strings.Contains(control, "</div>") {
			t.Errorf("%s: the first %d of %d bytes are common; of the page they hold %d bytes without the control", coding, n, len(bodies[0]), len(common))
		}
	}
}
