package module_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// file writes a file of services and returns its path.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const (
	ownService = `{"id":"own_counter","name":"Own counter","category":"statistics","scripts":["stat.example.kz/count.js"],"collect":["/own-count"],"countries":["KZ"]}`
	ownMatomo  = `{"id":"matomo","name":"Our Matomo","category":"marketing","scripts":["stat.example.kz/piwik.js"],"countries":["KZ"]}`
)

// TestServicesOfAFileAreGated pins that a file extends and overrides the
// catalogue, that what the Caddyfile says wins, and that placeholders are
// replaced.
func TestServicesOfAFileAreGated(t *testing.T) {
	path := file(t, "own.json", "["+ownService+","+ownMatomo+"]")
	t.Setenv("OWN_SERVICES", filepath.Dir(path))
	o := options{app: "cross_border allow", gate: "service own_counter matomo\ncatalogue {env.OWN_SERVICES}/own.json"}
	e := start(t, o)
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		writePage(w, `<html lang=en><script src="https://stat.example.kz/count.js"></script><script src="https://stat.example.kz/piwik.js"></script><script src="https://a.example.org/matomo.js"></script>`)
	})
	v := e.visit(t)
	v.get("/").want(t, 200, `data-privacy-src="https://stat.example.kz/count.js"`, `data-privacy-src="https://stat.example.kz/piwik.js"`, `<script src="https://a.example.org/matomo.js">`)
	v.get("/own-count").want(t, 204)
	v.choose("save", "statistics")
	v.get("/").want(t, 200, `<script src="https://stat.example.kz/count.js">`, `data-privacy-src="https://stat.example.kz/piwik.js"`)
	v.get("/.privacy/").want(t, 200, "Own counter", "Our Matomo")

	o.gate = "catalogue " + path + "\nservice own_counter {\nname \"Counted at home\"\n}\nservice matomo {\ncategory statistics\nname \"Described here\"\nscript stat.example.kz /piwik.js\ncountry KZ\n}"
	if err := e.load(o); err != nil {
		t.Fatal(err)
	}
	v.get("/").want(t, 200, bannerMark, "Described here", `data-privacy-src="https://stat.example.kz/piwik.js"`) // it serves another purpose
	v.choose("save", "statistics")
	v.get("/").want(t, 200, `<script src="https://stat.example.kz/piwik.js">`)
	v.get("/.privacy/").want(t, 200, "Counted at home", "Described here")
}

// TestPageTellsInEveryLanguageWhatServicesKeep pins that what the catalogue or the
// operator says is told in the visitor's language.
func TestPageTellsInEveryLanguageWhatServicesKeep(t *testing.T) {
	e := start(t, options{app: "cross_border allow", gate: "service clarity\nservice matomo {\nkeeps 180d data\n}"})
	v := e.visit(t)
	for lang, want := range map[string][]string{
		"en": {"<code>_clck</code> 1 year", "Recordings of visits: 30 days", "Data at the service: 180 days"},
		"ru": {"<code>_clck</code> 1 год", "Записи визитов: 30 дней", "Данные в сервисе: 180 дней"},
		"kk": {"<code>_clck</code> 1 жыл", "Сайтта жүру жазбалары: 30 күн", "Сервистегі деректер: 180 күн"},
	} {
		v.get("/.privacy/?lang="+lang).want(t, 200, want...)
	}
}

// TestWrongFilesOfServicesAreRefused pins that a configuration with one isn't
// loaded, and that the message names file, service and value.
func TestWrongFilesOfServicesAreRefused(t *testing.T) {
	e := start(t, options{})
	good := file(t, "good.json", "["+ownService+"]")
	missing := filepath.Join(t.TempDir(), "missing.json")
	unknown := file(t, "unknown.json", `[{"id":"own_counter","category":"statistics","hosts":["a.example.kz"]}]`)
	pattern := file(t, "pattern.json", `[{"id":"own_counter","category":"statistics","scripts":["a.*.kz"]}]`)
	visits := file(t, "visits.json", `[{"id":"visits","category":"necessary","cookies":["own_*"]}]`)
	for _, test := range []struct {
		gate string
		want []string
	}{
		{"catalogue " + missing, []string{missing, "no such file"}},
		{"catalogue " + unknown, []string{unknown, `"own_counter"`, `"hosts"`}},
		{"catalogue " + pattern, []string{pattern, `"own_counter"`, `"a.*.kz"`}},
		{"catalogue " + visits, []string{visits, `"visits"`, "the edge's own"}},
		{"catalogue " + good + "\ncatalogue " + good, []string{good, `"own_counter"`, "already"}},
		{"catalogue {env.NO_SUCH_VARIABLE}", []string{"env.NO_SUCH_VARIABLE"}},
		{"catalogue " + good + "\nservice own_countr", []string{`"own_countr" isn't in the catalogue`, "own_counter"}},
	} {
		err := e.load(options{gate: test.gate})
		for _, part := range test.want {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %v doesn't say %q", test.gate, err, part)
			}
		}
	}
}
