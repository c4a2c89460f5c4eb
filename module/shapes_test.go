package module_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestPagesOfEveryShapeAreAskedAndFragmentsAreNot pins which of the tags that HTML lets
// authors leave out a page may lack, in which encoding, and that what a script fetches
// to put into a page stays as it is.
func TestPagesOfEveryShapeAreAskedAndFragmentsAreNot(t *testing.T) {
	e := start(t, options{})
	const tracker = `<script src="https://mc.yandex.ru/metrika/tag.js"></script>`
	for name, test := range map[string]struct {
		page      string
		bare      bool // of html, head, body and doctype: as a fragment is
		frameset  bool
		untouched string // bytes that must be in the answer
	}{
		"everything":            {page: `<!doctype html><html><head><title>x</title></head><body><p>a</p>` + tracker + `</body></html>`},
		"no doctype":            {page: `<html><head><title>x</title></head><body><p>a</p>` + tracker + `</body></html>`},
		"old doctype":           {page: `<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 4.01 Transitional//EN" "http://www.w3.org/TR/html4/loose.dtd"><title>x</title><p>a` + tracker},
		"no head":               {page: `<!doctype html><html><body><p>a</p>` + tracker + `</body></html>`},
		"no body":               {page: `<!doctype html><html><head><title>x</title></head><p>a</p>` + tracker + `</html>`},
		"doctype alone":         {page: `<!doctype html><p>a</p>` + tracker},
		"body alone":            {page: `<body><p>a</p>` + tracker},
		"head alone":            {page: `<head>` + tracker + `</head>`},
		"XML declaration":       {page: `<?xml version="1.0" encoding="utf-8"?><html xmlns="http://www.w3.org/1999/xhtml"><head/><body><p>a</p>` + tracker + `</body></html>`, untouched: `<?xml version="1.0" encoding="utf-8"?><html `},
		"comment and no tags":   {page: `<!-- a --><h1>It works!</h1>` + tracker, bare: true, untouched: `<!-- a -->`},
		"none of those tags":    {page: `<title>x</title><p>a</p>` + tracker, bare: true},
		"text":                  {page: `text ` + tracker, bare: true},
		"list items":            {page: `<li>one</li><li>two</li>` + tracker, bare: true},
		"frameset":              {page: `<html><head>` + tracker + `</head><frameset cols=*><frame src="/a"></frameset></html>`, frameset: true},
		"windows-1251":          {page: "<html><head><meta charset=windows-1251></head><body>\xcf\xf0\xe8\xe2\xe5\xf2" + tracker, untouched: "\xcf\xf0\xe8\xe2\xe5\xf2"},
		"KOI8-R":                {page: "<html><head><meta http-equiv=Content-Type content='text/html; charset=koi8-r'></head><body>\xf0\xd2\xc9\xd7\xc5\xd4" + tracker, untouched: "\xf0\xd2\xc9\xd7\xc5\xd4"},
		"UTF-8 byte order mark": {page: "\xef\xbb\xbf<!doctype html><p>a</p>" + tracker, untouched: "\xef\xbb\xbf<!doctype html>"},
	} {
		t.Run(name, func(t *testing.T) {
			e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "text/html")
				w.Write([]byte(test.page))
			})
			for way, asked := range map[string]struct {
				header []string
				shown  bool // by a browser, as a document
				banner bool
			}{
				"opened":             {nil, true, true},
				"by a worker":        {[]string{"Sec-Fetch-Dest", "empty", "Sec-Fetch-Mode", "navigate"}, true, true},
				"no fetch metadata":  {[]string{"Sec-Fetch-Dest", ""}, false, true},
				"framed":             {[]string{"Sec-Fetch-Dest", "iframe"}, true, false},
				"fetched":            {[]string{"Sec-Fetch-Dest", "empty"}, false, false},
				"fetched by htmx":    {[]string{"Sec-Fetch-Dest", "empty", "HX-Request", "true"}, false, false},
				"fetched for a part": {[]string{"Sec-Fetch-Dest", "", "Turbo-Frame", "x"}, false, false},
			} {
				a := e.visit(t).get("/", asked.header...)
				a.want(t, 200, blockedScript, test.untouched)
				document := asked.shown || !test.bare
				banner := document && asked.banner && !test.frameset
				if strings.Count(a.body, bannerMark) != map[bool]int{true: 1}[banner] {
					t.Errorf("%s: banner %t, want %t: %.300s", way, !banner, banner, a.body)
				}
				if guard := strings.Contains(a.body, "privacy_choice"); guard != document {
					t.Errorf("%s: guard %t, want %t: %.300s", way, guard, document, a.body)
				}
			}
		})
	}
}

// TestWhatIsNotHTMLKeepsItsBytes pins documents that browsers read by other rules: they
// get the policy and nothing else.
func TestWhatIsNotHTMLKeepsItsBytes(t *testing.T) {
	e := start(t, options{gate: "unknown block\nservice matomo"})
	const xhtml = `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title>x</title><script src="https://mc.yandex.ru/metrika/tag.js"/></head><body/></html>`
	for contentType, page := range map[string]string{
		"application/xhtml+xml":                xhtml,
		"application/xhtml+xml; charset=utf-8": xhtml,
		"application/xml":                      xhtml,
		"text/html; charset=utf-16le":          "<\x00p\x00>\x00",
		"text/html; charset=ucs-2":             "<\x00p\x00>\x00", // a label of the same
		"text/html; charset=iso-2022-jp":       "\x1b$B<:\x1b(B<p>",
	} {
		e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", contentType)
			w.Write([]byte(page))
		})
		a := e.visit(t).get("/")
		a.wantSame(t, []byte(page))
		a.wantHeader(t, "Content-Type", contentType)
		if a.Header.Get("Content-Security-Policy") == "" {
			t.Errorf("%s has no policy", contentType)
		}
	}
}

// TestPageThatSaysItIsNotASCIIKeepsItsBytes pins a charset in which "<" is half a
// character, of which only the page knows.
func TestPageThatSaysItIsNotASCIIKeepsItsBytes(t *testing.T) {
	e := start(t, options{gate: "unknown block\nservice matomo"})
	const page = "<!doctype html><meta charset=iso-2022-jp><title>\x1b$B<script src=//mc.yandex.ru/metrika/tag.js>\x1b(B</title>"
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, page)
	})
	a := e.visit(t).get("/")
	a.wantSame(t, []byte(page))
	a.wantHeader(t, "Content-Type", "text/html; charset=iso-2022-jp")
	a.wantHeader(t, "Cache-Control", "private, no-store")
	if a.Header.Get("Content-Security-Policy") == "" {
		t.Error("it has no policy")
	}
}

// TestRedirectsAreNotShown pins that nothing is put into the short text that says where
// a page went, which no browser shows.
func TestRedirectsAreNotShown(t *testing.T) {
	e := start(t, options{})
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) })
	a := e.visit(t).get("/")
	a.want(t, 302, "!"+bannerMark)
	a.wantSame(t, []byte("<a href=\"/elsewhere\">Found</a>.\n\n"))
}
