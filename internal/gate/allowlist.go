package gate

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// AllowlistHeader is the response header that names every address a document or
// worker may connect to (WICG Connection Allowlists). It also covers what a
// Content-Security-Policy doesn't: look-ups and connections without a request,
// WebRTC, speculation rules, and the links a visitor follows. Browsers that don't
// know it pass over it.
const AllowlistHeader = "Connection-Allowlist"

// Strict says how whole pages are held to the list.
type Strict uint8

const (
	// NotStrict pages get no list, since it would stop the visitor from following
	// links to other sites.
	NotStrict Strict = iota
	// StrictReport pages get a list that browsers only report by.
	StrictReport
	// StrictEnforce pages get the list.
	StrictEnforce
)

// Allowlist returns the header by which what a response is used for may connect to
// nothing but the site and what may run, or "": it is sent only where everything
// unknown is blocked. dest is the request's Sec-Fetch-Dest. Workers and frames get
// it always: they take it from their own response.
func (p *Permit) Allowlist(dest string) (name, value string) {
	if !p.gate.options.BlockUnknown || p.open {
		return "", ""
	}
	switch dest {
	case "worker", "sharedworker", "serviceworker", "iframe", "frame", "embed", "object", "fencedframe":
		return AllowlistHeader, p.allowlist
	case "document":
		switch p.gate.options.Strict {
		case StrictReport:
			return AllowlistHeader + "-Report-Only", p.strictAllowlist
		case StrictEnforce:
			return AllowlistHeader, p.strictAllowlist
		}
	}
	return "", ""
}

// connectionAllowlist returns the list with further host sources: one inner list of
// URL patterns. Redirects are left to the policy, which follows them; the list would
// stop the site's own.
func (p *Permit) connectionAllowlist(further []string) string {
	var list strings.Builder
	list.WriteString("(response-origin")
	sources := slices.Concat(p.sources(), further)
	slices.Sort(sources)
	for _, source := range slices.Compact(sources) {
		fmt.Fprintf(&list, " %q", urlPattern(source))
	}
	list.WriteString(");redirects=allow")
	return list.String()
}

// urlPattern writes a host source as a URL pattern (WHATWG URL Pattern §1.2).
func urlPattern(source string) string {
	scheme, rest, found := strings.Cut(source, "://")
	if !found {
		scheme, rest = "http{s}?", source
	}
	if strings.HasSuffix(rest, "/") {
		rest += "*"
	}
	return scheme + "://" + rest
}

// checkLinks refuses what can't stand in a Connection-Allowlist.
func checkLinks(o Options) error {
	switch {
	case o.Strict == NotStrict && len(o.Links) > 0:
		return errors.New("hosts that links lead to are needed only with strict")
	case o.Strict != NotStrict && !o.BlockUnknown:
		return errors.New("strict needs unknown block: a list of what may be reached can't leave the unknown open")
	}
	for _, source := range o.Links {
		if err := checkHostSource(source); err != nil {
			return fmt.Errorf("strict host %q: %w", source, err)
		}
	}
	return nil
}
