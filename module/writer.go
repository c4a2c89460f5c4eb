package module

import (
	"io"
	"net/http"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// responseWriter decides once, at the final status, what a response is, and
// then lets it through, changes its header only, or rewrites it as HTML. For a
// response without a type the first bytes tell, as they do to a browser.
//
// It writes nothing of its own when the next handler fails, and has no deferred
// tail: a proxy that aborts in the middle of a body panics, and what it began
// must stay cut.
type responseWriter struct {
	caddyhttp.ResponseWriterWrapper
	x       *exchange
	status  int    // final status, 0 before it is known
	decided bool   // the header was judged
	body    body   // nil where bytes go out as they come
	coding  string // of a page, as the visitor gets it
	// incremental pages are wanted piece by piece (RFC 10036).
	incremental bool
}

// body takes the bytes of a response that don't go out as they come.
type body interface {
	io.WriteCloser
	// Flush sends what is ready.
	Flush() error
	// Began reports whether the header was sent.
	Began() bool
	// Recycle gives up what wasn't closed.
	Recycle()
}

func newResponseWriter(w http.ResponseWriter, x *exchange) *responseWriter {
	return &responseWriter{ResponseWriterWrapper: caddyhttp.ResponseWriterWrapper{ResponseWriter: w}, x: x}
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
	if !rw.sniffs() {
		rw.begin()
	}
}

// tunnels reports whether the header opens a tunnel, of WebSocket for example: by an
// upgrade (RFC 9110 §7.8), or by CONNECT over HTTP/2 and HTTP/3 (RFC 8441, RFC 9220).
func (rw *responseWriter) tunnels() bool {
	return rw.status == http.StatusSwitchingProtocols ||
		rw.x.request.Method == http.MethodConnect && rw.status >= 200 && rw.status <= 299
}

// sniffs reports whether the type must be told from the first bytes (WHATWG MIME
// Sniffing §7).
func (rw *responseWriter) sniffs() bool {
	header := rw.Header()
	return !rw.tunnels() && rw.hasBody() &&
		header.Get("Content-Type") == "" && len(contentCodings(header)) == 0
}

// begin judges the header and sends it, unless it waits for the first bytes of a
// page.
func (rw *responseWriter) begin() {
	rw.decided = true
	if action, service := rw.x.judgeRedirect(rw.Header(), rw.status); action != followed {
		rw.body = &droppedBody{rw.x.stopRedirect(rw.ResponseWriter, action, service)}
		return
	}
	send := func() { rw.ResponseWriter.WriteHeader(rw.status) }
	codings, length := contentCodings(rw.Header()), rw.Header().Get("Content-Length")
	switch kind := rw.decide(); {
	case !rw.hasBody():
		if rw.x.request.ProtoMajor == 3 && rw.Header().Get("Content-Length") == "" {
			// The HTTP/3 server would declare a length of 0, unless the name is there
			// (RFC 9110 §8.6: the length that GET would have, or none).
			rw.Header()["Content-Length"] = nil
		}
		send()
		return
	case kind == page:
		rw.body = newBodyWriter(rw.ResponseWriter, rw.x, codings, length, rw.coding, send, rw.isWhole())
		return
	case kind == rules:
		rw.body = &rulesBody{x: rw.x, out: rw.ResponseWriter, send: send, encoded: len(codings) > 0}
		return
	case kind == worker:
		rw.body = &workerBody{rw.ResponseWriter, rw.x.workerEnding()}
	}
	send()
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

// decide looks at the final header, changes it, and returns what the response is.
func (rw *responseWriter) decide() kind {
	kind := opaque
	if !rw.tunnels() {
		kind = rw.classify()
	}
	rw.x.filterHeader(rw.Header())
	if kind == opaque {
		return opaque
	}
	rw.x.admitPolicy(rw.Header())
	switch kind {
	case unread:
		rw.x.unreadHeader(rw.Header())
	case page:
		lifetime := rw.x.sharedLifetime(rw.Header(), rw.status)
		rw.x.pageHeader(rw.Header())
		rw.x.share(rw.Header(), lifetime)
		rw.coding = rw.x.encodePage(rw.Header(), rw.status)
		rw.incremental = caddyhttp.IsIncremental(rw.Header())
		rw.x.page = rw.status == http.StatusOK || rw.status == http.StatusNotModified
	case worker, rules:
		rw.x.pageHeader(rw.Header())
	}
	return kind
}

// hasBody reports whether body bytes follow the header (RFC 9110 §6.4.1).
func (rw *responseWriter) hasBody() bool {
	return rw.x.request.Method != http.MethodHead && rw.status != http.StatusNoContent && rw.status != http.StatusNotModified
}

// isWhole reports whether a page is certainly a document and no fragment, because a
// browser shows it as one. What says where it went instead isn't shown.
func (rw *responseWriter) isWhole() bool {
	return rw.x.fetchesDocument() && (rw.status < 300 || rw.status > 399)
}

// Write implements http.ResponseWriter.
func (rw *responseWriter) Write(p []byte) (int, error) {
	if rw.status == 0 {
		rw.status = http.StatusOK
	}
	if !rw.decided {
		if rw.sniffs() && len(p) == 0 {
			return 0, nil // there is nothing to tell the type from yet
		}
		if rw.sniffs() {
			// A guess is of the type. The charset is the page's word before anyone's.
			contentType := http.DetectContentType(p)
			if contentType == "text/html; charset=utf-8" {
				contentType, rw.x.presumed = "text/html", "utf-8"
			}
			rw.Header().Set("Content-Type", contentType)
		}
		rw.begin()
	}
	if rw.body == nil {
		return rw.ResponseWriter.Write(p)
	}
	n, err := rw.body.Write(p)
	if err == nil && rw.incremental {
		err = rw.FlushError()
	}
	return n, err
}

// ReadFrom implements io.ReaderFrom. The embedded one would go around Write.
func (rw *responseWriter) ReadFrom(r io.Reader) (int64, error) {
	if rw.status == 0 {
		rw.WriteHeader(http.StatusOK)
	}
	if rw.decided && rw.body == nil {
		return rw.ResponseWriterWrapper.ReadFrom(r)
	}
	return io.Copy(struct{ io.Writer }{rw}, r)
}

// FlushError is what http.ResponseController calls to flush. Before the header
// is decided it does nothing.
func (rw *responseWriter) FlushError() error {
	if !rw.decided {
		return nil
	}
	if rw.body != nil {
		if err := rw.body.Flush(); err != nil || !rw.body.Began() {
			return err
		}
	}
	return http.NewResponseController(rw.ResponseWriter).Flush()
}

// finish ends a response whose handler returned without an error. A page whose
// encoding turns out broken is aborted as a cut connection is: the visitor's
// browser must not take what came for the whole.
func (rw *responseWriter) finish() error {
	if rw.status != 0 && !rw.decided {
		rw.begin()
	}
	if rw.body == nil {
		return nil
	}
	if err := rw.body.Close(); err != nil {
		if !rw.body.Began() {
			return caddyhttp.Error(http.StatusBadGateway, err)
		}
		rw.x.handler.logger.Warn("a page couldn't be finished", "error", err)
		panic(http.ErrAbortHandler)
	}
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
