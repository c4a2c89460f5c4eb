package module

import (
	"net/http"
	"slices"
	"strings"
)

// vary adds names of request headers to Vary (RFC 9110 §12.5.5), each once. All stand
// in one line: nginx before 1.23 goes by the last line alone.
func vary(header http.Header, names ...string) {
	line := strings.Join(header["Vary"], ", ")
	for _, name := range names {
		switch {
		case lists(line, name):
		case line == "":
			line = name
		default:
			line += ", " + name
		}
	}
	header["Vary"] = []string{line}
}

// lists reports whether a header that is a list of names holds one (RFC 9110 §5.6.1).
func lists(line, name string) bool {
	for element := range strings.SplitSeq(line, ",") {
		if strings.EqualFold(strings.TrimSpace(element), name) {
			return true
		}
	}
	return false
}

// listed returns the elements of a header that is a list (RFC 9110 §5.6.1).
func listed(values []string) []string {
	elements := strings.Split(strings.Join(values, ","), ",")
	for i, element := range elements {
		elements[i] = strings.TrimSpace(element)
	}
	return slices.DeleteFunc(elements, func(element string) bool { return element == "" })
}

// cacheDirective splits a directive of Cache-Control into its name, in lower case,
// and its argument (RFC 9111 §5.2).
func cacheDirective(directive string) (name, argument string) {
	name, argument, _ = strings.Cut(directive, "=")
	return strings.ToLower(strings.TrimSpace(name)), strings.Trim(strings.TrimSpace(argument), `"`)
}

// deleteSharedCaching takes out what tells caches in front to keep a response,
// whatever Cache-Control says.
func deleteSharedCaching(header http.Header) {
	for name := range header {
		if name == "Surrogate-Control" || name == "X-Accel-Expires" || strings.HasSuffix(name, "Cdn-Cache-Control") {
			delete(header, name)
		}
	}
}

// keepPrivate leaves an answer to the visitor's own cache, for as long as the origin
// said. What one visitor allowed must reach no other, not even by a cache that leaves
// Vary aside.
func keepPrivate(header http.Header) {
	deleteSharedCaching(header)
	kept := []string{"private"}
	for _, directive := range listed(header["Cache-Control"]) {
		switch name, _ := cacheDirective(directive); name {
		case "public", "private", "s-maxage", "proxy-revalidate":
		default:
			kept = append(kept, directive)
		}
	}
	header["Cache-Control"] = []string{strings.Join(kept, ", ")}
}
