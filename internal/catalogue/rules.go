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
	exact   map[string][]rule // by host
	country map[string][]rule // by host without the country ending
	below   map[string][]rule // by the domain whose sub-domains are covered
	site    pathRules         // on the site's own hosts
	any     pathRules         // on every host
}

// pathRules are rules without a host, by their longest whole segment: a path is
// looked up segment by segment instead of rule by rule.
type pathRules struct {
	segment map[string][]rule
	free    []rule // those without a whole segment
}

func (rs *rules) add(r rule) {
	switch r.kind {
	case exactHost:
		put(&rs.exact, r.host, r)
	case countryHosts:
		put(&rs.country, r.host, r)
	case hostsBelow:
		put(&rs.below, r.host, r)
	case siteHosts:
		rs.site.add(r)
	case anyHost:
		rs.any.add(r)
	}
}

func (ps *pathRules) add(r rule) {
	if key := wholeSegment(r.path); key != "" {
		put(&ps.segment, key, r)
	} else {
		ps.free = append(ps.free, r)
	}
}

func put(group *map[string][]rule, key string, r rule) {
	if *group == nil {
		*group = make(map[string][]rule)
	}
	(*group)[key] = append((*group)[key], r)
}

func (rs *rules) sort() {
	for _, group := range []map[string][]rule{rs.exact, rs.country, rs.below, rs.site.segment, rs.any.segment} {
		for _, list := range group {
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
	if r := first(rs.exact[string(l.Host)], l.Path, l.Query); r != nil {
		return r
	}
	if len(rs.country) > 0 {
		if name := cutCountry(l.Host); name != nil {
			if r := first(rs.country[string(name)], l.Path, l.Query); r != nil {
				return r
			}
		}
	}
	for domain := l.Host; ; {
		i := bytes.IndexByte(domain, '.')
		if i < 0 {
			return nil
		}
		domain = domain[i+1:]
		if r := first(rs.below[string(domain)], l.Path, l.Query); r != nil {
			return r
		}
	}
}

// byPath returns the rule for a path on any host and, for the site's own hosts,
// on those.
func (rs *rules) byPath(path, query []byte, site bool) *rule {
	best := rs.any.find(path, query)
	if site {
		best = moreSpecific(best, rs.site.find(path, query))
	}
	return best
}

func (ps *pathRules) find(path, query []byte) *rule {
	best := first(ps.free, path, query)
	if len(ps.segment) == 0 || len(path) == 0 {
		return best
	}
	rest := path[1:]
	for range maxSegments {
		segment, after, more := bytes.Cut(rest, []byte("/"))
		if list := ps.segment[string(segment)]; list != nil {
			best = moreSpecific(best, first(list, path, query))
		}
		if !more {
			break
		}
		rest = after
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
