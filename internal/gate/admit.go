package gate

import (
	"regexp"
	"slices"
	"strings"
)

// Admission is what the edge inserts into a page, as a Content-Security-Policy
// of the site must know it.
type Admission struct {
	Scripts []string // 'sha256-…' sources of inline scripts
	Styles  []string // 'sha256-…' sources of inline styles
	Origin  string   // scheme and host under which the edge's endpoints answer, for example https://mamen.ai
	Prefix  string   // their path
}

// Admit returns the site's policies, changed only so that what the edge
// inserts may run, be framed and post. Where 'unsafe-inline' is in force nothing is added:
// a hash beside it would switch off every inline script of the site
// (CSP3 §6.7.3.2). values are the values of all Content-Security-Policy lines;
// the result has as many.
func Admit(values []string, a Admission) []string {
	if len(values) == 0 {
		return nil
	}
	out := make([]string, len(values))
	for i, value := range values {
		policies := strings.Split(value, ",")
		for j, policy := range policies {
			policies[j] = admitPolicy(policy, a)
		}
		out[i] = strings.Join(policies, ",")
	}
	return out
}

func admitPolicy(policy string, a Admission) string {
	d := parseDirectives(policy)
	if len(d) == 0 {
		return policy
	}
	changed := d.admitInline("script", a.Scripts)
	changed = d.admitInline("style", a.Styles) || changed
	endpoint := a.Origin + a.Prefix
	changed = d.admitEndpoint("connect-src", endpoint, "default-src") || changed
	changed = d.admitEndpoint("frame-src", endpoint, "child-src", "default-src") || changed
	changed = d.admitEndpoint("form-action", endpoint) || changed
	if !changed {
		return policy
	}
	return d.String()
}

// Bounds are what policies of the site keep from anything in the page, and that no
// admission changes.
type Bounds struct {
	Scriptless  bool // no script runs
	Formless    bool // no form is sent to the site as one of its own pages sends it
	Pictureless bool // pictures in data: URLs aren't shown
}

// BoundsOf returns the bounds of all policies together.
func BoundsOf(values []string) (b Bounds) {
	for _, value := range values {
		for policy := range strings.SplitSeq(value, ",") {
			d := parseDirectives(policy)
			if sandbox := d.find("sandbox"); sandbox != nil {
				b.Scriptless = b.Scriptless || !sandbox.has("allow-scripts")
				b.Formless = b.Formless || !sandbox.has("allow-forms") || !sandbox.has("allow-same-origin")
			}
			pictures := d.find("img-src")
			if pictures == nil {
				pictures = d.find("default-src")
			}
			b.Pictureless = b.Pictureless || pictures != nil && !pictures.has("data:")
		}
	}
	return b
}

// directive is one directive of a policy, as it was written.
type directive struct {
	name    string // lower case
	sources []string
}

// has reports whether one of the directive's values is the given one in lower case.
func (d *directive) has(value string) bool {
	return slices.ContainsFunc(d.sources, func(source string) bool { return strings.EqualFold(source, value) })
}

type directives []directive

// parseDirectives follows CSP3 §2.2.1: of a repeated directive the first
// counts.
func parseDirectives(policy string) directives {
	var list directives
	for token := range strings.SplitSeq(policy, ";") {
		fields := strings.Fields(token)
		if len(fields) == 0 {
			continue
		}
		name := strings.ToLower(fields[0])
		if list.find(name) == nil {
			list = append(list, directive{name, fields[1:]})
		}
	}
	return list
}

func (d directives) find(name string) *directive {
	for i := range d {
		if d[i].name == name {
			return &d[i]
		}
	}
	return nil
}

func (d directives) String() string {
	parts := make([]string, len(d))
	for i, directive := range d {
		parts[i] = strings.Join(append([]string{directive.name}, directive.sources...), " ")
	}
	return strings.Join(parts, "; ")
}

// admitInline adds the hashes to the list that governs inline elements of the
// kind ("script" or "style"). When that is only the default-src, a list for the
// elements alone is made from it, so that workers, handlers and attributes keep
// falling back to where they did.
func (d *directives) admitInline(kind string, hashes []string) bool {
	if len(hashes) == 0 {
		return false
	}
	elements := kind + "-src-elem"
	governing := d.find(elements)
	if governing == nil {
		governing = d.find(kind + "-src")
	}
	inherited := governing == nil
	if inherited {
		governing = d.find("default-src")
	}
	if governing == nil || inlineAllowed(kind, governing.sources) {
		return false
	}
	sources := slices.DeleteFunc(slices.Clone(governing.sources), func(source string) bool {
		return strings.EqualFold(source, "'none'")
	})
	for _, hash := range hashes {
		if !slices.Contains(sources, hash) {
			sources = append(sources, hash)
		}
	}
	if inherited {
		*d = append(*d, directive{elements, sources})
	} else {
		governing.sources = sources
	}
	return true
}

// admitEndpoint adds the endpoint to the list that governs it: the named one, else
// the first of the fallbacks (CSP3 §6.8.3).
func (d *directives) admitEndpoint(name, endpoint string, fallbacks ...string) bool {
	governing := d.find(name)
	inherited := governing == nil
	for _, fallback := range fallbacks {
		if governing == nil {
			governing = d.find(fallback)
		}
	}
	if governing == nil || reachesOwnOrigin(governing.sources) || slices.Contains(governing.sources, endpoint) {
		return false
	}
	sources := slices.DeleteFunc(slices.Clone(governing.sources), func(source string) bool {
		return strings.EqualFold(source, "'none'")
	})
	sources = append(sources, endpoint)
	if inherited {
		*d = append(*d, directive{name, sources})
	} else {
		governing.sources = sources
	}
	return true
}

// inlineAllowed reports whether 'unsafe-inline' is in force for elements of the
// kind: it is ignored beside a nonce or a hash, and for scripts beside
// 'strict-dynamic' (CSP3 §6.7.3.2). What isn't written as these must be, such as
// the nonce that a template left empty, counts for nothing.
func inlineAllowed(kind string, sources []string) bool {
	unsafe := false
	for _, source := range sources {
		switch {
		case strings.EqualFold(source, "'unsafe-inline'"):
			unsafe = true
		case nonceOrHash.MatchString(source), kind == "script" && strings.EqualFold(source, "'strict-dynamic'"):
			return false
		}
	}
	return unsafe
}

// nonceOrHash is a nonce-source or a hash-source (CSP3 §2.3.1).
var nonceOrHash = regexp.MustCompile(`(?i)^'(nonce|sha256|sha384|sha512)-[a-z0-9+/_-]+={0,2}'$`)

func reachesOwnOrigin(sources []string) bool {
	return slices.ContainsFunc(sources, func(source string) bool {
		return source == "*" || strings.EqualFold(source, "'self'")
	})
}
