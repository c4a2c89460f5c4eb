package module

import (
	"cmp"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/downstream"
	"github.com/mamen-ai/consentgate/internal/gate"
	"github.com/mamen-ai/consentgate/storage"
)

// isBot reports a known bot: it gets no banner and leaves no record.
func (x *exchange) isBot() bool { return x.browser().bot }

// person is the personal data that a record of this request keeps.
func (x *exchange) person() storage.Person {
	ip := x.clientIP()
	if x.handler.app.IP != "full" && ip.IsValid() {
		ip = storage.MaskIP(ip)
	}
	return storage.Person{IP: ip, Browser: x.browser().name}
}

// record writes the visit when the visitor allowed visits to be counted
// (policy 3.1 row 7). It doesn't wait.
func (x *exchange) record() {
	if x.recorded || !x.page || x.request.Method != http.MethodGet ||
		!x.permit.Running(x.handler.visits) || !x.navigates() || x.prefetched() {
		return
	}
	x.recorded = true
	x.recordVisit(x.url.Path, x.request.Header.Get("Referer"))
}

func (x *exchange) recordVisit(path, referrer string) {
	b := x.browser()
	store := x.handler.app.shared.current()
	if b.bot || store == nil {
		return
	}
	person := x.person()
	if person.IP == (netip.Addr{}) {
		return
	}
	visit := storage.Visit{
		At:        x.at,
		ConsentID: x.choice.ID,
		Person:    person,
		OS:        b.os,
		Device:    b.device,
		Host:      x.host,
		Path:      path[:min(len(path), maxPath)],
		Referrer:  referrerHost(referrer, x.host),
	}
	services := x.handler.gate.Services()
	visit.Services = make([]storage.VisitService, 0, len(x.ran))
	for _, i := range x.ran {
		service := &services[i]
		if service.Category != consent.Statistics {
			continue // the purpose of the record is analytics
		}
		visit.Services = append(visit.Services, storage.VisitService{
			Service:   service.ID,
			Kind:      x.handler.kind(service.ID),
			VisitorID: x.visitorID(i),
		})
	}
	store.AppendVisit(visit)
}

// kind returns the kind of a service's records: its own when it has a window of
// its own.
func (h *Handler) kind(service string) string {
	if _, ok := h.app.Windows[service]; ok {
		return service
	}
	return storage.VisitsKind
}

// visitorID returns the value of the first of the cookies in which the service's
// vendor keeps its identifier of the visitor: without it the vendor couldn't be asked
// to delete later.
func (x *exchange) visitorID(service int) string {
	for name := range gate.CookieNames(x.request.Header["Cookie"]) {
		if name == consent.CookieName || !x.handler.gate.IsVisitorID(service, name) {
			continue
		}
		cookies := x.request.CookiesNamed(name)
		if len(cookies) == 0 {
			continue
		}
		known, value := &x.handler.gate.Services()[service], cookies[0].Value
		api := cmp.Or(x.handler.app.Downstream[known.ID].API, known.Deletion)
		// Cut to its bound, a cookie might lose what the vendor is asked by.
		if visitor, ok := downstream.Visitor(api, value); ok {
			return visitor
		}
		return value[:min(len(value), maxVisitorID)]
	}
	return ""
}

// maxPath bounds what is kept of a visited page's path, in bytes.
const maxPath = 512

// maxVisitorID bounds what is kept of a vendor's identifier, in bytes.
const maxVisitorID = 128

// referrerHost returns the host of another site the visitor came from. Paths
// and queries of other sites aren't kept.
func referrerHost(referrer, host string) string {
	if referrer == "" {
		return ""
	}
	u, err := url.Parse(referrer)
	if err != nil || u.Hostname() == host {
		return ""
	}
	return strings.ToLower(u.Hostname())
}
