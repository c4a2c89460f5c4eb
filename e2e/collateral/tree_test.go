package collateral

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// node is an element, text or comment of a document, with how deep it lies.
type node struct {
	*html.Node
	depth int
	text  string // of text nodes, joined over what was inserted between them
}

// tree lists the document in order, without what the edge inserted. Scripting is
// off, so that the content of noscript elements is there.
func tree(page string) ([]node, error) {
	document, err := html.ParseWithOptions(strings.NewReader(page), html.ParseOptionEnableScripting(false))
	if err != nil {
		return nil, err
	}
	var list []node
	var walk func(n *html.Node, depth int)
	walk = func(n *html.Node, depth int) {
		for child := n.FirstChild; child != nil; child = child.NextSibling {
			if inserted(child) {
				continue
			}
			if last := len(list) - 1; child.Type == html.TextNode && last >= 0 && list[last].Type == html.TextNode && list[last].depth == depth {
				list[last].text += child.Data
				continue
			}
			list = append(list, node{child, depth, child.Data})
			walk(child, depth+1)
		}
	}
	walk(document, 0)
	return list, nil
}

func inserted(n *html.Node) bool {
	return n.Type == html.ElementNode && slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "id" && strings.HasPrefix(a.Val, insertedID) })
}

// edited compares two trees and returns the elements of the first whose attributes
// differ, and the style elements in which URLs were made to lead nowhere, or an error
// when anything else differs.
func edited(before, after []node) ([]*html.Node, error) {
	var list []*html.Node
	for i, was := range before {
		if i >= len(after) {
			return nil, fmt.Errorf("it ends before %s %q", describe(was), was.text)
		}
		is := after[i]
		switch {
		case was.text != is.text && was.Parent != nil && was.Parent.Data == "style" && withoutMarks(was.text) == withoutMarks(is.text):
			list = append(list, was.Parent)
		case was.Type != is.Type, was.depth != is.depth, was.text != is.text, was.Namespace != is.Namespace:
			return nil, fmt.Errorf("%s %.80q became %s %.80q", describe(was), was.text, describe(is), is.text)
		case !slices.Equal(was.Attr, is.Attr):
			list = append(list, was.Node)
		}
	}
	if len(after) > len(before) {
		return nil, fmt.Errorf("it goes on with %s %q", describe(after[len(before)]), after[len(before)].text)
	}
	return list, nil
}

func withoutMarks(style string) string { return strings.ReplaceAll(style, "data:,", "") }

func describe(n node) string {
	if n.Parent == nil {
		return fmt.Sprintf("at depth %d", n.depth)
	}
	return fmt.Sprintf("at depth %d in <%s>", n.depth, n.Parent.Data)
}

// baseOf returns what the document's references are resolved against.
func baseOf(document []node) *url.URL {
	own := &url.URL{Scheme: "https", Host: ownHost, Path: "/docs/"}
	for _, n := range document {
		if n.Type != html.ElementNode || n.Data != "base" {
			continue
		}
		for _, attribute := range n.Attr {
			if attribute.Key != "href" {
				continue
			}
			if base, err := own.Parse(attribute.Val); err == nil {
				return base
			}
		}
	}
	return own
}
