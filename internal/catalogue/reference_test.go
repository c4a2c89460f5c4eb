package catalogue

import (
	"cmp"
	"regexp"
	"slices"
	"strings"

	"github.com/mamen-ai/consentgate/internal/consent"
)

// reference finds services by the package comment's words: every pattern becomes
// two regular expressions, every one is tried, and the best that fits wins.
type reference struct {
	rules   []referenceRule
	cookies []referenceCookie
}

type referenceRule struct {
	service    int
	site       bool // on the site's own hosts alone
	host, path *regexp.Regexp
	query      []string
	rank       []int // compared from the front; more is more specific
}

type referenceCookie struct {
	service int
	name    *regexp.Regexp
	rank    []int
}

func newReference(services []Service) *reference {
	r := &reference{}
	for i, s := range services {
		for _, text := range slices.Concat(s.Scripts, s.Collect) {
			r.rules = append(r.rules, newReferenceRule(i, s.Category, text))
		}
		for _, name := range s.Cookies {
			whole := 1
			if strings.Contains(name, "*") {
				whole = 0
			}
			r.cookies = append(r.cookies, referenceCookie{i, wildcard(name, "$"), []int{whole, literals(name)}})
		}
	}
	return r
}

func newReferenceRule(service int, category consent.Category, text string) referenceRule {
	rest, query, _ := strings.Cut(strings.TrimPrefix(text, "wss://"), "?")
	host, path, slash := strings.Cut(rest, "/")
	if slash {
		path = "/" + path
	}
	r := referenceRule{service: service, site: host == ""}
	kind, length := 0, 0 // any host
	switch {
	case host == "" || host == "*":
		r.host = regexp.MustCompile("")
	case strings.HasPrefix(host, "*."):
		kind, length = 1, len(host)
		r.host = wildcard(host, "$")
	case strings.HasSuffix(host, ".*"):
		kind = 2
		r.host = regexp.MustCompile("^" + regexp.QuoteMeta(strings.TrimSuffix(host, ".*")) +
			`\.([^.]{2,}|(co|com|net|org)\.[^.]{2})$`)
	default:
		kind = 3
		r.host = wildcard(host, "$")
	}
	if kind > 0 && strings.Trim(path, "/*") == "" {
		path = ""
	}
	end := ""
	if regexp.MustCompile(`[A-Za-z0-9]$`).MatchString(path) {
		end = "(/|$)"
	}
	r.path = wildcard(path, end)
	queryLength := 0
	if query != "" {
		for pair := range strings.SplitSeq(query, "&") {
			if !strings.Contains(pair, "=") {
				pair += "="
			}
			r.query = append(r.query, pair)
			queryLength += len(pair)
		}
	}
	r.rank = []int{kind, length, literals(path), queryLength, int(category), -service}
	return r
}

// wildcard returns the expression of a text with "*".
func wildcard(text, end string) *regexp.Regexp {
	return regexp.MustCompile("(?s)^" + strings.ReplaceAll(regexp.QuoteMeta(text), `\*`, ".*") + end)
}

func literals(text string) int { return len(strings.ReplaceAll(text, "*", "")) }

func (r *reference) find(kind Kind, host, path, query string) int {
	pairs := strings.Split(query, "&")
	for i, pair := range pairs {
		if !strings.Contains(pair, "=") {
			pairs[i] += "="
		}
	}
	best := referenceRule{service: none}
	for _, rule := range r.rules {
		if rule.site && kind != FirstParty || !rule.host.MatchString(host) || !rule.path.MatchString(path) {
			continue
		}
		fits := !slices.ContainsFunc(rule.query, func(want string) bool {
			return !slices.ContainsFunc(pairs, func(pair string) bool { return strings.HasPrefix(pair, want) })
		})
		if fits && slices.Compare(rule.rank, best.rank) > 0 {
			best = rule
		}
	}
	return best.service
}

// cookie returns the services of a cookie in ascending order.
func (r *reference) cookie(name string) []int {
	var best []int
	var found []int
	for _, c := range r.cookies {
		if !c.name.MatchString(name) {
			continue
		}
		if order := slices.Compare(c.rank, best); order > 0 {
			best, found = c.rank, nil
		} else if order < 0 {
			continue
		}
		found = append(found, c.service)
	}
	slices.SortFunc(found, cmp.Compare)
	return found
}
