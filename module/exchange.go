package module

import (
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/caddyserver/caddy/v2/modules/caddyhttp"
	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/gate"
)

// exchange is one request with what follows from it and its choice. It is the
// gate's observer for the response.
type exchange struct {
	handler *Handler
	request *http.Request
	url     url.URL // as the visitor asked for it, before any rewrite
	at      time.Time
	dest    string // what the browser says it makes of the answer (Fetch Metadata §2.1)
	domain         // of its host
	choice  consent.Choice
	gpc     bool // the browser sends Global Privacy Control
	dnt     bool // the browser sends Do Not Track
	permit  *gate.Permit
	denied  []string // names of denied cookies the browser sent
	ran     []int    // services that the page runs
	few     [8]int   // room for those of most pages
	page    bool     // the answer is an HTML document, sent or confirmed
	// recorded says that the visit is.
	recorded bool
	bounds   gate.Bounds // of the site's policies
	// presumed is the charset of a page that says none and whose type was guessed.
	presumed string
	// revalidates says that the request carries a validator of a page of ours.
	revalidates bool

	knownVariant string
	knownBrowser *browser
}

func (h *Handler) newExchange(r *http.Request) *exchange {
	x := &exchange{
		handler: h, request: r, url: *r.URL, at: h.app.now(), dest: r.Header.Get("Sec-Fetch-Dest"), domain: h.domainOf(r.Host),
		gpc: consent.GPC(r.Header), dnt: consent.DNT(r.Header),
	}
	x.ran = x.few[:0]
	// Directives that rewrite the path, try_files among them, run before this one
	// or after it; both change the request's URL.
	if original, ok := r.Context().Value(caddyhttp.OriginalRequestCtxKey).(http.Request); ok && original.URL != nil {
		x.url = *original.URL
	}
	x.choice = h.inForce(h.choice(r, x.site, x.at))
	x.permit = h.gate.Permit(x.choice)
	return x
}

// origin returns the scheme and host the visitor sees.
func (x *exchange) origin() string {
	if x.secure() {
		return x.secureOrigin
	}
	return x.plainOrigin
}

// home is origin for addresses that browsers follow, where a proxy before this server
// may have ended the encryption without being trusted: browsers send fetch metadata
// only over a secure connection, or to their own machine (Fetch Metadata §3,
// "potentially trustworthy").
func (x *exchange) home() string {
	ip, err := netip.ParseAddr(x.host)
	local := x.host == "localhost" || strings.HasSuffix(x.host, ".localhost") || err == nil && ip.IsLoopback()
	if x.dest != "" && !local {
		return x.secureOrigin
	}
	return x.origin()
}

// secure reports whether the visitor's connection is encrypted, by this server or
// by a proxy before it that the configuration trusts.
func (x *exchange) secure() bool {
	if x.request.TLS != nil {
		return true
	}
	trusted, _ := caddyhttp.GetVar(x.request.Context(), caddyhttp.TrustedProxyVarKey).(bool)
	return trusted && x.request.Header.Get("X-Forwarded-Proto") == "https"
}

// asks reports whether the visitor is to be shown the banner: before a choice,
// and when an old one is stale. A browser's signal is a refusal that needs no
// answer.
func (x *exchange) asks() bool {
	return !x.gpc && !x.dnt && (x.choice.State == consent.Undecided || x.choice.State == consent.Stale)
}

// base is what references in the page are resolved against.
func (x *exchange) base() catalogue.Base {
	base := catalogue.Base{Scheme: "http", Host: x.host, Path: x.url.Path, FirstParty: x.firstParty}
	if x.secure() {
		base.Scheme = "https"
	}
	return base
}

// clientIP is the visitor's address as Caddy knows it: the trusted_proxies
// option decides whether a header may say so.
func (x *exchange) clientIP() netip.Addr {
	text, _ := caddyhttp.GetVar(x.request.Context(), caddyhttp.ClientIPVarKey).(string)
	ip, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Addr{}
	}
	return ip.Unmap()
}

