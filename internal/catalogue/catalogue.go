package catalogue

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mamen-ai/consentgate/internal/consent"
)

// none is the index of no service.
const none = -1

// Catalogue finds services. What it says never changes, and it is safe for concurrent
// use.
type Catalogue struct {
	services []Service
	index    map[string]int
	patterns [][]pattern // by service
	rules    rules
	markers  *inlineMarkers
	clean    *cleanTexts
	cookies  cookieNames
	visitor  [][]glob // by service: its VisitorID
}

// New checks the services and compiles them. The error lists everything that is
// wrong, each with the service, the value and what is allowed.
func New(services []Service) (*Catalogue, error) {
	c := &Catalogue{
		services: services,
		index:    make(map[string]int, len(services)),
		patterns: make([][]pattern, len(services)),
		visitor:  make([][]glob, len(services)),
		clean:    newCleanTexts(),
	}
	tags := make(map[consent.Tag]string, len(services))
	var problems []error
	for i, s := range services {
		tag := consent.TagOf(s.ID)
		switch other, taken := tags[tag]; {
		case taken && other == s.ID:
			problems = append(problems, fmt.Errorf("service %q: the id is used twice", s.ID))
		case taken:
			problems = append(problems, fmt.Errorf("service %q: its tag in the cookie is that of %q; choose another id", s.ID, other))
		}
		tags[tag], c.index[s.ID] = s.ID, i
		patterns, err := s.check()
		if err != nil {
			problems = append(problems, fmt.Errorf("service %q: %w", s.ID, err))
		}
		c.patterns[i] = patterns
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	c.compile()
	return c, nil
}

func (c *Catalogue) compile() {
	for i, s := range c.services {
		for _, p := range c.patterns[i] {
			c.rules.add(rule{pattern: p, service: i, category: s.Category})
		}
		for _, name := range s.Cookies {
			c.cookies.add(name, i, s.Category)
		}
		for _, name := range s.VisitorID {
			c.visitor[i] = append(c.visitor[i], newGlob(name, textEnd))
		}
	}
	c.rules.sort()
	c.cookies.sort()
	c.markers = newInlineMarkers(c.services)
}

// Services returns the services in the order in which New was given them: a
// service's index is its position. The list must not be modified.
func (c *Catalogue) Services() []Service { return c.services }

// Index returns the index of the service with the given ID, or -1.
func (c *Catalogue) Index(id string) int {
	if i, ok := c.index[id]; ok {
		return i
	}
	return none
}

// Find returns the index of the service the location belongs to, or -1. When
// several fit, the package comment's precedence decides.
func (c *Catalogue) Find(l Location) int {
	if r := c.find(l); r != nil {
		return r.service
	}
	return none
}

func (c *Catalogue) find(l Location) *rule {
	if l.Kind == Opaque {
		return nil
	}
	if r := c.rules.byHost(l); r != nil {
		return r
	}
	return c.rules.byPath(l.Path, l.Query, l.Kind == FirstParty)
}

// FindRequest returns the index of the service a request to a host of the site
// belongs to: a collector or a script that the site serves itself, by a path of
// its own or because a pattern names the host. It returns -1 for every other
// request. The host is in lower case and without port; the path may be encoded or
// decoded; the query is encoded and without "?".
func (c *Catalogue) FindRequest(host, path, query string) int {
	service, _ := c.FindCollector(host, path, query)
	return service
}

// FindCollector is FindRequest that also returns the pattern which the request
// fits: its path, or its host when it has none.
func (c *Catalogue) FindCollector(host, path, query string) (service int, pattern string) {
	if path == "" || path[0] != '/' {
		return none, ""
	}
	for strings.Contains(path, "//") {
		path = strings.ReplaceAll(path, "//", "/") // as servers commonly do
	}
	var space [512]byte
	l := Location{Kind: FirstParty, Host: append(space[:0], host...)}
	l.Path = append(l.Host[len(host):], path...)
	l.Query = append(l.Path[len(path):], query...)
	if !isPlain(l.Path) {
		l.Path = cleanPath(l.Path)
	}
	l.Query = decodeUnreserved(l.Query)
	r := c.find(l)
	if r == nil {
		return none, ""
	}
	return r.service, cmp.Or(r.path, r.host)
}

// FindInline appends to found the index of every service one of whose markers
// occurs in the text of an executable inline script, each once, and returns it.
// Letter case counts; white space and "\" are passed over on both sides and the
// three quotation marks are the same, so that gtag('config','G- stands for every
// way to write it and https:\/\/ for https://.
func (c *Catalogue) FindInline(text []byte, found []int) []int {
	if c.markers.longest == 0 {
		return found
	}
	hash, known := c.clean.place(text)
	if hash != 0 && known.Load() == hash {
		return found
	}
	nothing := len(found) == 0
	if found = c.markers.find(text, found); nothing && len(found) == 0 {
		known.Store(hash)
	}
	return found
}

// FindCookie appends to found the indexes of the services that set a cookie of
// the given name, and returns it. A whole name wins over a pattern and a longer
// pattern over a shorter one; services that share the name stand together, the
// stricter category first.
func (c *Catalogue) FindCookie(name string, found []int) []int {
	return c.cookies.find(name, found)
}

// CookiePattern returns which of the cookies of service i the name is, as the
// service describes it, or "".
func (c *Catalogue) CookiePattern(i int, name string) string {
	best, literal := "", -1
	for _, pattern := range c.services[i].Cookies {
		if g := newGlob(pattern, textEnd); g.literal > literal && g.match([]byte(name)) {
			best, literal = pattern, g.literal
		}
	}
	return best
}

// IsVisitorID reports whether the cookie holds the identifier by which service i
// knows the visitor.
func (c *Catalogue) IsVisitorID(i int, cookie string) bool {
	var space [64]byte
	name := append(space[:0], cookie...)
	return slices.ContainsFunc(c.visitor[i], func(g glob) bool { return g.match(name) })
}
