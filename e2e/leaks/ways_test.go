package leaks

import (
	"embed"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

//go:embed ways/*.txt
var wayFiles embed.FS

// way is one way in which a page can reach a third party.
type way struct {
	name   string
	sheet  string // "parser", "script" or "page"
	body   string
	header [][2]string
	early  [][2]string // header of a 103
	files  map[string]file
}

// file is a resource of the site's own that a way needs.
type file struct{ contentType, body string }

var wayName = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)

// readWays returns all ways in the order in which they are tried.
func readWays(t testing.TB) []*way {
	t.Helper()
	var ways []*way
	known := make(map[string]bool)
	for _, sheet := range []string{"parser", "script", "page"} {
		raw, err := wayFiles.ReadFile("ways/" + sheet + ".txt")
		if err != nil {
			t.Fatal(err)
		}
		_, text, _ := strings.Cut(string(raw), "\n== ")
		for section := range strings.SplitSeq(text, "\n== ") {
			w := parseWay(section)
			w.sheet = sheet
			if !wayName.MatchString(w.name) || known[w.name] {
				t.Fatalf("%s.txt: the name %q is taken or can't be a host's label", sheet, w.name)
			}
			known[w.name] = true
			ways = append(ways, w)
		}
	}
	return ways
}

func parseWay(section string) *way {
	name, rest, _ := strings.Cut(section, "\n")
	w := &way{name: name, files: make(map[string]file)}
	target, current := &w.body, ""
	var files = map[string]*file{}
	for line := range strings.SplitSeq(rest, "\n") {
		mark, text, _ := strings.Cut(line, " ")
		switch mark {
		case "++", "+1":
			key, value, _ := strings.Cut(text, ": ")
			if mark == "++" {
				w.header = append(w.header, [2]string{key, value})
			} else {
				w.early = append(w.early, [2]string{key, value})
			}
		case "--":
			path, contentType, _ := strings.Cut(text, " ")
			current = path
			files[current] = &file{contentType: contentType}
			target = &files[current].body
		default:
			*target += line + "\n"
		}
	}
	for path, f := range files {
		w.files[path] = *f
	}
	return w
}

// host is the way's own host below the trackers' domain.
func (w *way) host(domain string) string { return w.name + "." + domain }

// fill puts the way's addresses into a text.
func (w *way) fill(text, domain string) string {
	host := w.host(domain)
	return strings.NewReplacer("{url}", "https://"+host+"/"+w.name, "{host}", host).Replace(text)
}

func TestThereAreEnoughWays(t *testing.T) {
	ways := readWays(t)
	if len(ways) < 150 {
		t.Errorf("%d ways, want at least 150", len(ways))
	}
	for _, w := range ways {
		text := fmt.Sprint(w.body, w.header, w.early, w.files)
		if w.sheet != "script" && !strings.Contains(text, "{url}") && !strings.Contains(text, "{host}") && !strings.Contains(text, "/redirect/"+w.name) {
			t.Errorf("%s reaches nobody", w.name)
		}
		for path := range w.files {
			if !strings.Contains(w.body+fmt.Sprint(w.header, w.files), "/file/"+w.name+"/"+path) {
				t.Errorf("%s: nothing asks for %s", w.name, path)
			}
		}
	}
}
