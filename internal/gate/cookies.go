package gate

import (
	"iter"
	"net/netip"
	"slices"
	"strings"

	"github.com/mamen-ai/consentgate/internal/inventory"
	"golang.org/x/net/publicsuffix"
)

// Cookies returns the Cookie header's values without the cookies of denied
// services, and the names that were left out. When nothing is denied it returns
// values itself.
func (p *Permit) Cookies(values []string, o Observer) (kept []string, denied []string) {
	for name := range CookieNames(values) {
		service, isDenied := p.cookie(name)
		o.SawCookie(inventory.Report, name, "", service, isDenied)
		if isDenied {
			denied = append(denied, name)
			o.Blocked(LayerCookie, service)
		}
	}
	if len(denied) == 0 {
		return values, nil
	}
	for _, value := range values {
		if value = p.withoutDenied(value); value != "" {
			kept = append(kept, value)
		}
	}
	return kept, denied
}

// withoutDenied takes the denied cookies out of one Cookie line and leaves the
// others as they are written. What follows a denied one under a name with "$"
// goes with it: it's that cookie's path, domain or port (RFC 2965 §3.3.4).
func (p *Permit) withoutDenied(value string) string {
	var kept []string
	denied := false
	for pair := range strings.SplitSeq(value, ";") {
		name := cookieName(pair)
		if !denied || !strings.HasPrefix(name, "$") {
			_, denied = p.cookie(name)
		}
		if !denied {
			kept = append(kept, pair)
		}
	}
	return strings.TrimSpace(strings.Join(kept, ";"))
}

// SetCookies returns the Set-Cookie header's values without those of denied
// services. When nothing is denied it returns values itself.
func (p *Permit) SetCookies(values []string, o Observer) []string {
	return undenied(values, func(value string) bool {
		pair, attributes, _ := strings.Cut(value, ";")
		name := cookieName(pair)
		service, denied := p.cookie(name)
		o.SawCookie(inventory.Header, name, attributes, service, denied)
		if denied {
			o.Blocked(LayerSetCookie, service)
		}
		return denied
	})
}

// CookieNames returns the names of the cookies in a Cookie header's values.
func CookieNames(values []string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, value := range values {
			for pair := range strings.SplitSeq(value, ";") {
				if !yield(cookieName(pair)) {
					return
				}
			}
		}
	}
}

// cookieName returns the name in a pair as servers read it. A browser stores
// "=_ga=1" as a cookie without a name and sends "_ga=1".
func cookieName(pair string) string {
	name, _, _ := strings.Cut(strings.TrimLeft(pair, " \t="), "=")
	return strings.TrimRight(name, " \t")
}

// cookie judges a cookie by its name. Several services can share one; it is
// denied when none of them may run.
func (p *Permit) cookie(name string) (service int, denied bool) {
	var space [8]int
	owners := p.gate.options.Catalogue.FindCookie(name, space[:0])
	for _, owner := range owners {
		if p.running[owner] {
			return owner, false
		}
	}
	if len(owners) == 0 {
		return Unknown, false
	}
	return owners[0], true
}

// ExpireCookies returns the Set-Cookie values that make a browser forget the
// named cookies, whichever domain and path they were set for: the host alone
// and every domain above it that isn't a public suffix; the root, every directory
// of the path with its last slash and without, and the path itself. A browser
// tells these apart (RFC 6265 §5.3 step 11). There are at most limit lines: all
// of a name's or none, so that what is left of the names goes another time.
func ExpireCookies(names []string, host, path string, limit int) []string {
	domains, paths := cookieDomains(host), cookiePaths(path)
	var lines []string
	for i, name := range names {
		if !validCookieName(name) || slices.Contains(names[:i], name) {
			continue
		}
		if len(lines) > 0 && len(lines)+len(domains)*len(paths) > limit {
			break
		}
		secure := ""
		if hasPrefixFold(name, "__Secure-") || hasPrefixFold(name, "__Host-") {
			secure = "; Secure" // without it browsers pass over such a name (RFC 6265bis §4.1.3)
		}
		for _, path := range paths {
			for _, domain := range domains {
				lines = append(lines, name+"=; Path="+path+domain+"; Max-Age=0"+secure)
			}
		}
	}
	return lines[:min(len(lines), limit)]
}

func hasPrefixFold(text, prefix string) bool {
	return len(text) >= len(prefix) && strings.EqualFold(text[:len(prefix)], prefix)
}

// cookieDomains returns the Domain attributes a cookie of the host can have, ""
// for none.
func cookieDomains(host string) []string {
	domains := []string{""}
	if _, err := netip.ParseAddr(host); err == nil || !strings.Contains(host, ".") {
		return domains
	}
	site, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return domains
	}
	// The site's own domain first: most vendors set their cookies for it.
	for domain := site; ; {
		domains = append(domains, "; Domain="+domain)
		rest, below := strings.CutSuffix(host, "."+domain)
		if !below {
			return domains
		}
		domain = rest[strings.LastIndexByte(rest, '.')+1:] + "." + domain
	}
}

// maxCookiePaths bounds the paths for which one cookie is expired. Those of
// deeper directories go when a page higher up doesn't have them any more.
const maxCookiePaths = 8

// cookiePaths returns the Path attributes under which a cookie is sent to the
// path (RFC 6265 §5.1.4), the shortest first.
func cookiePaths(path string) []string {
	paths := []string{"/"}
	add := func(path string) {
		if len(paths) < maxCookiePaths && !strings.ContainsFunc(path, func(r rune) bool { return r < ' ' || r == ';' || r == 0x7f }) {
			paths = append(paths, path)
		}
	}
	for i := 1; i < len(path); i++ {
		if path[i] == '/' {
			add(path[:i])
			add(path[:i+1])
		}
	}
	if !strings.HasSuffix(path, "/") && path != "" {
		add(path)
	}
	return paths
}

// validCookieName reports whether a browser would take the name in a Set-Cookie
// line as it's written. Browsers accept more than RFC 6265 §4.1.1 allows servers.
func validCookieName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f || r == ';' || r == '=' })
}
