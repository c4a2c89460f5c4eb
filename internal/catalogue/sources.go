package catalogue

import (
	"slices"
	"strings"
)

// countryEndings are the endings under which vendors with a host per country
// (mc.yandex.*) are known to answer. A Content-Security-Policy has no wildcard at
// a host's end, so there the pattern is written out.
func countryEndings() []string {
	return []string{
		"az", "by", "co.il", "com", "com.am", "com.ge", "com.tr", "ee", "fr", "kg",
		"kz", "lt", "lv", "md", "ru", "tj", "tm", "ua", "uz",
	}
}

// Sources returns the third-party hosts of service i as host sources of a
// Content-Security-Policy (CSP3 §2.3.1): "mc.yandex.ru", "*.hotjar.com", and
// "wss://…" beside them where the service opens WebSockets. Where the service
// shares its host with other content they are narrowed to paths:
// "www.google.com/recaptcha/". A path is cut back to its directory, which covers
// everything below it; a path straight under the root stays whole. Browsers pass
// over the path after a redirect (CSP3 §6.7.2.9). The sources are sorted, without
// duplicates and without those another one covers.
func (c *Catalogue) Sources(i int) []string {
	var list []string
	for _, p := range c.patterns[i] {
		for _, host := range p.hostSources() {
			for _, path := range p.sourcePaths() {
				list = append(list, host+path)
				if p.webSocket {
					list = append(list, "wss://"+host+path)
				}
			}
		}
	}
	slices.Sort(list)
	list = slices.Compact(list)
	all := slices.Clone(list)
	return slices.DeleteFunc(list, func(source string) bool {
		return slices.ContainsFunc(all, func(other string) bool { return covers(other, source) })
	})
}

// hostSources returns the hosts of a pattern, none for the site's own.
func (p pattern) hostSources() []string {
	switch p.kind {
	case exactHost:
		return []string{p.host}
	case hostsBelow:
		return []string{"*." + p.host}
	case countryHosts:
		var list []string
		for _, ending := range countryEndings() {
			list = append(list, p.host+"."+ending)
		}
		return list
	}
	return nil
}

// sourcePaths returns the paths of the sources that admit all the pattern covers.
func (p pattern) sourcePaths() []string {
	literal, _, wild := strings.Cut(p.path, "*")
	directory := literal[:strings.LastIndexByte(literal, '/')+1]
	switch {
	case len(directory) > 1:
		return []string{directory}
	case wild || literal == directory || !wordByte(literal[len(literal)-1]):
		return []string{""}
	case strings.Contains(literal, "."):
		return []string{literal}
	}
	return []string{literal, literal + "/"}
}

// covers reports whether a source admits all that another one does: it is the same
// host without a path, a directory above, or a wildcard above the host.
func covers(wider, source string) bool {
	if wider == source {
		return false
	}
	scheme, wider := cutWebSocket(wider)
	otherScheme, source := cutWebSocket(source)
	if scheme != otherScheme {
		return false
	}
	host, path := cutPath(wider)
	otherHost, otherPath := cutPath(source)
	if path != "" {
		return host == otherHost && strings.HasSuffix(path, "/") && strings.HasPrefix(otherPath, path)
	}
	domain, wild := strings.CutPrefix(host, "*")
	return host == otherHost || wild && strings.HasSuffix(otherHost, domain)
}

func cutWebSocket(source string) (scheme, rest string) {
	if rest, ok := strings.CutPrefix(source, "wss://"); ok {
		return "wss://", rest
	}
	return "", source
}

func cutPath(source string) (host, path string) {
	if i := strings.IndexByte(source, '/'); i >= 0 {
		return source[:i], source[i:]
	}
	return source, ""
}
