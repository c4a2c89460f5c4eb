package module

import (
	"net/http"
	"net/url"

	"github.com/mamen-ai/consentgate/banner"
	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/gate"
)

// redirect is what becomes of a redirect of the origin's.
type redirect uint8

const (
	followed  redirect = iota // it goes out as it is
	announced                 // the visitor is asked before a page leads on
	ended                     // the browser gets nothing: it would connect by itself
)

// judgeRedirect says what becomes of a redirect. Browsers check a policy against
// the hops of what a page loads, but not of the page itself, and look hosts up
// before they refuse them. A visitor who follows a link may go anywhere, also to a
// map or a login; only statistics and marketing that aren't allowed may not stand in
// between unseen, and a page may not lead on by itself to what is blocked.
func (x *exchange) judgeRedirect(header http.Header, status int) (action redirect, service int) {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
	default:
		return followed, gate.Unknown
	}
	location := header.Get("Location")
	if location == "" {
		return followed, gate.Unknown
	}
	service, denied := x.permit.Reference(location, x.base())
	switch {
	case !denied:
		return followed, service
	case x.dest != "" && !x.opensPage(), x.prefetched():
		return ended, service
	case !x.acceptsHTML():
		return followed, service
	case service == gate.Unknown:
		// Fetch Metadata §2.4: a visitor's click, and not a script, opens the page.
		if x.dest == "" || x.request.Header.Get("Sec-Fetch-User") == "?1" {
			return followed, service
		}
	case x.handler.gate.Services()[service].Category == consent.Functional:
		return followed, service
	}
	return announced, service
}

// stopRedirect answers in place of a redirect that isn't followed.
func (x *exchange) stopRedirect(w http.ResponseWriter, action redirect, service int) error {
	x.Blocked(gate.LayerRedirect, service)
	header := w.Header()
	location := header.Get("Location")
	for _, name := range append(ofBody(), "Location", "Content-Disposition", "Etag") {
		header.Del(name)
	}
	x.filterHeader(header)
	x.unreadHeader(header)
	if action == ended {
		header.Del("Content-Type")
		w.WriteHeader(http.StatusNoContent)
		return nil
	}
	data := banner.EmbedData{Lang: x.language("")}
	if service != gate.Unknown {
		data = x.embedData(service)
	}
	data.Return = returnPath(x.url.RequestURI())
	if x.request.Method != http.MethodGet && x.request.Method != http.MethodHead {
		data.Return = x.referrer()
	}
	if target, err := url.Parse(location); err == nil {
		data.Target = x.absolute(target)
	}
	return x.writeEmbed(w, data)
}

// absolute resolves a reference of the origin's against the requested address.
func (x *exchange) absolute(reference *url.URL) string {
	base, err := url.Parse(x.origin() + x.url.RequestURI())
	if err != nil {
		return ""
	}
	return base.ResolveReference(reference).String()
}

// droppedBody takes the body of a response that was answered otherwise. It fails
// with the error of that answer, if there was one.
type droppedBody struct{ err error }

// Write implements body.
func (b *droppedBody) Write(p []byte) (int, error) { return len(p), b.err }

// Close implements body.
func (b *droppedBody) Close() error { return b.err }

// Flush implements body.
func (b *droppedBody) Flush() error { return nil }

// Began implements body.
func (b *droppedBody) Began() bool { return true }

// Recycle implements body.
func (b *droppedBody) Recycle() {}
