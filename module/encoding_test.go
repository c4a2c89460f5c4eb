package module_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

func compress(t *testing.T, encoding, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	var w io.WriteCloser
	switch encoding {
	case "gzip", "x-gzip":
		w = gzip.NewWriter(&out)
	case "br":
		w = brotli.NewWriter(&out)
	case "zstd":
		encoder, err := zstd.NewWriter(&out)
		if err != nil {
			t.Fatal(err)
		}
		w = encoder
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func decompress(t *testing.T, encoding, body string) string {
	t.Helper()
	var r io.Reader = strings.NewReader(body)
	switch encoding {
	case "gzip":
		unzipped, err := gzip.NewReader(r)
		if err != nil {
			t.Fatal(err)
		}
		r = unzipped
	case "br":
		r = brotli.NewReader(r)
	case "zstd":
		decoder, err := zstd.NewReader(r)
		if err != nil {
			t.Fatal(err)
		}
		defer decoder.Close()
		r = decoder
	}
	raw, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// longPage is more than the edge holds before the header, and than Caddy's
// encode takes for too small.
var longPage = strings.Replace(trackerPage, "</body>", strings.Repeat("<p>text</p>", 2000)+"</body>", 1)

// TestEncodedUpstreamIsDecodedAndEncodedAgain pins that an origin which
// compresses although it was asked not to is rewritten all the same, and that
// compressed stays compressed when "encode" stands outside.
func TestEncodedUpstreamIsDecodedAndEncodedAgain(t *testing.T) {
	e := start(t, options{site: "encode zstd gzip\n" + directive + "\n" + proxy})
	for _, upstream := range []string{"gzip", "x-gzip", "br", "zstd"} {
		t.Run(upstream, func(t *testing.T) {
			e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
				if got := r.Header.Get("Accept-Encoding"); got != "identity" {
					t.Errorf("the origin was asked for %q", got)
				}
				w.Header().Set("Content-Encoding", upstream)
				writePage(w, "")
				w.Write(compress(t, upstream, longPage))
			})
			eachProtocol(t, e, func(t *testing.T, v *visitor) {
				for _, accepted := range []string{"", "gzip", "zstd"} {
					a := v.get("/", "Accept-Encoding", accepted)
					a.wantHeader(t, "Content-Encoding", accepted)
					a.body = decompress(t, accepted, a.body)
					a.want(t, 200, bannerMark, blockedScript, "</html>")
					if got := strings.Count(a.body, "<p>text</p>"); got != 2000 {
						t.Errorf("%d of 2000 paragraphs arrived", got)
					}
				}
			})
		})
	}
}

// TestOtherFilesStayAsTheOriginCompressedThem pins that what can't be a page is
// negotiated between browser and origin.
func TestOtherFilesStayAsTheOriginCompressedThem(t *testing.T) {
	e := start(t, options{})
	raw := compress(t, "br", "own()")
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		w.Header().Set("Content-Encoding", "br")
		w.Write(raw)
	})
	a := e.visit(t).get("/own.js", "Sec-Fetch-Dest", "script", "Accept-Encoding", "br")
	a.wantSame(t, raw)
	a.wantHeader(t, "Content-Encoding", "br")
	if asked := e.origin.last.Load().Header.Get("Accept-Encoding"); asked != "br" {
		t.Errorf("the origin was asked for %q", asked)
	}
}

// TestSmallPageIsStillCompressed pins why output is held: encode judges a
// response by its first write.
func TestSmallPageIsStillCompressed(t *testing.T) {
	e := start(t, options{gate: "encode off", site: "encode gzip\n" + directive + "\n" + proxy})
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		for i := 0; i < len(simplePage); i += 7 {
			w.Header().Set("Content-Type", "text/html")
			io.WriteString(w, simplePage[i:min(i+7, len(simplePage))])
		}
	})
	a := e.visit(t).get("/", "Accept-Encoding", "gzip")
	a.wantHeader(t, "Content-Encoding", "gzip")
	a.body = decompress(t, "gzip", a.body)
	a.want(t, 200, bannerMark)
}

// TestEncodeInside pins the wrong order, which some configurations will have:
// what encode compressed inside is decoded, and compressed again.
func TestEncodeInside(t *testing.T) {
	e := start(t, options{site: "route {\n" + directive + "\nencode gzip\n" + proxy + "\n}"})
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) { writePage(w, longPage) })
	a := e.visit(t).get("/", "Accept-Encoding", "gzip")
	a.wantHeader(t, "Content-Encoding", "gzip")
	a.body = decompress(t, "gzip", a.body)
	a.want(t, 200, bannerMark, blockedScript, "</html>")
}

