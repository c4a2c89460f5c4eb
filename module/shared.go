package module

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/caddyserver/caddy/v2"
	"github.com/mamen-ai/consentgate/internal/consent"
)

// Bounds of Handler.SharedCache. What caches keep shows the banner, the edition and
// the gate of when it was made.
const (
	minSharedCache = time.Second
	maxSharedCache = time.Hour
)

// CheckSharedCache reports what is wrong with a value of Handler.SharedCache.
func CheckSharedCache(d caddy.Duration) error {
	if t := time.Duration(d); t < minSharedCache || t > maxSharedCache {
		return fmt.Errorf("shared_cache %s: write a duration from 1s to 1h", t)
	}
	return nil
}

// share lets caches in front keep a page that nobody has decided about, once its
// header is made, for the lifetime that sharedLifetime found. All answers tell the
// same request headers, so that what one visitor gets is no other's.
func (x *exchange) share(header http.Header, lifetime int) {
	if x.handler.SharedCache == 0 {
		return
	}
	vary(header, "Cookie", "Sec-Fetch-Dest", "Sec-GPC", "DNT", "Accept-Encoding")
	if len(x.handler.banner.Languages()) > 1 {
		vary(header, "Accept-Language")
	}
	if lifetime == 0 {
		return
	}
	// Browsers ask each time, as ever: their visitor may have decided meanwhile.
	kept := "public, max-age=0, must-revalidate, s-maxage=" + strconv.Itoa(lifetime)
	if keepsCoding(header) {
		kept += ", no-transform"
	}
	header["Cache-Control"] = []string{kept}
}

// sharedLifetime returns for how many seconds shared caches may keep the origin's
// answer as it goes to this visitor, 0 for not at all. It must be the page of a
// visitor about whom nothing is known, and the origin must have allowed it.
func (x *exchange) sharedLifetime(header http.Header, status int) int {
	switch request := x.request; {
	case x.handler.SharedCache == 0,
		request.Method != http.MethodGet && request.Method != http.MethodHead,
		status != http.StatusOK && status != http.StatusNotModified,
		x.choice.State != consent.Undecided, !x.asks(),
		x.dest != "document", !x.navigates(), x.isBot(),
		len(request.Header["Cookie"]) > 0, len(request.Header["Authorization"]) > 0,
		len(header["Set-Cookie"]) > 0, slices.Contains(listed(header["Vary"]), "*"):
		return 0
	}
	return min(originLifetime(header), int(time.Duration(x.handler.SharedCache).Seconds()))
}

// originLifetime returns for how many seconds the origin lets shared caches keep its
// answer by Cache-Control (RFC 9111 §4.2.1), 0 when it doesn't say.
func originLifetime(header http.Header) int {
	const unsaid = -1
	own, shared := unsaid, unsaid
	for _, directive := range listed(header["Cache-Control"]) {
		name, argument := cacheDirective(directive)
		// Of two, the shorter counts (RFC 9111 §4.2.1: they may be taken for stale).
		shorter := func(known int) int {
			if given := seconds(argument); known == unsaid || given < known {
				return given
			}
			return known
		}
		switch name {
		case "private", "no-store", "no-cache":
			return 0
		case "s-maxage":
			shared = shorter(shared)
		case "max-age":
			own = shorter(own)
		}
	}
	if shared != unsaid {
		return shared
	}
	return max(own, 0)
}

// seconds reads a delta-seconds (RFC 9111 §1.2.2); one that is malformed or too long
// counts as 0.
func seconds(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0
	}
	return n
}
