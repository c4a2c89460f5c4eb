package module

import (
	"bytes"
	"net/http"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/charset"
)

// declareCharset copies a charset that only the page declares into the header:
// what is inserted into the head may push the declaration out of the bytes a
// browser looks at. prefix is the first 1024 bytes of the page; presumed is the
// charset of a page that declares none, "" to leave that to the browser.
func declareCharset(header http.Header, prefix []byte, presumed string) {
	contentType := header.Get("Content-Type")
	if headerCharset(contentType) != "" {
		return
	}
	name, _ := declaredCharset(prefix)
	if name == "" {
		name = presumed
	}
	if name != "" {
		mediaType, _, _ := strings.Cut(contentType, ";")
		header.Set("Content-Type", strings.TrimSpace(mediaType)+"; charset="+name)
	}
}

// isUTF8 reports whether a page is in UTF-8 by what a browser goes by: its byte order
// mark, the header, a <meta> (WHATWG HTML, "encoding sniffing algorithm"). prefix is
// what has been read of its first 1024 bytes.
func isUTF8(contentType string, prefix []byte) bool {
	if bytes.HasPrefix(prefix, []byte("\xef\xbb\xbf")) {
		return true
	}
	name := headerCharset(contentType)
	if name == "" {
		name, _ = declaredCharset(prefix)
	}
	return name == "utf-8"
}

// headerCharset returns the name of the encoding that a Content-Type says, "" when it
// says none that browsers know: those look into the page then. Of several parameters
// the first counts (WHATWG MIME Sniffing §4.4).
func headerCharset(contentType string) string {
	_, parameters, _ := strings.Cut(contentType, ";")
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(strings.TrimLeft(parameter, " \t"), "=")
		if label := strings.Trim(value, " \t\""); label != "" && strings.EqualFold(name, "charset") {
			if strings.EqualFold(label, "utf-8") {
				return "utf-8" // as nearly all pages, which need no search then
			}
			_, name := charset.Lookup(label)
			return name
		}
	}
	return ""
}

// declaredCharset returns the name of the encoding that a <meta> within the
// prefix declares, "" when none does, and whether the head is over, behind which
// browsers look no further than 1024 bytes.
func declaredCharset(prefix []byte) (name string, over bool) {
	tokens := html.NewTokenizer(bytes.NewReader(prefix))
	raw := false // what follows is text of the element, not of the page
	for {
		switch tokens.Next() {
		case html.ErrorToken:
			return "", over
		case html.TextToken:
			// The last text may be the beginning of a tag.
			over = over || !raw && len(bytes.Trim(tokens.Text(), "\t\n\f\r </")) > 0
			raw = false
		case html.EndTagToken:
			tag, _ := tokens.TagName()
			over = over || string(tag) == "head"
		case html.StartTagToken, html.SelfClosingTagToken:
			raw = false
			switch token := tokens.Token(); token.Data {
			case "meta":
				if name := metaCharset(token.Attr); name != "" {
					return name, true
				}
			case "html", "head", "base", "link", "template":
			case "title", "script", "style", "noscript":
				raw = true
			default:
				over = true
			}
		}
	}
}

// metaCharset returns the name of the encoding in <meta charset> or in the content of
// <meta http-equiv=content-type>. No page that was read this far is in UTF-16 (WHATWG
// HTML, "prescan a byte stream").
func metaCharset(attributes []html.Attribute) string {
	label, equivalent, content := "", "", ""
	for _, a := range attributes {
		switch a.Key {
		case "charset":
			label = a.Val
		case "http-equiv":
			equivalent = a.Val
		case "content":
			content = a.Val
		}
	}
	if label == "" && strings.EqualFold(equivalent, "content-type") {
		label = charsetOf(content)
	}
	switch _, name := charset.Lookup(label); name {
	case "utf-16le", "utf-16be":
		return "utf-8"
	case "x-user-defined":
		return "windows-1252"
	default:
		return name
	}
}

// charsetOf returns the label in the content of a <meta> (WHATWG HTML, "extracting a
// character encoding from a meta element").
func charsetOf(content string) string {
	const space = "\t\n\f\r "
	for {
		at := strings.Index(strings.ToLower(content), "charset")
		if at < 0 {
			return ""
		}
		content = strings.TrimLeft(content[at+len("charset"):], space)
		value, found := strings.CutPrefix(content, "=")
		if !found {
			continue
		}
		value = strings.TrimLeft(value, space)
		if value == "" {
			return ""
		}
		if quote := value[0]; quote == '"' || quote == '\'' {
			label, _, closed := strings.Cut(value[1:], string(quote))
			if !closed {
				return ""
			}
			return label
		}
		if end := strings.IndexAny(value, space+";"); end >= 0 {
			value = value[:end]
		}
		return value
	}
}