// TestBrokenEncodingIsAborted pins that a compressed page that ends too early
// doesn't look whole to the visitor.
func TestBrokenEncodingIsAborted(t *testing.T) {
	e := start(t, options{})
	for _, encoding := range []string{"gzip", "br", "zstd"} {
		for name, cut := range map[string]func([]byte) []byte{
			"truncated": func(raw []byte) []byte { return raw[:len(raw)-12] },
			"garbage":   func([]byte) []byte { return []byte("this was never compressed at all") },
		} {
			t.Run(encoding+" "+name, func(t *testing.T) {
				raw := cut(compress(t, encoding, longPage))
				e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Content-Encoding", encoding)
					writePage(w, "")
					w.Write(raw)
				})
				eachProtocol(t, e, func(t *testing.T, v *visitor) {
					response, err := v.client.Do(v.request(http.MethodGet, "/", ""))
					if err != nil {
						return
					}
					defer response.Body.Close()
					if _, err := io.ReadAll(response.Body); err == nil && response.StatusCode == http.StatusOK {
						t.Error("the page looks whole")
					}
				})
			})
		}
	}
}

// TestUTF16PassesUntouched pins that bytes which aren't characters are left
// alone, also when only a byte order mark tells.
func TestUTF16PassesUntouched(t *testing.T) {
	e := start(t, options{})
	for name, order := range map[string]func(uint16) []byte{
		"little endian": func(u uint16) []byte { return []byte{byte(u), byte(u >> 8)} },
		"big endian":    func(u uint16) []byte { return []byte{byte(u >> 8), byte(u)} },
	} {
		t.Run(name, func(t *testing.T) {
			var raw []byte
			for _, unit := range utf16.Encode([]rune("\ufeff" + longPage)) {
				raw = append(raw, order(unit)...)
			}
			e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				w.Write(raw)
			})
			e.visit(t).get("/").wantSame(t, raw)
		})
	}
}

// TestCharsetOfThePageGoesIntoTheHeader pins that what is inserted before a
// <meta charset> can't push it out of a browser's reach.
func TestCharsetOfThePageGoesIntoTheHeader(t *testing.T) {
	e := start(t, options{})
	for _, test := range []struct{ header, page, want string }{
		{"text/html", `<html><head><meta charset="windows-1251"></head><body>` + "\xcf\xf0\xe8\xe2\xe5\xf2", "text/html; charset=windows-1251"},
		{"text/html", `<html><head><meta http-equiv="Content-Type" content="text/html; charset=koi8-r"></head><body>`, "text/html; charset=koi8-r"},
		{"text/html", `<html><head><meta charset=utf-8></head><body>`, "text/html; charset=utf-8"},
		{"text/html; charset=utf-8", `<html><head><meta charset="windows-1251"></head><body>`, "text/html; charset=utf-8"},
		{"text/html", `<html><head></head><body>`, "text/html"},
	} {
		e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", test.header)
			io.WriteString(w, test.page)
		})
		a := e.visit(t).get("/")
		a.want(t, 200, bannerMark)
		a.wantHeader(t, "Content-Type", test.want)
	}
}

// What is inserted is right under every encoding, and short under the usual one.
func TestInsertionsAreInTheEncodingOfThePage(t *testing.T) {
	e := start(t, options{gate: "languages ru"})
	for name, test := range map[string]struct {
		header, page string
		utf8         bool
	}{
		"UTF-8 by header":           {"text/html; Charset=\"UTF-8\"", `<body>`, true},
		"UTF-8 by meta":             {"text/html", `<!doctype html><meta charset=utf8><body>`, true},
		"UTF-8 by byte order mark":  {"text/html; charset=koi8-r", "\xef\xbb\xbf<!doctype html><body>", true},
		"header before meta":        {"text/html; charset=koi8-r", `<!doctype html><meta charset=utf-8><body>`, false},
		"windows-1251":              {"text/html", `<!doctype html><meta charset=windows-1251><body>`, false},
		"unknown label":             {"text/html; charset=none", `<body>`, false},
		"nothing said":              {"text/html", `<body>`, false},
		"meta after 1024 bytes":     {"text/html", strings.Repeat(" ", 1024) + `<!doctype html><meta charset=utf-8><body>`, false},
		"meta in a comment":         {"text/html", `<!doctype html><!--<meta charset=utf-8>--><body>`, false},
		"charset of something else": {"text/html; x-charset=utf-8", `<body>`, false},
	} {
		e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", test.header)
			// Byte by byte: what a browser has seen of the page decides, not what one
			// write brings.
			for i := range len(test.page) {
				io.WriteString(w, test.page[i:i+1])
				http.NewResponseController(w).Flush()
			}
		})
		a := e.visit(t).get("/")
		a.want(t, 200, bannerMark)
		letters, references := strings.Contains(a.body, "Отказаться"), strings.Contains(a.body, "&#x41e;&#x442;&#x43a;")
		if letters != test.utf8 || references == test.utf8 {
			t.Errorf("%s: letters %t, references %t", name, letters, references)
		}
	}
}
