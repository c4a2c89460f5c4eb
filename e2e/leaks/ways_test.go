package leaks

import (
	"embed"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// kind is how a way is brought into a page; it is the name of a file of ways.
type kind string

const (
	head    kind = "head"    // markup in the head of a page that ways share
	body    kind = "body"    // markup in the body of a page that ways share
	script  kind = "script"  // JavaScript in pages that ways share
	solo    kind = "solo"    // JavaScript in a page of its own
	page    kind = "page"    // markup in a page of its own
	header  kind = "header"  // header lines of a page of its own
	early   kind = "early"   // header lines of a 103 before a page of its own
	leaving kind = "leaving" // JavaScript that moves the whole page on, as a link does
)

var kinds = []kind{head, body, script, solo, page, header, early, leaving}

// way is one way in which a page can reach a third party.
type way struct {
	name string
	kind kind
	text string // with placeholders
}

//go:embed ways
var files embed.FS

// wayName is what can stand as a label of a host name.
var wayName = regexp.MustCompile(`^[a-z][a-z0-9-]*[a-z0-9]$`)

// readWays reads ways/<kind>.txt of every kind. A row is "name: text"; lines
// that are indented go on with the row above, and those with # are comments.
func readWays() ([]way, error) {
	var ways []way
	seen := make(map[string]bool)
	for _, kind := range kinds {
		rows, err := readRows(string(kind))
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			if !wayName.MatchString(row[0]) || seen[row[0]] {
				return nil, fmt.Errorf("ways/%s.txt: %q: a way's name is a host label of its own", kind, row[0])
			}
			seen[row[0]] = true
			ways = append(ways, way{row[0], kind, row[1]})
		}
	}
	return ways, nil
}

// readRows returns the rows of ways/<name>.txt as pairs of name and text.
func readRows(name string) ([][2]string, error) {
	text, err := files.ReadFile("ways/" + name + ".txt")
	if err != nil {
		return nil, err
	}
	var rows [][2]string
	for number, line := range strings.Split(string(text), "\n") {
		switch {
		case strings.TrimSpace(line) == "" || line[0] == '#':
		case line[0] == ' ' || line[0] == '\t':
			if len(rows) == 0 {
				return nil, fmt.Errorf("ways/%s.txt:%d: nothing stands above", name, number+1)
			}
			rows[len(rows)-1][1] += "\n" + strings.TrimSpace(line)
		default:
			key, value, found := strings.Cut(line, ":")
			if !found {
				return nil, fmt.Errorf("ways/%s.txt:%d: write name: text", name, number+1)
			}
			rows = append(rows, [2]string{key, strings.TrimSpace(value)})
		}
	}
	return rows, nil
}

// fill puts a run's addresses into the text of a way: {url} and {host} of its
// third party; {own}, to which an extension of a file in ways/own is added;
// {redirect}, an address of the site that leads to the third party.
func fill(text, name string, r *run) string {
	return strings.NewReplacer(
		"{url}", "https://"+r.hostOf(name),
		"{host}", r.hostOf(name),
		"{own}", "/"+r.label+"/own/"+name,
		"{redirect}", "/"+r.label+"/redirect/"+name,
	).Replace(text)
}

// scriptsPerPage keeps what one page does at once within what a browser connects
// to at once.
const scriptsPerPage = 25

func ofKind(ways []way, k kind) []way {
	return slices.DeleteFunc(slices.Clone(ways), func(w way) bool { return w.kind != k })
}

// pagesOf returns the paths of all pages of a run.
func pagesOf(ways []way) []string {
	paths := []string{string(head), string(body)}
	scripts := len(ofKind(ways, script))
	for i := 0; i*scriptsPerPage < scripts; i++ {
		paths = append(paths, fmt.Sprintf("%s/%d", script, i))
	}
	for _, w := range ways {
		if w.kind != head && w.kind != body && w.kind != script {
			paths = append(paths, string(w.kind)+"/"+w.name)
		}
	}
	return paths
}
