package gate

import (
	"net/http"
	"net/netip"
	"strings"

	"github.com/mamen-ai/consentgate/internal/inventory"
	"golang.org/x/net/publicsuffix"
)

// Cookies returns the Cookie header's values without the cookies of denied
// services, and the names that were left out. When nothing is denied it returns
// values itself.
func (p *Permit) Cookies(values []string, o Observer) (kept []string, denied []string) {
	for _, value := range values {
		for pair := range strings.SplitSeq(value, ";") {
			name, _, _ := strings.Cut(strings.TrimSpace(pair), "=")
			service, isDenied := p.cookie(name)
			o.SawCookie(inventory.Report, name, service, isDenied)
			if isDenied {
				denied = append(denied, name)
				o.Blocked(LayerCookie, service)
			}
		}
	}
	if len(denied) == 0 {
		return values, nil
	}
	for _, value := range values {
		var pairs []string
		for pair := range strings.SplitSeq(value, ";") {
			pair = strings.TrimSpace(pair)
			name, _, _ := strings.Cut(pair, "=")
			if _, isDenied := p.cookie(name); !isDenied && pair != "" {
				pairs = append(pairs, pair)
			}
		}
		if len(pairs) > 0 {
			kept = append(kept, strings.Join(pairs, "; "))
		}
	}
	return kept, denied
}

// SetCookies returns the Set-Cookie header's values without those of denied
// services. When nothing is denied it returns values itself.
func (p *Permit) SetCookies(values []string, o Observer) []string {
	var kept []string
	for i, value := range values {
		name, _, _ := strings.Cut(value, "=")
		name = strings.TrimSpace(name)
		service, denied := p.cookie(name)
		o.SawCookie(inventory.Header, name, service, denied)
		if denied {
			o.Blocked(LayerSetCookie, service)
			if kept == nil {
				kept = append(make([]string, 0, len(values)), values[:i]...)
			}
			continue
		}
		if kept != nil {
			kept = append(kept, value)
		}
	}
	if kept == nil {
		return values
	}
	return kept
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
// and every domain above it that isn't a public suffix; the root and every
// directory of the path.
func ExpireCookies(names []string, host, path string) []string {
	domains := []string{""}
	if _, err := netip.ParseAddr(host); err != nil && strings.Contains(host, ".") {
		if site, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
			for domain := host; len(domain) >= len(site); {
				domains = append(domains, domain)
				_, rest, found := strings.Cut(domain, ".")
				if !found {
					break
				}
				domain = rest
			}
		}
	}
	paths := []string{"/"}
	for i := 1; i < len(path) && len(paths) < 4; i++ {
		if path[i] == '/' {
			paths = append(paths, path[:i])
		}
	}
	var lines []string
	for _, name := range names {
		if !validCookieName(name) {
			continue
		}
		for _, domain := range domains {
			for _, path := range paths {
				cookie := http.Cookie{Name: name, Domain: domain, Path: path, MaxAge: -1}
				lines = append(lines, cookie.String())
			}
		}
	}
	return lines
}

func validCookieName(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || r >= 0x7f || strings.ContainsRune(`()<>@,;:\"/[]?={}`, r)
	})
}
