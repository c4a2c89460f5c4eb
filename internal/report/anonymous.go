package report

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// What may identify somebody in a text from outside.
var (
	queries   = regexp.MustCompile(`[?#]\S+`)
	mailboxes = regexp.MustCompile(`\S*@\S+`)
	digests   = regexp.MustCompile(`[0-9A-Fa-f]{32,}`) // consent IDs have 32 digits
	addresses = regexp.MustCompile(`[0-9]+(\.[0-9]+){3,}|[0-9A-Fa-f]*(:[0-9A-Fa-f]*){2,}(\.[0-9]+)*`)
)

// hidden stands for what is left out.
const hidden = "*"

// anonymous returns the text without queries, mailboxes, consent IDs and IP
// addresses, and without characters that a terminal or a browser would obey. A name
// that a browser reports can hold any of them.
func anonymous(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp) {
			return ' '
		}
		return r
	}, text)
	text = queries.ReplaceAllString(text, "")
	text = mailboxes.ReplaceAllString(text, hidden)
	text = digests.ReplaceAllString(text, hidden)
	return addresses.ReplaceAllStringFunc(text, func(found string) string {
		if colons := strings.Count(found, ":"); colons > 0 && colons < 4 && !strings.Contains(found, "::") {
			return found // a time of day
		}
		return hidden
	})
}

// MarshalJSON writes the report as every rendering shows it: without what could
// identify a visitor in names and texts that come from outside.
func (m Month) MarshalJSON() ([]byte, error) {
	type plain Month // has no MarshalJSON
	return json.Marshal(plain(m.anonymous()))
}

// anonymous returns a copy whose texts from outside are anonymous.
func (m Month) anonymous() Month {
	each(&m.Methods, func(t *Tally) { t.Name = anonymous(t.Name) })
	each(&m.Languages, func(t *Tally) { t.Name = anonymous(t.Name) })
	each(&m.Requests, func(r *Request) {
		r.Kind, r.Channel, r.Result = anonymous(r.Kind), anonymous(r.Channel), anonymous(r.Result)
	})
	each(&m.Copies, func(c *Copy) { c.Path = anonymous(c.Path) })
	each(&m.Deletions, func(d *Deletion) { d.Service, d.API = anonymous(d.Service), anonymous(d.API) })
	each(&m.Services, func(s *Service) { s.Name = anonymous(s.Name) })
	each(&m.Unknown, func(h *Host) { h.Host = anonymous(h.Host) })
	each(&m.Problems, func(p *string) { *p = anonymous(*p) })
	each(&m.Gaps, func(g *string) { *g = anonymous(*g) })
	m.Ledger.Problem = anonymous(m.Ledger.Problem)
	return m
}

// each changes a copy of the list.
func each[T any](list *[]T, change func(*T)) {
	*list = slices.Clone(*list)
	for i := range *list {
		change(&(*list)[i])
	}
}
