package collateral

import (
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/mamen-ai/consentgate/internal/catalogue"
	"golang.org/x/net/html"
)

// judge tells whether an element could have to do with a tracker. It is generous
// and shares nothing with the gate but the catalogue's words: what it clears, the
// gate must not touch.
type judge struct {
	hosts        []string // "mc.yandex." is a host under any ending
	places       []place
	markers      [][]string // the words of each
	blockUnknown bool       // any third party counts
}

// place is a path that a tool is known by on any host.
type place struct{ path, parameter string }

const ownHost = "site.example"

func newJudge(services []catalogue.Service, blockUnknown bool) *judge {
	j := &judge{blockUnknown: blockUnknown}
	for _, service := range services {
		for _, pattern := range slices.Concat(service.Scripts, service.Collect) {
			address, query, _ := strings.Cut(strings.TrimPrefix(pattern, "wss://"), "?")
			host, path, _ := strings.Cut(address, "/")
			if host == "" || host == "*" {
				parameter, _, _ := strings.Cut(query, "=")
				j.places = append(j.places, place{longest(strings.Split("/"+path, "*")), parameter})
				continue
			}
			j.hosts = append(j.hosts, strings.TrimSuffix(strings.TrimPrefix(host, "*."), "*"))
		}
		for _, marker := range service.Inline {
			j.markers = append(j.markers, word.FindAllString(marker, -1))
		}
	}
	slices.Sort(j.hosts)
	j.hosts = slices.Compact(j.hosts)
	return j
}

var word = regexp.MustCompile(`[A-Za-z0-9_]{2,}`)

func longest(texts []string) string {
	return slices.MaxFunc(texts, func(a, b string) int { return len(a) - len(b) })
}

// loading are the attributes by which some element loads something.
var loading = map[string]bool{
	"src": true, "srcset": true, "href": true, "data": true, "poster": true, "background": true,
	"ping": true, "imagesrcset": true, "content": true, "srcdoc": true, "style": true,
}

// suspects reports whether the element may be edited.
func (j *judge) suspects(node *html.Node, base *url.URL) bool {
	if node.Type != html.ElementNode {
		return false
	}
	for _, attribute := range node.Attr {
		navigates := (node.Data == "a" || node.Data == "area") && attribute.Key == "href"
		if loading[attribute.Key] && !navigates && j.suspectsReference(attribute.Val, base) {
			return true
		}
	}
	text := node.FirstChild
	switch {
	case text == nil:
		return false
	case node.Data == "style":
		return j.suspectsText(text.Data) || j.blockUnknown && strings.Contains(text.Data, "//")
	}
	return node.Data == "script" && j.suspectsText(text.Data)
}

// suspectsReference judges the value of an attribute, which may hold several
// addresses.
func (j *judge) suspectsReference(value string, base *url.URL) bool {
	for _, reference := range strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(" \t\r\n\f,;()'\"<>", r) }) {
		reference = strings.ReplaceAll(strings.TrimPrefix(reference, "url="), `\`, "/")
		target, err := base.Parse(reference)
		if err != nil {
			if strings.Contains(reference, "//") {
				return true
			}
			continue // a piece of a style, or of a text
		}
		if j.suspectsHost(target.Hostname()) || j.suspectsPlace(target) ||
			j.blockUnknown && target.Host != "" && target.Hostname() != ownHost {
			return true
		}
	}
	return false
}

func (j *judge) suspectsHost(host string) bool {
	host = "." + strings.ToLower(host)
	return slices.ContainsFunc(j.hosts, func(known string) bool {
		if strings.HasSuffix(known, ".") {
			return strings.HasPrefix(host, "."+known)
		}
		return strings.HasSuffix(host, "."+known)
	})
}

func (j *judge) suspectsPlace(target *url.URL) bool {
	return slices.ContainsFunc(j.places, func(p place) bool {
		return strings.Contains(target.Path, p.path) && strings.Contains(target.RawQuery, p.parameter)
	})
}

// suspectsText judges the text of a script or a style sheet: it holds a host, or
// all words of a marker in any order.
func (j *judge) suspectsText(text string) bool {
	lacks := func(known string) bool { return !strings.Contains(text, known) }
	return slices.ContainsFunc(j.hosts, func(host string) bool { return strings.Contains(text, host) }) ||
		slices.ContainsFunc(j.markers, func(words []string) bool { return !slices.ContainsFunc(words, lacks) })
}
