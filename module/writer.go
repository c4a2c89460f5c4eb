package module

import (
	"io"
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// responseWriter decides once, at the final status, what a response is, and
// then lets it through, changes its header only, or rewrites it as HTML.
//
// It writes nothing of its own when the next handler fails, and has no deferred
// tail: a proxy that aborts in the middle of a body panics, and what it began
// must stay cut.
type responseWriter struct {
	*caddyhttp.ResponseWriterWrapper
	x      *exchange
	status int         // final status, 0 before it is known
	body   *bodyWriter // nil unless the body is rewritten
}

func newResponseWriter(w http.ResponseWriter, x *exchange) *responseWriter {
	return &responseWriter{ResponseWriterWrapper: &caddyhttp.ResponseWriterWrapper{ResponseWriter: w}, x: x}
}

// WriteHeader implements http.ResponseWriter. The header of a page goes out with
// its first bytes.
func (rw *responseWriter) WriteHeader(status int) {
	if status >= 100 && status <= 199 && status != http.StatusSwitchingProtocols {
		rw.writeInformational(status)
		return
	}
	if rw.status != 0 {
		return
	}
	rw.status = status
	if rw.decide() {
		rw.body = newBodyWriter(rw.ResponseWriter, rw.x, func() { rw.ResponseWriter.WriteHeader(status) })
		return
	}
	rw.ResponseWriter.WriteHeader(status)
}

// writeInformational forwards a 1xx at once. Browsers act on the links of a 103
// before the page's policy exists, so denied ones are taken out of it.
func (rw *responseWriter) writeInformational(status int) {
	header := rw.Header()
	if links := header["Link"]; len(links) > 0 {
		setOrDelete(header, "Link", rw.x.permit.Links(links, rw.x.base(), rw.x))
		if status == http.StatusEarlyHints && len(header["Link"]) == 0 {
			return
		}
	}
	rw.ResponseWriter.WriteHeader(status)
}

// decide looks at the final header, changes it, and reports whether the body is
// to be rewritten.
func (rw *responseWriter) decide() (rewrites bool) {
	if rw.status == http.StatusSwitchingProtocols || rw.x.request.Method == http.MethodConnect {
		return false
	}
	kind := rw.classify()
	rw.x.filterHeader(rw.Header())
	if kind == opaque {
		return false
	}
	rw.x.admitPolicy(rw.Header())
	if kind != page {
		return false
	}
	rw.x.pageHeader(rw.Header())
	return rw.hasBody()
}

// hasBody reports whether body bytes follow the header (RFC 9110 §6.4.1).
func (rw *responseWriter) hasBody() bool {
	return rw.x.request.Method != http.MethodHead && rw.status != http.StatusNoContent && rw.status != http.StatusNotModified
}

// kind is what a response is to the edge.
type kind uint8

const (
	opaque   kind = iota // images, fonts, media: nothing in them runs
	document             // gets the policy in its header; its bytes stay
	page                 // HTML, which is rewritten
)

// classify judges the final header.
func (rw *responseWriter) classify() kind {
	header := rw.Header()
	mediaType, _, _ := strings.Cut(header.Get("Content-Type"), ";")
	mediaType = strings.ToLower(strings.TrimSpace(mediaType))
	switch {
	case rw.status == http.StatusNotModified:
		// A 304 need not repeat the type; what the request asked for tells.
		if mediaType == "text/html" || mediaType == "" && rw.x.acceptsHTML() {
			return page
		}
		return document
	case strings.HasPrefix(mediaType, "image/") && mediaType != "image/svg+xml",
		strings.HasPrefix(mediaType, "font/"), strings.HasPrefix(mediaType, "audio/"), strings.HasPrefix(mediaType, "video/"):
		return opaque
	case mediaType != "text/html", rw.status == http.StatusPartialContent,
		strings.HasPrefix(strings.ToLower(strings.TrimSpace(header.Get("Content-Disposition"))), "attachment"),
		!rw.x.mayBeDocument(), caddyhttp.IsIncremental(header), wideEncoding(header.Get("Content-Type")):
		return document
	case !decodable(header.Get("Content-Encoding")):
		rw.x.handler.app.metrics.undecodable.Inc()
		return document
	}
	return page
}

// wideEncoding reports a charset in which bytes aren't characters.
func wideEncoding(contentType string) bool {
	lower := strings.ToLower(contentType)
	return strings.Contains(lower, "utf-16") || strings.Contains(lower, "utf-32") || strings.Contains(lower, "iso-2022")
}

// Write implements http.ResponseWriter.
func (rw *responseWriter) Write(p []byte) (int, error) {
	if rw.status == 0 {
		if rw.Header().Get("Content-Type") == "" && len(p) > 0 {
			rw.Header().Set("Content-Type", http.DetectContentType(p))
		}
		rw.WriteHeader(http.StatusOK)
	}
	if rw.body != nil {
		return rw.body.Write(p)
	}
	return rw.ResponseWriter.Write(p)
}

// ReadFrom implements io.ReaderFrom. The embedded one would go around Write.
func (rw *responseWriter) ReadFrom(r io.Reader) (int64, error) {
	if rw.status == 0 && rw.Header().Get("Content-Type") != "" {
		rw.WriteHeader(http.StatusOK)
	}
	if rw.status != 0 && rw.body == nil {
		return rw.ResponseWriterWrapper.ReadFrom(r)
	}
	return io.Copy(struct{ io.Writer }{rw}, r)
}

// FlushError is what http.ResponseController calls to flush. Before the header
// is decided it does nothing.
func (rw *responseWriter) FlushError() error {
	if rw.status == 0 {
		return nil
	}
	if rw.body != nil {
		if err := rw.body.Flush(); err != nil || !rw.body.began {
			return err
		}
	}
	return http.NewResponseController(rw.ResponseWriter).Flush()
}

// finish ends a response whose handler returned without an error. A page whose
// encoding turns out broken is aborted as a cut connection is: the visitor's
// browser must not take what came for the whole.
func (rw *responseWriter) finish() error {
	if rw.body == nil {
		return nil
	}
	if err := rw.body.Close(); err != nil {
		if !rw.body.began {
			return caddyhttp.Error(http.StatusBadGateway, err)
		}
		rw.x.handler.logger.Warn("a page couldn't be finished", "error", err)
		panic(http.ErrAbortHandler)
	}
	rw.x.page = true
	return nil
}

// recycle gives the buffers back, whatever became of the response.
func (rw *responseWriter) recycle() {
	if rw.body != nil {
		rw.body.Recycle()
		rw.body = nil
	}
}

var (
	_ http.ResponseWriter = (*responseWriter)(nil)
	_ io.ReaderFrom       = (*responseWriter)(nil)
)
