package module

import (
	"net"
	"net/netip"
	"strings"

	"github.com/mamen-ai/consentgate/internal/catalogue"
	"golang.org/x/net/publicsuffix"
)

// domain is what a request's host belongs to.
type domain struct {
	host       string            // lower case, without port
	site       string            // the domain that shares one choice
	firstParty catalogue.HostSet // shared: not to be changed

	plainOrigin, secureOrigin string // with http and with https
}

// domainOf returns the domain of a Host header, and remembers those of the latest.
func (h *Handler) domainOf(hostport string) domain {
	known, ok := h.domains.find(hostport)
	if ok {
		return known
	}
	hostport = strings.Clone(hostport) // not the request that it stands in
	host := hostname(hostport)
	site := h.site(host)
	made := domain{host, site, catalogue.HostSet{host, site, "*." + site}, "http://" + hostport, "https://" + hostport}
	if len(hostport) <= maxHost {
		h.domains.keep(hostport, made)
	}
	return made
}

// site returns the domain that shares one choice: the configured one when the
// host belongs to it, else the host's registrable domain.
func (h *Handler) site(host string) string {
	if h.Site != "" {
		if host == h.Site || strings.HasSuffix(host, "."+h.Site) {
			return h.Site
		}
		return host
	}
	if _, err := netip.ParseAddr(host); err == nil || !strings.Contains(host, ".") {
		return host
	}
	site, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil {
		return host
	}
	return site
}

func hostname(hostport string) string {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.Trim(hostport, "[]")
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}
