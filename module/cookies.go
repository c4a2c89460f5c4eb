package module

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/mamen-ai/consentgate/banner"
	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/gate"
	"github.com/mamen-ai/consentgate/internal/inventory"
	"github.com/mamen-ai/consentgate/internal/policy"
)

// lifetime reads how long a Set-Cookie line keeps its cookie, from what follows the
// value: 0 when it deletes it.
func lifetime(attributes string, at time.Time) time.Duration {
	cookie, err := http.ParseSetCookie("x=x;" + attributes)
	switch {
	case err != nil || cookie.MaxAge < 0:
		return 0
	case cookie.MaxAge > 0:
		return time.Duration(min(cookie.MaxAge, maxLifetime)) * time.Second
	case !cookie.Expires.IsZero():
		return max(0, min(cookie.Expires.Sub(at), maxLifetime*time.Second)).Round(time.Minute)
	}
	return inventory.UntilClosed
}

// maxLifetime is 100 years in seconds, longer than any browser keeps a cookie.
const maxLifetime = 100 * 365 * 86400

// spoken turns a lifetime into the length that a person would name: years and months
// have no length of their own, so that 365 days are a year and 395 are 13 months, but
// 90 days stay 90 days.
func spoken(lifetime time.Duration) policy.Term {
	const day = 24 * time.Hour
	count := func(unit time.Duration, name policy.Unit) policy.Term {
		n := int(lifetime.Round(unit) / unit)
		return policy.Term{Unit: name, Least: n, Most: n}
	}
	years, months := lifetime/(365*day), lifetime.Round(month)/month
	switch {
	case lifetime == 0:
		return policy.Term{}
	case lifetime == inventory.UntilClosed:
		return policy.Term{Unit: policy.Session}
	case lifetime < time.Minute:
		return policy.Term{Unit: policy.Minutes, Least: 1, Most: 1}
	case lifetime < time.Hour:
		return count(time.Minute, policy.Minutes)
	case lifetime < 2*day:
		return count(time.Hour, policy.Hours)
	case years > 0 && lifetime <= years*366*day:
		return policy.Term{Unit: policy.Years, Least: int(years), Most: int(years)}
	case months > 1 && (lifetime-months*month).Abs() <= day:
		return count(month, policy.Months)
	}
	return count(day, policy.Days)
}

// month is a twelfth of a year of 365 days.
const month = 365 * 24 * time.Hour / 12

// cookieRows lists the cookies that the traffic of this site showed, and what the
// services that the operator named declare beside them. Browsers may send any name
// they like: from them only such are taken as a service declares, by the name in its
// description.
func (x *exchange) cookieRows() []banner.CookieRow {
	g, location := x.handler.gate, x.handler.app.location
	type key struct {
		service int
		name    string
	}
	rows := make(map[key]*banner.CookieRow)
	row := func(service int, name string) *banner.CookieRow {
		k := key{service, name}
		if rows[k] != nil {
			return rows[k]
		}
		rows[k] = &banner.CookieRow{Name: name}
		if service != gate.Unknown {
			owner := g.Services()[service]
			rows[k].Service, rows[k].ServiceName, rows[k].Category = owner.ID, owner.Name, owner.Category.String()
			rows[k].Lifetime = declared(owner, name)
		}
		return rows[k]
	}
	for i, service := range g.Services() {
		if slices.Contains(x.handler.named, service.ID) {
			for _, name := range service.Cookies {
				row(i, name)
			}
		}
	}
	for _, seen := range x.handler.app.shared.inventory.List(inventory.Cookie) {
		service, name := g.Index(seen.Service), seen.Name
		if service != gate.Unknown {
			name = g.CookiePattern(service, name)
		}
		switch {
		case service == gate.Unknown && (seen.Service != "" || seen.Source == inventory.Report):
			continue
		case name == "" && seen.Source == inventory.Report:
			continue
		case !slices.Contains(x.handler.named, seen.Service) && !x.ownPlace(seen.Where):
			continue
		}
		cookie := row(service, cmp.Or(name, seen.Name))
		first, last := policy.DayOf(seen.First, location), policy.DayOf(seen.Last, location)
		if cookie.First.IsZero() || first.Before(cookie.First) {
			cookie.First = first
		}
		if cookie.Last.Before(last) {
			cookie.Last = last
		}
		if seen.Lifetime != 0 {
			cookie.Lifetime = spoken(seen.Lifetime)
		}
	}
	return slices.SortedFunc(func(yield func(banner.CookieRow) bool) {
		for _, row := range rows {
			if !yield(*row) {
				return
			}
		}
	}, func(a, b banner.CookieRow) int {
		return cmp.Or(cmp.Compare(rank(b.Category), rank(a.Category)), cmp.Compare(a.Service, b.Service), cmp.Compare(a.Name, b.Name))
	})
}

// ownPlace reports whether a page of the inventory, host and path, is of this site.
// The sites of one configuration share an inventory.
func (x *exchange) ownPlace(where string) bool {
	host, _, _ := strings.Cut(where, "/")
	return len(x.handler.app.sites) == 1 || x.base().FirstParty.Has([]byte(host))
}

// declared is how long the service says that it keeps its cookie.
func declared(service catalogue.Service, cookie string) policy.Term {
	for _, what := range []string{cookie, "cookies", ""} {
		for _, keep := range service.Keeps {
			if keep.What == what {
				return keep.For
			}
		}
	}
	return policy.Term{}
}
