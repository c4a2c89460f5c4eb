// Package downstream has the vendors of services delete what they hold of one
// visitor, by the API that each documents, until they have: policy 3.4.1 (3) and
// 3.6.2 don't end at the edge.
//
// It owns the calls, their order and their repetition. Which visitors are to be
// deleted is the store's word.
package downstream

import (
	"encoding/json"
	"net/url"
	"regexp"
	"strings"
)

// The APIs, as catalogue.Service.Deletion names them.
const (
	Matomo  = "matomo"
	PostHog = "posthog"
)

var (
	// matomoVisitor is what stands before the first dot of the cookie _pk_id, and
	// what the segment visitorId takes. Nothing else may get into a segment: a ","
	// in it means "or", and would delete other visitors.
	matomoVisitor = regexp.MustCompile(`^[0-9a-f]{16}$`)
	// randomID is an identifier that was drawn by the vendor's library. A name or
	// an address that a site has given its visitor could be guessed, and a forged
	// cookie would then delete somebody else.
	randomID = regexp.MustCompile(`^[0-9a-fA-F-]{30,80}$`)
)

// maxCookie bounds what is read of a cookie, in bytes. Browsers keep 4096 (RFC 6265,
// section 6.1).
const maxCookie = 4096

// Visitor returns by which identifier the API can delete the visitor whose browser
// keeps the value in the vendor's cookie, and false when the value shows none. What
// it returned, it returns again for itself.
func Visitor(api, value string) (visitor string, ok bool) {
	if len(value) > maxCookie {
		return "", false
	}
	switch api {
	case Matomo:
		visitor, _, _ = strings.Cut(value, ".")
		return visitor, matomoVisitor.MatchString(visitor)
	case PostHog:
		return postHogVisitor(value)
	}
	return "", false
}

// postHogVisitor reads the cookie ph_<key>_posthog. Once a site has told who the
// visitor is, distinct_id is the site's word and the device's identifier, which
// belongs to the same person, is the random one.
func postHogVisitor(value string) (visitor string, ok bool) {
	if randomID.MatchString(value) {
		return value, true
	}
	text, err := url.QueryUnescape(strings.ReplaceAll(value, "+", "%2B"))
	if err != nil {
		return "", false
	}
	var kept struct {
		DistinctID any `json:"distinct_id"`
		DeviceID   any `json:"$device_id"`
	}
	if err := json.Unmarshal([]byte(text), &kept); err != nil {
		return "", false
	}
	for _, id := range []any{kept.DistinctID, kept.DeviceID} {
		if text, isText := id.(string); isText && randomID.MatchString(text) {
			return text, true
		}
	}
	return "", false
}
