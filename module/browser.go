package module

import (
	"hash/maphash"
	"sync/atomic"

	"github.com/mileusna/useragent"
)

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

// browsers remembers what the usual User-Agents say: parsing one takes as long as
// rewriting a small page. Each has one place that it may lie in, so that memory is
// bounded whatever clients send. It is safe for concurrent use.
type browsers struct {
	seed   maphash.Seed
	places [256]atomic.Pointer[knownBrowser]
}

type knownBrowser struct {
	userAgent string
	browser   browser
}

// maxUserAgent is the longest User-Agent that is remembered, in bytes.
const maxUserAgent = 512

func newBrowsers() *browsers { return &browsers{seed: maphash.MakeSeed()} }

func (b *browsers) get(userAgent string) browser {
	if len(userAgent) > maxUserAgent {
		return parseBrowser(userAgent)
	}
	place := &b.places[maphash.String(b.seed, userAgent)%uint64(len(b.places))]
	if known := place.Load(); known != nil && known.userAgent == userAgent {
		return known.browser
	}
	parsed := parseBrowser(userAgent)
	place.Store(&knownBrowser{userAgent, parsed})
	return parsed
}
