package gate

import (
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/mamen-ai/consentgate/internal/asciijson"
	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/tdewolff/minify/v2"
	"github.com/tdewolff/minify/v2/js"
)

// The runtime guard is the first script of a page in which something is blocked. It
// stops what page scripts create later from reaching what is denied, keeps denied
// services' cookies from being set, defines their globals as no-ops so that calls to
// them don't throw, and counts what it stopped. It is comfort and telemetry: the proof
// that nothing leaks is the Content-Security-Policy.
var (
	//go:embed guard/addresses.js
	guardAddresses string
	//go:embed guard/realm.js
	guardRealm string
	//go:embed guard/stubs.js
	guardStubs string
)

// guardConfig is what the guard must know about a permit. Lists are joined by
// spaces and keys are short, because every undecided page carries them.
type guardConfig struct {
	// Unknown says that everything is denied that Running doesn't allow.
	Unknown bool `json:"u,omitempty"`
	// Denied and Running are patterns of third-party hosts and paths. Of the two
	// the one that the guard decides against by default is whole; of the other
	// there are those only that share a host with it, so that the more specific
	// pattern can win.
	Denied  string `json:"d,omitempty"`
	Running string `json:"r,omitempty"`
	Cookies string `json:"c,omitempty"` // of denied services
	Stubs   string `json:"s,omitempty"` // globals of denied services
	Report  string `json:"p"`           // where to count what was stopped
}

// guardScript returns the guard with its configuration.
func (p *Permit) guardScript() []byte {
	var denied, running, cookies, stubs, runningCookies, runningStubs []string
	for i, service := range p.gate.services {
		if p.running[i] {
			running = append(running, thirdParty(slices.Concat(service.Scripts, service.Collect))...)
			runningCookies = append(runningCookies, service.Cookies...)
			runningStubs = append(runningStubs, service.Stubs...)
		}
	}
	for i, service := range p.gate.services {
		if !p.running[i] {
			denied = append(denied, loaders(service)...)
			cookies = append(cookies, service.Cookies...)
			stubs = append(stubs, stubsOf(service, runningStubs)...)
		}
	}
	unknown := p.gate.options.BlockUnknown
	if unknown {
		running = append(running, p.gate.necessary...)
		denied = sharing(denied, running)
	} else {
		running = sharing(running, denied)
	}
	raw, _ := asciijson.Marshal(guardConfig{
		Unknown: unknown,
		Denied:  joinSorted(broadest(denied, running)),
		Running: joinSorted(running),
		// Products of one family share names: what a running one needs isn't taken
		// from it for the sake of its denied sibling.
		Cookies: joinSorted(broadestNames(without(cookies, runningCookies))),
		Stubs:   joinSorted(stubs),
		Report:  p.gate.options.Prefix + "report",
	}) // strings always marshal
	return slices.Concat(p.gate.guardCode, raw, []byte(");"))
}

// stubsOf returns the globals of a denied service as the guard is told of them. One
// that a running service needs too must be the real thing: a list stays a list, which
// every snippet takes over, and a function is "name=list", one that puts its arguments
// on the list of the same service, as the vendors' own do. Without such a list it is
// left to the running service.
func stubsOf(service catalogue.Service, running []string) []string {
	list := slices.IndexFunc(service.Stubs, func(stub string) bool { return strings.HasSuffix(stub, "[]") })
	var stubs []string
	for _, stub := range service.Stubs {
		switch {
		case strings.HasSuffix(stub, "[]"), !slices.Contains(running, stub):
			stubs = append(stubs, stub)
		case list >= 0:
			stubs = append(stubs, stub+"="+strings.TrimSuffix(service.Stubs[list], "[]"))
		}
	}
	return stubs
}

// sharing returns the patterns whose host may be one of the others' too.
func sharing(patterns, others []string) []string {
	return slices.DeleteFunc(patterns, func(pattern string) bool {
		return !slices.ContainsFunc(others, func(other string) bool { return overlap(hostOf(pattern), hostOf(other)) })
	})
}

// overlap reports whether there may be a host that fits both patterns.
func overlap(a, b string) bool {
	below := func(wide, host string) bool {
		domain, ok := strings.CutPrefix(wide, "*")
		return ok && strings.HasSuffix(host, domain)
	}
	country := func(wide, host string) bool {
		name, ok := strings.CutSuffix(wide, "*")
		return ok && strings.HasPrefix(host, name)
	}
	return a == b || below(a, b) || below(b, a) || country(a, b) || country(b, a)
}

// broadest returns the patterns without those that others of them cover, unless an
// exception might lie between the two.
func broadest(patterns, exceptions []string) []string {
	return slices.DeleteFunc(slices.Clone(patterns), func(pattern string) bool {
		host := hostOf(pattern)
		return slices.ContainsFunc(patterns, func(wide string) bool {
			domain, below := strings.CutPrefix(wide, "*.")
			return wide != pattern && wide == hostOf(wide) && (wide == host || below && strings.HasSuffix(host, "."+domain))
		}) && len(sharing([]string{pattern}, exceptions)) == 0
	})
}

// broadestNames is broadest for names, of which one that ends in "*" covers all that
// begin so.
func broadestNames(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		start, _, _ := strings.Cut(name, "*")
		return slices.ContainsFunc(names, func(wide string) bool {
			prefix, open := strings.CutSuffix(wide, "*")
			return open && wide != name && !strings.Contains(prefix, "*") && strings.HasPrefix(start, prefix)
		})
	})
}

func without(words, unwanted []string) []string {
	return slices.DeleteFunc(words, func(word string) bool { return slices.Contains(unwanted, word) })
}

func joinSorted(words []string) string {
	slices.Sort(words)
	return strings.Join(slices.Compact(words), " ")
}

// loaders returns the patterns of the hosts that a service's code comes from,
// without scheme. What that code would send never starts without it; only of a
// service without code the addresses it sends to are returned.
func loaders(service catalogue.Service) []string {
	patterns := thirdParty(service.Scripts)
	if len(patterns) == 0 {
		patterns = thirdParty(service.Collect)
	}
	return patterns
}

// thirdParty returns the patterns that name a host, without their scheme.
func thirdParty(list []string) []string {
	var patterns []string
	for _, pattern := range list {
		if _, rest, ok := strings.Cut(pattern, "://"); ok {
			pattern = rest
		}
		if !strings.HasPrefix(pattern, "/") && !slices.Contains(patterns, pattern) {
			patterns = append(patterns, pattern)
		}
	}
	return patterns
}

func hostOf(pattern string) string {
	host, _, _ := strings.Cut(pattern, "/")
	host, _, _ = strings.Cut(host, "?")
	return host
}

// minifiedGuard returns the guard up to its argument: (function(c){…})(
func minifiedGuard() ([]byte, error) {
	minifier := minify.New()
	minifier.AddFunc("text/javascript", js.Minify)
	source := "(function (config) {\n'use strict';\n" + guardAddresses + guardRealm + guardStubs + "})(0);"
	minified, err := minifier.String("text/javascript", source)
	if err != nil {
		return nil, fmt.Errorf("minifying the runtime guard: %w", err)
	}
	code, ok := strings.CutSuffix(strings.TrimRight(minified, " \n;"), "0)")
	if !ok {
		return nil, errors.New("minifying the runtime guard: its argument isn't at the end")
	}
	return []byte(code), nil
}
