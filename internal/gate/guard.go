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

//go:embed guard.js
var guardSource string

// guardConfig is what the guard must know about a permit. Lists are joined by
// spaces and keys are short, because every undecided page carries them.
type guardConfig struct {
	// Denied and Running hold, by service, the patterns of the third-party hosts
	// and paths that its code comes from. Running has those only that share a host
	// with a denied one, so that the more specific pattern can win.
	Denied  map[string]string `json:"d"`
	Running map[string]string `json:"r,omitempty"`
	Cookies string            `json:"c,omitempty"` // of denied services
	Stubs   string            `json:"s,omitempty"` // globals of denied services
	Report  string            `json:"p"`           // where to count what was stopped
}

// guardScript returns the guard with its configuration.
func (p *Permit) guardScript() []byte {
	config := guardConfig{
		Denied:  make(map[string]string),
		Running: make(map[string]string),
		Report:  p.gate.options.Prefix + "report",
	}
	var cookies, stubs, runningCookies, runningStubs []string
	deniedHosts := make(map[string]bool)
	for i, service := range p.gate.services {
		if p.running[i] {
			runningCookies = append(runningCookies, service.Cookies...)
			runningStubs = append(runningStubs, service.Stubs...)
			continue
		}
		patterns := loaders(service)
		for _, pattern := range patterns {
			deniedHosts[hostOf(pattern)] = true
		}
		if len(patterns) > 0 {
			config.Denied[service.ID] = strings.Join(patterns, " ")
		}
		cookies = append(cookies, service.Cookies...)
		stubs = append(stubs, service.Stubs...)
	}
	for i, service := range p.gate.services {
		patterns := slices.DeleteFunc(loaders(service), func(pattern string) bool { return !deniedHosts[hostOf(pattern)] })
		if p.running[i] && len(patterns) > 0 {
			config.Running[service.ID] = strings.Join(patterns, " ")
		}
	}
	// Products of one family share names: what a running one needs isn't taken
	// from it for the sake of its denied sibling.
	config.Cookies = joinSorted(without(cookies, runningCookies))
	config.Stubs = joinSorted(without(stubs, runningStubs))
	raw, _ := asciijson.Marshal(config) // maps and strings always marshal
	return slices.Concat(p.gate.guardCode, raw, []byte(");"))
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
	source := strings.Replace(guardSource, "CONFIG", "0", 1)
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
