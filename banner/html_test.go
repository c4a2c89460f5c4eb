package banner

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with testdata/<name>.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs from what was reviewed: look at it, then run the test with -update", path)
	}
}

// nodes parses HTML and returns its elements, those within templates too.
func nodes(t testing.TB, raw []byte) []*html.Node {
	t.Helper()
	root, err := html.Parse(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	var list []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode {
			list = append(list, n)
		}
	}
	return list
}

// named returns the elements with one of the tag names.
func named(list []*html.Node, tags ...string) []*html.Node {
	return slices.DeleteFunc(slices.Clone(list), func(n *html.Node) bool { return !slices.Contains(tags, n.Data) })
}

func attribute(n *html.Node, key string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val, true
		}
	}
	return "", false
}

func text(n *html.Node) string {
	var out strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			out.WriteString(d.Data)
		}
	}
	return out.String()
}

// between returns the only text between two markers.
func between(t testing.TB, raw []byte, start, end string) string {
	t.Helper()
	_, rest, ok := strings.Cut(string(raw), start)
	inner, after, closed := strings.Cut(rest, end)
	if !ok || !closed || strings.Contains(after, start) {
		t.Fatalf("want exactly one %s … %s", start, end)
	}
	return inner
}

func source(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}
