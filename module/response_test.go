package module_test

import (
	"io"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// trackerPage loads two trackers and a script of the site's own.
const trackerPage = `<!doctype html><html lang=en><head><title>x</title>
<script src="https://mc.yandex.ru/metrika/tag.js"></script>
<script src="/own.js"></script></head>
<body><img src="https://www.facebook.com/tr?id=1&ev=PageView"></body></html>`

// The trackers of trackerPage as they look when they are blocked.
const (
	blockedScript = `data-privacy-src="https://mc.yandex.ru/metrika/tag.js"`
	blockedImage  = `data-privacy-src="https://www.facebook.com/tr?id=1&ev=PageView"`
)

// TestEarlyHintsLoseTrackersAndKeepTheFinalStatus pins that a 103 goes out at
// once, without links of denied services, and doesn't stand in for the status.
func TestEarlyHintsLoseTrackersAndKeepTheFinalStatus(t *testing.T) {
	e := start(t, options{secure: true})
	for _, status := range []int{http.StatusOK, http.StatusNotFound} {
		e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Link"] = []string{`</site.css>; rel=preload; as=style, <https://mc.yandex.ru>; rel=preconnect`}
			w.WriteHeader(http.StatusEarlyHints)
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(status)
			io.WriteString(w, simplePage)
		})
		eachProtocol(t, e, func(t *testing.T, v *visitor) {
			var hints []string
			request := v.request(http.MethodGet, "/", "")
			request = request.WithContext(httptrace.WithClientTrace(request.Context(), &httptrace.ClientTrace{
				Got1xxResponse: func(code int, header textproto.MIMEHeader) error {
					hints = append(hints, strconv.Itoa(code)+" "+strings.Join(header["Link"], ","))
					return nil
				},
			}))
			response := v.open(request)
			body, err := io.ReadAll(response.Body)
			a := &answer{response, string(body), err}
			a.want(t, status, bannerMark, "<p>text</p>")
			if want := "103 </site.css>; rel=preload; as=style"; len(hints) != 1 || hints[0] != want {
				t.Errorf("hints %q, want %q", hints, want)
			}
			a.wantHeader(t, "Link", "</site.css>; rel=preload; as=style")
		})
	}
}

// TestHeadHasTheHeaderOfGet pins that HEAD, of which caches keep the header,
// differs from GET in nothing but the body, and the length that only it has (RFC 9110
// §9.3.2).
func TestHeadHasTheHeaderOfGet(t *testing.T) {
	for name, site := range map[string]string{"alone": directive + "\n" + proxy, "behind encode": "encode gzip\n" + directive + "\n" + proxy} {
		t.Run(name, func(t *testing.T) { testHead(t, start(t, options{secure: true, site: site})) })
	}
}

func testHead(t *testing.T, e *edge) {
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Etag", `"v1"`)
		w.Header().Set("Content-Length", strconv.Itoa(len(simplePage)))
		writePage(w, simplePage)
	})
	eachProtocol(t, e, func(t *testing.T, v *visitor) {
		header := []string{"Accept-Encoding", "gzip"}
		get, head := v.get("/", header...), v.do(http.MethodHead, "/", "", header...)
		head.want(t, 200)
		if head.body != "" {
			t.Errorf("HEAD has a body: %q", head.body)
		}
		for name := range get.Header {
			if name != "Date" && name != "Content-Length" && strings.Join(get.Header[name], "\n") != strings.Join(head.Header[name], "\n") {
				t.Errorf("%s: GET %q, HEAD %q", name, get.Header[name], head.Header[name])
			}
		}
		head.wantHeader(t, "Content-Length", "")
	})
}

// TestNoContentStaysEmpty pins that a 204 gets no banner.
func TestNoContentStaysEmpty(t *testing.T) {
	e := start(t, options{secure: true})
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(http.StatusNoContent)
	})
	eachProtocol(t, e, func(t *testing.T, v *visitor) {
		a := v.get("/")
		a.want(t, 204)
		if a.body != "" {
			t.Errorf("body %q", a.body)
		}
	})
}

// TestOtherResponsesKeepTheirBytes pins what isn't a page for a person: it
// passes byte for byte, with its length.
func TestOtherResponsesKeepTheirBytes(t *testing.T) {
	e := start(t, options{gate: "unknown block\nservice matomo"})
	const policy = "Content-Security-Policy"
	raw := []byte(trackerPage)
	tests := []struct {
		name   string
		header []string // of the response
		asks   []string // header of the request
		policy bool     // whether the response carries the gate's policy
	}{
		{"script", []string{"Content-Type", "text/javascript"}, []string{"Sec-Fetch-Dest", "script"}, true},
		{"style", []string{"Content-Type", "text/css"}, []string{"Sec-Fetch-Dest", "style"}, true},
		{"JSON", []string{"Content-Type", "application/json"}, []string{"Sec-Fetch-Dest", "empty"}, true},
		{"plain text", []string{"Content-Type", "text/plain"}, nil, true},
		{"SVG", []string{"Content-Type", "image/svg+xml"}, nil, true},
		{"PDF", []string{"Content-Type", "application/pdf"}, nil, true},
		{"PNG", []string{"Content-Type", "image/png"}, nil, false},
		{"PNG in capitals", []string{"Content-Type", "Image/PNG"}, nil, false},
		{"font", []string{"Content-Type", "font/woff2"}, nil, false},
		{"video", []string{"Content-Type", "video/mp4"}, nil, false},
		{"audio", []string{"Content-Type", "audio/mpeg"}, nil, false},
		{"download", []string{"Content-Type", "text/html", "Content-Disposition", `Attachment; filename="a.html"`}, nil, true},
		{"UTF-16 by header", []string{"Content-Type", "text/html; charset=UTF-16LE"}, nil, true},
		{"unknown coding", []string{"Content-Type", "text/html", "Content-Encoding", "dcb"}, nil, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
				for i := 0; i < len(test.header); i += 2 {
					w.Header().Set(test.header[i], test.header[i+1])
				}
				w.Header().Set("Content-Length", strconv.Itoa(len(raw)))
				w.Write(raw)
			})
			a := e.visit(t).get("/", test.asks...)
			a.wantSame(t, raw)
			a.wantHeader(t, "Content-Length", strconv.Itoa(len(raw)))
			a.wantHeader(t, "Content-Type", test.header[1])
			if got := a.Header.Get(policy) != ""; got != test.policy {
				t.Errorf("%s: %q", policy, a.Header.Values(policy))
			}
		})
	}
}

