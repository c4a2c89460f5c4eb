package module

import "github.com/mileusna/useragent"

// browser is what a User-Agent says, reduced to families.
type browser struct {
	name   string
	os     string
	device string // "desktop", "mobile", "tablet" or ""
	bot    bool
}

func parseBrowser(userAgent string) browser {
	ua := useragent.Parse(userAgent)
	b := browser{name: ua.Name, os: ua.OS, bot: ua.Bot}
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

// browser is what the request's User-Agent says. Parsing one takes as long as
// rewriting a small page, so that what the usual ones say is remembered.
func (x *exchange) browser() browser {
	userAgent := x.request.Header.Get("User-Agent")
	if len(userAgent) > maxUserAgent {
		return parseBrowser(userAgent)
	}
	b, known := x.handler.browsers.find(userAgent)
	if !known {
		b = parseBrowser(userAgent)
		x.handler.browsers.keep(userAgent, b)
	}
	return b
}
