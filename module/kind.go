package module

import (
	"net/http"
	"strings"
)

// kind is what a response is to the edge.
type kind uint8

const (
	opaque   kind = iota // images, fonts, media: nothing in them runs
	document             // gets the policy in its header; its bytes stay
	unread               // HTML that can't be rewritten: as a document, and kept from caches
	page                 // HTML, which is rewritten
	worker               // script of a service worker, to which something is appended
	rules                // speculation rules, which are held until they are known whole
)

// classify judges the final header.
func (rw *responseWriter) classify() kind {
	header := rw.Header()
	mediaType, _, _ := strings.Cut(header.Get("Content-Type"), ";")
	mediaType = strings.ToLower(strings.TrimSpace(mediaType))
	switch {
	case rw.x.fetchesWorker() && mediaType != "text/html":
		return rw.classifyWorker(mediaType)
	case mediaType == rulesType && rw.status == http.StatusOK:
		return rules
	case rw.status == http.StatusNotModified:
		// A 304 need not repeat the type; what was revalidated or asked for tells.
		if mediaType == "text/html" || mediaType == "" && (rw.x.revalidates || rw.x.acceptsHTML()) {
			return page
		}
		return document
	case strings.HasPrefix(mediaType, "image/") && mediaType != "image/svg+xml",
		strings.HasPrefix(mediaType, "font/"), strings.HasPrefix(mediaType, "audio/"), strings.HasPrefix(mediaType, "video/"):
		return opaque
	case mediaType != "text/html",
		strings.HasPrefix(strings.ToLower(strings.TrimSpace(header.Get("Content-Disposition"))), "attachment"):
		return document
	case rw.status == http.StatusPartialContent, wideEncoding(header.Get("Content-Type")):
		return unread
	case !decodable(contentCodings(header)):
		rw.x.handler.app.metrics.undecodable.Inc()
		return unread
	}
	return page
}

// classifyWorker judges what answers a service worker's script. Only a whole one in
// no content coding can get something appended.
func (rw *responseWriter) classifyWorker(mediaType string) kind {
	switch {
	case rw.status == http.StatusNotModified && (mediaType == "" || isJavaScript(mediaType)),
		rw.status == http.StatusOK && isJavaScript(mediaType) && len(contentCodings(rw.Header())) == 0:
		return worker
	}
	return document
}

// wideEncoding reports a charset in which bytes aren't characters.
func wideEncoding(contentType string) bool {
	switch headerCharset(contentType) {
	case "utf-16le", "utf-16be", "iso-2022-jp", "replacement":
		return true
	}
	return strings.Contains(strings.ToLower(contentType), "utf-32") // which browsers don't know
}
