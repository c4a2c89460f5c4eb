package module

import (
	"bytes"
	"mime"
	"net/http"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"
)

// declareCharset copies a charset that only the page declares into the header:
// what is inserted into the head may push the declaration out of the bytes a
// browser looks at. prefix is the first 1024 bytes of the page.
func declareCharset(header http.Header, prefix []byte) {
	contentType := header.Get("Content-Type")
	if strings.Contains(strings.ToLower(contentType), "charset") {
		return
	}
	if name := declaredCharset(prefix); name != "" {
		header.Set("Content-Type", strings.TrimRight(contentType, "; ")+"; charset="+name)
	}
}

// isUTF8 reports whether a page is in UTF-8 by what a browser goes by: its byte order
// mark, the header, a <meta> (WHATWG HTML, "encoding sniffing algorithm"). prefix is
// what has been read of its first 1024 bytes.
func isUTF8(contentType string, prefix []byte) bool {
	if bytes.HasPrefix(prefix, []byte("\xef\xbb\xbf")) {
		return true
	}
	if strings.Contains(strings.ToLower(contentType), "charset") {
		_, parameters, err := mime.ParseMediaType(contentType)
		_, name := charset.Lookup(parameters["charset"])
		return err == nil && name == "utf-8"
	}
	return declaredCharset(prefix) == "utf-8"
}

// declaredCharset returns the name of the encoding that a <meta> within the
// prefix declares, "" when none does.
func declaredCharset(prefix []byte) string {
	tokens := html.NewTokenizer(bytes.NewReader(prefix))
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			return ""
		case html.StartTagToken, html.SelfClosingTagToken:
			token := tokens.Token()
			if token.Data != "meta" {
				continue
			}
			if _, name := charset.Lookup(metaCharset(token.Attr)); name != "" {
				return name
			}
		}
	}
}

// metaCharset returns the label in <meta charset> or in the content of
// <meta http-equiv=content-type>.
func metaCharset(attributes []html.Attribute) string {
	var equivalent, content string
	for _, a := range attributes {
		switch a.Key {
		case "charset":
			return a.Val
		case "http-equiv":
			equivalent = a.Val
		case "content":
			content = a.Val
		}
	}
	if !strings.EqualFold(equivalent, "content-type") {
		return ""
	}
	_, parameters, err := mime.ParseMediaType(content)
	if err != nil {
		return ""
	}
	return parameters["charset"]
}