// TestUntypedResponses pins a response without a type, which browsers, and Go's
// own server, would sniff: a page is rewritten, the rest passes.
func TestUntypedResponses(t *testing.T) {
	e := start(t, options{secure: true})
	untyped := func(status int, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Content-Type"] = nil
			w.Header().Set("Set-Cookie", "_ga=1")
			w.WriteHeader(status)
			http.NewResponseController(w).Flush()
			io.WriteString(w, body)
		}
	}
	eachProtocol(t, e, func(t *testing.T, v *visitor) {
		e.origin.serve(untyped(404, trackerPage))
		page := v.get("/")
		page.want(t, 404, bannerMark, blockedScript)
		page.wantHeader(t, "Content-Type", "text/html; charset=utf-8")
		e.origin.serve(untyped(200, "{}"))
		other := v.get("/")
		other.wantSame(t, []byte("{}"))
		e.origin.serve(untyped(202, ""))
		empty := v.get("/")
		empty.want(t, 202)
		for _, a := range []*answer{page, other, empty} {
			a.wantHeader(t, "Set-Cookie", "")
		}
	})
}

// TestRanges pins that pages are asked for whole, since a part can't be
// rewritten, and that other files keep their ranges.
func TestRanges(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{"page.html": trackerPage, "movie.bin": strings.Repeat("0123456789", 100)} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	e := start(t, options{secure: true, site: directive + "\nroot " + root + "\nfile_server"})
	eachProtocol(t, e, func(t *testing.T, v *visitor) {
		page := v.get("/page.html", "Range", "bytes=0-20")
		page.want(t, 200, bannerMark, blockedScript)
		page.wantHeader(t, "Content-Range", "")
		page.wantHeader(t, "Accept-Ranges", "")

		file := v.get("/movie.bin", "Range", "bytes=10-19", "Accept", "*/*", "Sec-Fetch-Dest", "video")
		file.want(t, 206)
		file.wantSame(t, []byte("0123456789"))
		file.wantHeader(t, "Content-Range", "bytes 10-19/1000")
		file.wantHeader(t, "Content-Length", "10")

		// Whoever asks for a part of a page without saying that it wants a page gets
		// the part as it is.
		part := v.get("/page.html", "Range", "bytes=0-14", "Accept", "*/*", "Sec-Fetch-Dest", "empty")
		part.want(t, 206)
		part.wantSame(t, []byte(trackerPage[:15]))
	})
}

// TestFileServerPagesAreRewritten pins the way around Write: file_server sends
// files by ReadFrom.
func TestFileServerPagesAreRewritten(t *testing.T) {
	root := t.TempDir()
	page := strings.Replace(trackerPage, "</body>", strings.Repeat("<p>text</p>", 20_000)+"</body>", 1)
	if err := os.WriteFile(filepath.Join(root, "page.html"), []byte(page), 0o600); err != nil {
		t.Fatal(err)
	}
	e := start(t, options{secure: true, site: directive + "\nroot " + root + "\nfile_server"})
	eachProtocol(t, e, func(t *testing.T, v *visitor) {
		a := v.get("/page.html")
		a.want(t, 200, bannerMark, blockedScript, blockedImage, `<script src="/own.js">`)
		if got := strings.Count(a.body, "<p>text</p>"); got != 20_000 {
			t.Errorf("%d of 20000 paragraphs arrived", got)
		}
		a.wantHeader(t, "Content-Length", "")
		a.wantHeader(t, "Last-Modified", "")
	})
}

// TestExcludedPathIsntTouched pins the matcher: beside it the edge does nothing.
func TestExcludedPathIsntTouched(t *testing.T) {
	e := start(t, options{site: "@shop path /shop/*\nconsent_gate @shop\n" + proxy})
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Set-Cookie", "_ga=1; Path=/")
		writePage(w, trackerPage)
	})
	v := e.visit(t)
	v.get("/shop/").want(t, 200, bannerMark)
	a := v.get("/blog/", "Cookie", "_ga=1")
	a.wantSame(t, []byte(trackerPage))
	a.wantHeader(t, "Set-Cookie", "_ga=1; Path=/")
	a.wantHeader(t, "Content-Length", strconv.Itoa(len(trackerPage)))
	if got := e.origin.last.Load().Header.Get("Cookie"); got != "_ga=1" {
		t.Errorf("the origin got the cookies %q", got)
	}
}