// mayBeDocument reports whether the response could be HTML that a browser shows
// or a script inserts. What a browser says it fetches as an image, font, style,
// script or media isn't.
func (x *exchange) mayBeDocument() bool {
	switch x.dest {
	case "", "document", "iframe", "frame", "embed", "object", "empty", "fencedframe":
		return true
	}
	return false
}

// opensPage reports whether the browser says that it opens a page. What a service
// worker of the site passes on has the mode of a navigation and no destination, in
// frames too; there the banner takes itself out.
func (x *exchange) opensPage() bool {
	return x.dest == "document" || x.dest == "empty" && x.request.Header.Get("Sec-Fetch-Mode") == "navigate"
}

// fetchesDocument reports whether the browser says that it makes a document of the
// answer, in a tab or in a frame.
func (x *exchange) fetchesDocument() bool {
	switch x.dest {
	case "document", "iframe", "frame", "embed", "object", "fencedframe":
		return true
	}
	return x.opensPage()
}

// navigates reports whether the request asks for a whole page to be shown in
// its own right: only there the banner belongs.
func (x *exchange) navigates() bool {
	switch {
	case x.dest == "document":
		return true // browsers inside apps say in X-Requested-With which app it is
	case x.dest != "" && !x.opensPage():
		return false
	}
	for _, partial := range []string{"Hx-Request", "Turbo-Frame", "X-Pjax", "X-Requested-With"} {
		if x.request.Header.Get(partial) != "" {
			return false
		}
	}
	return true
}

// prefetched reports whether the browser fetches ahead of the visitor.
func (x *exchange) prefetched() bool {
	return strings.Contains(x.request.Header.Get("Sec-Purpose"), "prefetch") || x.request.Header.Get("Purpose") == "prefetch"
}

// upstream returns the request as the next handler gets it: without the cookies
// of denied services, and, where the answer may be a page, without what would
// make it arrive compressed, partial or judged by a date. The request that outer
// handlers hold stays as it is.
func (x *exchange) upstream() *http.Request {
	r := x.request
	cookies, denied := x.permit.Cookies(r.Header["Cookie"], x)
	x.denied = denied
	document := x.mayBeDocument() || x.fetchesWorker() || x.fetchesRules()
	if len(denied) == 0 && !document {
		return r
	}
	changed := new(http.Request)
	*changed = *r
	changed.Header = r.Header.Clone()
	if len(denied) > 0 {
		if len(cookies) > 0 {
			changed.Header["Cookie"] = cookies
		} else {
			delete(changed.Header, "Cookie")
		}
	}
	if document {
		changed.Header["Accept-Encoding"] = []string{"identity"}
		if x.isRewritten() {
			// A part can't be rewritten, and a date can't tell two variants apart.
			delete(changed.Header, "Range")
			delete(changed.Header, "If-Range")
			delete(changed.Header, "If-Modified-Since")
		}
		x.restoreValidators(changed.Header)
	}
	return changed
}

// isRewritten reports whether the request asks for what is rewritten per visitor.
func (x *exchange) isRewritten() bool {
	return x.acceptsHTML() || x.fetchesWorker() || x.fetchesRules()
}

func (x *exchange) acceptsHTML() bool {
	switch x.dest {
	case "document", "iframe", "frame":
		return true
	}
	return strings.Contains(x.request.Header.Get("Accept"), "text/html")
}

// Blocked implements gate.Observer.
func (x *exchange) Blocked(layer gate.Layer, service int) {
	x.handler.app.metrics.blocked(layer, x.handler.gate.ServiceID(service))
}

// Ran implements gate.Observer.
func (x *exchange) Ran(service int) {
	for _, known := range x.ran {
		if known == service {
			return
		}
	}
	x.ran = append(x.ran, service)
}
