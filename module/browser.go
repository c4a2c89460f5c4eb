package module

import "github.com/mileusna/useragent"

// browser is what a User-Agent says, reduced to families.
type browser struct {
	name   string
	os     string
	device string // "desktop", "mobile", "tablet" or ""
	bot    bool
}

func parseBrowser(userAgent string) *browser {
	ua := useragent.Parse(userAgent)
	b := &browser{name: ua.Name, os: ua.OS, bot: ua.Bot}
	switch {
	case ua.Tablet:
		b.device = "tablet"
	case ua.Mobile:
		b.device = "mobile"
	case ua.Desktop:
		b.device = "desktop"
	}
	return b
}

// maxUserAgent is the longest User-Agent that is remembered, in bytes.
const maxUserAgent = 512

// browser is what the request's User-Agent says.
func (x *exchange) browser() *browser {
	if x.knownBrowser == nil {
		x.knownBrowser = x.handler.browserOf(x.request.Header.Get("User-Agent"))
	}
	return x.knownBrowser
}

// browserOf is what a User-Agent says. Parsing one takes as long as rewriting a small
// page, so that what the usual ones say is remembered.
func (h *Handler) browserOf(userAgent string) *browser {
	if len(userAgent) > maxUserAgent {
		return parseBrowser(userAgent)
	}
	b, known := h.browsers.find(userAgent)
	if !known {
		b = parseBrowser(userAgent)
		h.browsers.keep(userAgent, b)
	}
	return b
}
