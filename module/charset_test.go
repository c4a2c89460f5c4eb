package module_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

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
		// What browsers read, and Go's parser of media types doesn't.
		{"text/html", `<meta content="text/html, CHARSET = 'windows-1251'" http-equiv=content-type><body>`, "text/html; charset=windows-1251"},
		{"text/html", `<meta http-equiv=content-type content="charsets; charset=koi8-u;"><body>`, "text/html; charset=koi8-u"},
		{"text/html", `<meta http-equiv=refresh content="9; charset=koi8-u"><body>`, "text/html"},
		{"text/html", `<meta charset=none><meta charset=cp1251><body>`, "text/html; charset=windows-1251"},
		// A page in which this can be read isn't in UTF-16.
		{"text/html", `<meta charset=utf-16><body>`, "text/html; charset=utf-8"},
		{"text/html", `<meta charset=x-user-defined><body>`, "text/html; charset=windows-1252"},
		// Labels that no browser knows.
		{"text/html; charset=none", `<meta charset=koi8-r><body>`, "text/html; charset=koi8-r"},
		{"text/html; charset=", `<meta charset=koi8-r><body>`, "text/html; charset=koi8-r"},
		{"text/html; x-charset=utf-8", `<meta charset=koi8-r><body>`, "text/html; charset=koi8-r"},
		{"text/html; charset=none", `<body>`, "text/html; charset=none"},
		{`text/html; charset="utf-8"; charset=koi8-r`, `<meta charset=windows-1251><body>`, `text/html; charset="utf-8"; charset=koi8-r`},
		// No type at all: it is guessed, the charset isn't.
		{"", `<html><head><meta charset="windows-1251"></head><body>`, "text/html; charset=windows-1251"},
		{"", `<html><head></head><body>`, "text/html; charset=utf-8"},
	} {
		e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
			w.Header()["Content-Type"] = nil // Go guesses it else
			if test.header != "" {
				w.Header().Set("Content-Type", test.header)
			}
			io.WriteString(w, test.page)
		})
		a := e.visit(t).get("/")
		a.want(t, 200, bannerMark)
		a.wantHeader(t, "Content-Type", test.want)
	}
}

// TestEarlyFlushWaitsForTheCharset pins an origin that sends its head piece by piece:
// what is inserted comes before the charset it declares, and the header goes out with
// it. What can't declare any more waits for nothing.
func TestEarlyFlushWaitsForTheCharset(t *testing.T) {
	e := start(t, options{})
	for _, test := range []struct {
		name, first, rest string
		waits             bool
		want              string
	}{
		{"head", `<!doctype html><html><head><title>a < b</title>`, `<meta charset=windows-1251></head><body>`, true, "text/html; charset=windows-1251"},
		{"half a tag", `<!doctype html><html><head><met`, `a charset=windows-1251></head><body>`, true, "text/html; charset=windows-1251"},
		{"script", `<html><script>let a = "<p>"</script>`, `<meta charset=koi8-r><body>`, true, "text/html; charset=koi8-r"},
		{"declared", `<html><head><meta charset=koi8-r>`, `</head><body>`, false, "text/html; charset=koi8-r"},
		{"head is over", `<html><head></head>`, `<body>`, false, "text/html"},
		{"body", `<!doctype html><body><p>one</p>`, `<p>two</p>`, false, "text/html"},
		{"text", `<!doctype html>one`, `two`, false, "text/html"},
		{"beyond the reach of browsers", `<html><head><title>` + strings.Repeat("a", 1024) + `</title>`, `<meta charset=koi8-r><body>`, false, "text/html"},
	} {
		t.Run(test.name, func(t *testing.T) {
			next := make(chan struct{})
			e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				io.WriteString(w, test.first)
				http.NewResponseController(w).Flush()
				if !test.waits {
					<-next // it came before the rest was made
				}
				io.WriteString(w, test.rest)
			})
			v := e.visit(t)
			response := v.open(v.request(http.MethodGet, "/", "", "Accept-Encoding", ""))
			if !test.waits {
				close(next)
			}
			body, err := io.ReadAll(response.Body)
			if err != nil {
				t.Fatal(err)
			}
			a := &answer{response, string(body), nil}
			a.want(t, 200, bannerMark)
			a.wantHeader(t, "Content-Type", test.want)
		})
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
