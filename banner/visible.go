package banner

import (
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// hides reports whether an element keeps what lies in it from everyone's or from
// some visitors' eyes until a script acts (HTML §6.1, §6.3, §6.12, §4.11.4;
// WAI-ARIA 1.2 §6.6, aria-hidden).
func hides(n *html.Node) bool {
	switch n.Data {
	case "noscript", "datalist", "select", "textarea", "canvas", "progress", "meter", "rp":
		return true
	case "dialog":
		return !has(n, "open")
	}
	return has(n, "hidden") || has(n, "inert") || has(n, "popover") || attr(n, "aria-hidden") == "true"
}

// shown reports whether a visitor sees the element: on the first layer or, unless
// that is wanted, also when he has opened a <details>.
func shown(n *html.Node, first bool) bool {
	summary := false
	for at := n; at != nil; at = at.Parent {
		if hides(at) || first && at.Data == "details" && !has(at, "open") && !summary {
			return false
		}
		summary = at.Data == "summary"
	}
	return true
}

// shownWords returns the words that a visitor sees, with single spaces.
func shownWords(root *html.Node, first bool) string {
	var out strings.Builder
	for n := range root.Descendants() {
		if n.Type == html.TextNode && shown(n.Parent, first) {
			out.WriteString(n.Data)
		}
	}
	return clean(out.String())
}

// leadsTo reports whether a link that can be seen leads to the address.
func leadsTo(elements []*html.Node, address string) bool {
	return slices.ContainsFunc(elements, func(n *html.Node) bool {
		return n.Data == "a" && sameAddress(attr(n, "href"), address) && shownWords(n, true) != ""
	})
}
