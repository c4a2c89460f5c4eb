package gate

import (
	"errors"
	"strings"

	"github.com/mamen-ai/consentgate/internal/catalogue"
)

// hostSet returns the hosts of a policy's host sources, without scheme, port and
// path.
func hostSet(sources []string) catalogue.HostSet {
	var set catalogue.HostSet
	for _, source := range sources {
		_, host, found := strings.Cut(source, "://")
		if !found {
			host = source
		}
		host, _, _ = strings.Cut(host, "/")
		host, _, _ = strings.Cut(strings.ToLower(host), ":")
		set = append(set, host)
	}
	return set
}

// IsNecessary reports whether the operator lists the host, which is in lower case,
// as always reachable.
func (g *Gate) IsNecessary(host []byte) bool { return g.necessary.Has(host) }

// Names reports whether the configuration or the catalogue names the third party
// as a whole, so that nothing of it is unknown, and by which service; by Unknown
// when the operator lists it as necessary.
func (g *Gate) Names(host string) (service int, named bool) {
	l := catalogue.Location{Kind: catalogue.ThirdParty, Host: []byte(host), Path: []byte("/")}
	if g.IsNecessary(l.Host) {
		return Unknown, true
	}
	service = g.options.Catalogue.Find(l)
	return service, service >= 0
}

// checkHostSource refuses what can't stand as a host-source in a policy.
func checkHostSource(source string) error {
	host := source
	if scheme, rest, ok := strings.Cut(source, "://"); ok {
		if scheme != "https" && scheme != "http" && scheme != "wss" && scheme != "ws" {
			return errors.New("the scheme must be https, http, wss or ws")
		}
		host = rest
	}
	if host == "" || host == "*" {
		return errors.New(`write a host name such as cdn.example.com, or *.example.com`)
	}
	for _, c := range host {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', strings.ContainsRune("-._*:/~", c):
		default:
			return errors.New("a host source has only letters, digits and - . _ * : /; write an international name in its xn-- form")
		}
	}
	if i := strings.LastIndexByte(host, '*'); i > 0 || i == 0 && !strings.HasPrefix(host, "*.") {
		return errors.New("* may only stand for the first label, as in *.example.com")
	}
	return nil
}
