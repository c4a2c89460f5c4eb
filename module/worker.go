package module

import (
	_ "embed"
	"net/http"
	"strings"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
)

// ServiceWorker says what becomes of service workers of the site's own. Whatever
// it says, their script ends in a comment that changes with what is allowed:
// browsers compare the script's bytes, not its header, so that without it a worker
// that is installed would keep its first policy for ever (Service Workers, "Update").
type ServiceWorker struct {
	// Whether a worker, when it is renewed, deletes the pages it has kept: those
	// from before the edge came carry neither banner nor policy. Default: false.
	Clear bool `json:"clear,omitempty"`

	// Paths of workers that are no longer wanted, as in the matcher "path". Their
	// script is answered by one that removes the worker.
	Remove caddyhttp.MatchPath `json:"remove,omitempty"`
}

//go:embed worker.js
var clearingWorker string

// removingWorker takes the place of a worker that may not run.
const removingWorker = `self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', event => event.waitUntil(self.registration.unregister()));
`

// fetchesWorker reports whether the browser asks for the script of a service worker
// (Service Workers, "Update": the header Service-Worker).
func (x *exchange) fetchesWorker() bool { return x.request.Header.Get("Service-Worker") == "script" }

// removesWorker reports whether the worker whose script is asked for shall go: because it
// belongs to a service that isn't allowed, or because the operator wants it so.
func (x *exchange) removesWorker(denied bool) bool {
	if !x.fetchesWorker() {
		return false
	}
	options := x.handler.ServiceWorker
	if denied || options == nil {
		return denied
	}
	asked := *x.request
	asked.URL = &x.url // before a rewrite to what is there instead
	return options.Remove.Match(&asked)
}

// serveRemovingWorker answers with a script that removes the worker.
func (x *exchange) serveRemovingWorker(w http.ResponseWriter) error {
	header := w.Header()
	header.Set("Content-Type", "text/javascript; charset=utf-8")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusOK)
	if x.request.Method == http.MethodHead {
		return nil
	}
	_, err := w.Write([]byte(removingWorker))
	return err
}

// workerEnding is what is appended to a service worker's script.
func (x *exchange) workerEnding() []byte {
	ending := "\n// consentgate " + x.variant() + "\n"
	if options := x.handler.ServiceWorker; options != nil && options.Clear {
		ending += clearingWorker
	}
	return []byte(ending)
}

// isJavaScript reports whether a media type is one of JavaScript's (WHATWG MIME
// Sniffing §4.6).
func isJavaScript(mediaType string) bool {
	return strings.HasSuffix(mediaType, "/javascript") || strings.HasSuffix(mediaType, "/x-javascript") ||
		strings.HasSuffix(mediaType, "/ecmascript") || strings.HasSuffix(mediaType, "/x-ecmascript")
}

// workerBody passes a service worker's script on and appends its ending.
type workerBody struct {
	out    http.ResponseWriter
	ending []byte
}

// Write implements body.
func (b *workerBody) Write(p []byte) (int, error) { return b.out.Write(p) }

// Close implements body.
func (b *workerBody) Close() error {
	_, err := b.out.Write(b.ending)
	return err
}

// Flush implements body: nothing is held.
func (b *workerBody) Flush() error { return nil }

// Began implements body.
func (b *workerBody) Began() bool { return true }

// Recycle implements body.
func (b *workerBody) Recycle() {}
