package module_test

import (
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
)

// TestWhatTheGateLeavesAloneIsAsBehindAPlainProxy pins that images and paths beside the
// matcher arrive with every line of their header and every byte of their body.
func TestWhatTheGateLeavesAloneIsAsBehindAPlainProxy(t *testing.T) {
	e := start(t, options{
		gate:   "unknown block",
		site:   "@plain header X-Plain *\nhandle @plain {\n" + proxy + "\n}\nhandle /excluded/* {\n" + proxy + "\n}\nhandle {\n" + directive + "\n" + proxy + "\n}",
		secure: true,
	})
	modified := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		header.Set("Etag", `"v1"`)
		header["Vary"] = []string{"Accept", "Accept-Encoding, Origin"}
		header.Set("Cache-Control", "public, max-age=60, no-transform")
		header.Set("Content-Disposition", `inline; filename*=UTF-8''%D1%84.png`)
		header.Set("Content-Type", "image/png")
		header.Set("Digest", "x")
		header.Set("X-Mixed", "a")
		header.Add("X-Mixed", "b")
		if strings.HasPrefix(r.URL.Path, "/excluded/") {
			header.Set("Content-Type", "text/html")
			header.Add("Set-Cookie", "_ga=1")
		}
		http.ServeContent(w, r, "", modified, strings.NewReader(trackerPage))
	})
	eachProtocol(t, e, func(t *testing.T, v *visitor) {
		for _, path := range []string{"/image.png", "/excluded/page"} {
			for name, ask := range map[string][]string{
				"whole":       nil,
				"part":        {"Range", "bytes=10-29"},
				"two parts":   {"Range", "bytes=0-4,10-14"},
				"beyond":      {"Range", "bytes=9999-"},
				"known":       {"If-None-Match", `"v1"`},
				"not newer":   {"If-Modified-Since", modified.Format(http.TimeFormat)},
				"other state": {"If-Match", `"v2"`},
			} {
				if path == "/image.png" && name != "whole" && name != "part" && name != "other state" {
					continue // without the image's type in the answer it gets the policy
				}
				for _, method := range []string{http.MethodGet, http.MethodHead} {
					ask := append([]string{"Sec-Fetch-Dest", "image", "Accept", "image/*"}, ask...)
					plain := v.do(method, path, "", append([]string{"X-Plain", "1"}, ask...)...)
					gated := v.do(method, path, "", ask...)
					for _, a := range []*answer{plain, gated} {
						a.Header.Del("Date")
						if a.body == "" && a.Header.Get("Content-Length") == "0" {
							a.Header.Del("Content-Length") // declared by the HTTP/3 server
						}
						if boundary := strings.TrimPrefix(a.Header.Get("Content-Type"), "multipart/byteranges; boundary="); len(boundary) > 40 {
							a.body = strings.ReplaceAll(a.body, boundary, "x") // of chance
							a.Header.Set("Content-Type", "multipart/byteranges")
						}
					}
					if gated.StatusCode != plain.StatusCode || !reflect.DeepEqual(gated.Header, plain.Header) || gated.body != plain.body || gated.err != nil {
						t.Errorf("%s %s, %s: %s %v, %d bytes, %v\nplain: %s %v, %d bytes", method, path, name,
							gated.Status, gated.Header, len(gated.body), gated.err, plain.Status, plain.Header, len(plain.body))
					}
				}
			}
		}
	})
}
