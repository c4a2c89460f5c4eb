package banner

import (
	"cmp"

	"github.com/mamen-ai/consentgate/internal/policy"
)

// pageCookie is a cookie in words.
type pageCookie struct{ Name, Service, Category, Kept, Seen string }

// cookies tells of each cookie whose it is, for how long, and since when it is seen.
func (t *texts) cookies(rows []CookieRow) (list []pageCookie) {
	for _, row := range rows {
		shown := pageCookie{
			Name: row.Name, Service: t.Page.CookieUnknown,
			Kept: cmp.Or(t.term(row.Lifetime), t.Page.CookieTermUnknown), Seen: t.seen(row.First, row.Last),
		}
		if row.Service != "" {
			shown.Service, shown.Category = t.serviceName(ServiceRow{ID: row.Service, Name: row.ServiceName}), t.Categories[row.Category].Name
		}
		list = append(list, shown)
	}
	return list
}

// seen says on which days something was seen first and last.
func (t *texts) seen(first, last policy.Day) string {
	switch {
	case first.IsZero():
		return t.Page.CookieUnseen
	case first == last:
		return t.day(first)
	}
	return t.day(first) + " – " + t.day(last)
}
