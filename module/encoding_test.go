package module_test

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/andybalholm/brotli"
	"github.com/klauspost/compress/zstd"
)

// compress applies codings, one after the other, to a text. "raw deflate" is deflate
// as some servers send it.
func compress(t *testing.T, codings, text string) []byte {
	t.Helper()
	body := []byte(text)
	for coding := range strings.SplitSeq(codings, ", ") {
		var out bytes.Buffer
		var w io.WriteCloser
		var err error
		switch coding {
		case "gzip", "x-gzip":
			w = gzip.NewWriter(&out)
		case "br":
			w = brotli.NewWriter(&out)
		case "zstd":
			w, err = zstd.NewWriter(&out)
		case "deflate":
			w = zlib.NewWriter(&out)
		case "raw deflate":
			w, err = flate.NewWriter(&out, flate.DefaultCompression)
		default:
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(body); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		body = out.Bytes()
	}
	return body
}

// contentEncoding is how an origin declares the codings.
func contentEncoding(codings string) string { return strings.ReplaceAll(codings, "raw ", "") }

func decompress(t *testing.T, encoding, body string) string {
	t.Helper()
	text, err := decompressed(t, encoding, body)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// decompressed is decompress for bodies that may break off: it returns what comes before.
func decompressed(t *testing.T, encoding, body string) (string, error) {
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
	return string(raw), err
}

// longPage is more than the edge holds before the header, and than Caddy's
// encode takes for too small.
var longPage = strings.Replace(trackerPage, "</body>", strings.Repeat("<p>text</p>", 2000)+"</body>", 1)

// TestEncodedUpstreamIsDecodedAndEncodedAgain pins that an origin which
// compresses although it was asked not to is rewritten all the same, and that
// compressed stays compressed when "encode" stands outside.
func TestEncodedUpstreamIsDecodedAndEncodedAgain(t *testing.T) {
	e := start(t, options{secure: true, site: "encode zstd gzip\n" + directive + "\n" + proxy})
	for _, upstream := range []string{
		"gzip", "x-gzip", "br", "zstd", "deflate", "raw deflate", "GZIP",
		"gzip, br", "deflate, gzip", "raw deflate, zstd", "identity, gzip, identity", "gzip, br, zstd",
	} {
		t.Run(upstream, func(t *testing.T) {
			e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
				if got := r.Header.Get("Accept-Encoding"); got != "identity" {
					t.Errorf("the origin was asked for %q", got)
				}
				w.Header().Set("Content-Encoding", contentEncoding(upstream))
				writePage(w, "")
				w.Write(compress(t, strings.ToLower(upstream), longPage))
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
	e := start(t, options{secure: true})
	for _, encoding := range []string{"gzip", "br", "zstd", "deflate", "raw deflate", "gzip, br", "zstd, gzip"} {
		for name, cut := range map[string]func([]byte) []byte{
			"truncated": func(raw []byte) []byte { return raw[:len(raw)-12] },
			"garbage":   func([]byte) []byte { return []byte("this was never compressed at all") },
		} {
			t.Run(encoding+" "+name, func(t *testing.T) {
				raw := cut(compress(t, encoding, longPage))
				e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Content-Encoding", contentEncoding(encoding))
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

// TestEmptyBodyIsEmptyInEveryCoding pins what servers say of an answer without a body:
// its coding, although nothing was coded.
func TestEmptyBodyIsEmptyInEveryCoding(t *testing.T) {
	e := start(t, options{secure: true})
	for _, encoding := range []string{"gzip", "br", "zstd", "deflate", "gzip, br"} {
		t.Run(encoding, func(t *testing.T) {
			e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Encoding", encoding)
				w.Header().Set("Content-Type", "text/html")
				w.Header().Set("Location", "/there")
				w.WriteHeader(http.StatusFound)
			})
			eachProtocol(t, e, func(t *testing.T, v *visitor) {
				a := v.get("/", "Accept-Encoding", "identity")
				a.want(t, http.StatusFound)
				a.wantSame(t, nil)
				a.wantHeader(t, "Location", "/there")
			})
		})
	}
}

// TestCodingsThatCantBeUndoneAreCounted pins a body with an unknown coding, or with more
// of them than are undone: it passes as it is, its header kept from caches.
func TestCodingsThatCantBeUndoneAreCounted(t *testing.T) {
	e := start(t, options{})
	for _, codings := range [][]string{{"compress"}, {"gzip, dcz"}, {"dcz", "gzip"}, {"gzip, gzip, gzip, gzip"}} {
		raw := []byte("coded")
		e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Content-Encoding"] = codings
			writePage(w, string(raw))
		})
		a := e.visit(t).get("/")
		a.wantSame(t, raw)
		a.wantHeader(t, "Content-Encoding", strings.Join(codings, "\n"))
		a.wantHeader(t, "Cache-Control", "private, no-store")
	}
	_, metrics := e.askAdmin(http.MethodGet, "/metrics")
	if !strings.Contains(metrics, "consentgate_undecodable_pages_total 4") {
		t.Error("they aren't counted")
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
