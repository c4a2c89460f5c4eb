package banner

import (
	"cmp"

	"github.com/mamen-ai/consentgate/internal/policy"
)

// pageCookie is a cookie in words.
type pageCookie struct{ Name, Service, Category, Kept, Seen string }

// unseenCookies are what a service declares and nobody has met.
type unseenCookies struct {
	Service string
	Names   []string
}

// cookies tells of each cookie that was seen whose it is, for how long, and since
// when it is seen, and by service which weren't.
func (t *texts) cookies(rows []CookieRow) (seen []pageCookie, unseen []unseenCookies) {
	for _, row := range rows {
		service := t.serviceName(ServiceRow{ID: row.Service, Name: row.ServiceName})
		switch {
		case !row.First.IsZero():
			shown := pageCookie{
				Name: row.Name, Service: t.Page.CookieUnknown, Kept: cmp.Or(t.term(row.Lifetime), t.Page.CookieTermUnknown), Seen: t.days(row.First, row.Last),
			}
			if row.Service != "" {
				shown.Service, shown.Category = service, t.Categories[row.Category].Name
			}
			seen = append(seen, shown)
		case len(unseen) > 0 && unseen[len(unseen)-1].Service == service:
			unseen[len(unseen)-1].Names = append(unseen[len(unseen)-1].Names, row.Name)
		default:
			unseen = append(unseen, unseenCookies{service, []string{row.Name}})
		}
	}
	return seen, unseen
}

// days names the first and the last of some days.
func (t *texts) days(first, last policy.Day) string {
	if first == last {
		return t.day(first)
	}
	return t.day(first) + " – " + t.day(last)
}
