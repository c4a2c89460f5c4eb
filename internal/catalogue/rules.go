package catalogue

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/mamen-ai/consentgate/internal/consent"
)

// maxSegments is how far down a path on the site's own hosts is searched; it
// bounds the work a long request can cause.
const maxSegments = 32

// rule is one pattern of one service.
type rule struct {
	pattern
	service  int
	category consent.Category
}

// compareRules puts the more specific rule first; the package comment says how.
func compareRules(a, b rule) int {
	return cmp.Or(
		cmp.Compare(b.glob.literal, a.glob.literal),
		cmp.Compare(b.queryLiteral(), a.queryLiteral()),
		cmp.Compare(b.category, a.category),
		cmp.Compare(a.service, b.service),
	)
}

// rules finds the most specific rule of a location. Every list in it is sorted by
// compareRules, so that the first that fits is the answer.
type rules struct {
	exact   table[rule] // by host
	country table[rule] // by host without the country ending
	below   table[rule] // by the domain whose sub-domains are covered
	any     pathRules   // on every host
	site    pathRules   // on the site's own hosts: theirs, and those of any
}

// pathRules are rules without a host, by their longest whole segment: a path is
// looked up segment by segment instead of rule by rule.
type pathRules struct {
	segment table[rule]
	free    []rule // those without a whole segment
}

func (rs *rules) add(r rule) {
	switch r.kind {
	case exactHost:
		rs.exact.add(r.host, r)
	case countryHosts:
		rs.country.add(r.host, r)
	case hostsBelow:
		rs.below.add(r.host, r)
	case siteHosts:
		rs.site.add(r)
	case anyHost:
		rs.any.add(r)
		rs.site.add(r)
	}
}

func (ps *pathRules) add(r rule) {
	if key := wholeSegment(r.path); key != "" {
		ps.segment.add(key, r)
	} else {
		ps.free = append(ps.free, r)
	}
}

func (rs *rules) sort() {
	for _, group := range []*table[rule]{&rs.exact, &rs.country, &rs.below, &rs.site.segment, &rs.any.segment} {
		for _, list := range group.lists {
			slices.SortStableFunc(list, compareRules)
		}
	}
	slices.SortStableFunc(rs.site.free, compareRules)
	slices.SortStableFunc(rs.any.free, compareRules)
}

// wholeSegment returns the longest segment that every path fitting the pattern
// holds between two slashes, or after the last one; "" when there is none.
func wholeSegment(path string) string {
	longest := ""
	segments := strings.Split(path, "/")
	for i, s := range segments {
		open := i == len(segments)-1 && s != "" && !wordByte(s[len(s)-1])
		if !open && !strings.Contains(s, "*") && len(s) > len(longest) {
			longest = s
		}
	}
	return longest
}

// first returns the first rule of a sorted list that fits.
func first(list []rule, path, query []byte) *rule {
	for i := range list {
		if list[i].matches(path, query) {
			return &list[i]
		}
	}
	return nil
}

// byHost returns the rule for the location's host.
func (rs *rules) byHost(l Location) *rule {
	if r := first(rs.exact.get(l.Host), l.Path, l.Query); r != nil {
		return r
	}
	if r := first(rs.country.get(cutCountry(l.Host)), l.Path, l.Query); r != nil {
		return r
	}
	for i, b := range l.Host {
		if b != '.' {
			continue
		}
		if r := first(rs.below.get(l.Host[i+1:]), l.Path, l.Query); r != nil {
			return r
		}
	}
	return nil
}

// byPath returns the rule for a path on any host or, when site is true, on the
// site's own hosts.
func (rs *rules) byPath(path, query []byte, site bool) *rule {
	if site {
		return rs.site.find(path, query)
	}
	return rs.any.find(path, query)
}

func (ps *pathRules) find(path, query []byte) *rule {
	best := first(ps.free, path, query)
	start := 1
	for segments := 0; start <= len(path) && segments < maxSegments; segments++ {
		end := len(path)
		if n := bytes.IndexByte(path[start:], '/'); n >= 0 {
			end = start + n
		}
		if list := ps.segment.get(path[start:end]); list != nil {
			best = moreSpecific(best, first(list, path, query))
		}
		start = end + 1
	}
	return best
}

func moreSpecific(a, b *rule) *rule {
	if a == nil || b != nil && compareRules(*b, *a) < 0 {
		return b
	}
	return a
}

// cutCountry returns the host without its country ending: one label, or one of
// the registries' second-level labels and a two-letter country. It returns nil
// when nothing would be left.
func cutCountry(host []byte) []byte {
	i := bytes.LastIndexByte(host, '.')
	if i <= 0 || len(host)-i <= 2 {
		return nil
	}
	if len(host)-i == len(".kz") {
		j := bytes.LastIndexByte(host[:i], '.')
		switch string(host[j+1 : i]) {
		case "co", "com", "net", "org":
			if j <= 0 {
				return nil
			}
			return host[:j]
		}
	}
	return host[:i]
}
