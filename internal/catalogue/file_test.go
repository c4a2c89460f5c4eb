package catalogue

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
)

// write puts text into a file and returns its path.
func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "own.json")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadFileReadsWhatTheBuiltinCatalogueIsWrittenIn(t *testing.T) {
	raw, err := os.ReadFile("services.json")
	if err != nil {
		t.Fatal(err)
	}
	services, err := ReadFile(write(t, string(raw)))
	if err != nil {
		t.Fatal(err)
	}
	if want, _ := Builtin(); len(services) != len(want) {
		t.Errorf("%d services, want %d", len(services), len(want))
	}
	services, err = ReadFile(write(t, `[{"id":"own","category":"statistics","scripts":["stat.example.kz"],"window":"24mo"}]`))
	if err != nil || len(services) != 1 {
		t.Fatalf("%v, %v", services, err)
	}
	if s := services[0]; s.Name != "own" || s.Category != consent.Statistics || s.Window != 24 {
		t.Errorf("read %+v", s)
	}
	if services, err := ReadFile(write(t, "[]")); err != nil || len(services) != 0 {
		t.Errorf("an empty list: %v, %v", services, err)
	}
}

func TestReadFileNamesFileServiceAndValue(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"unknown field", `[{"id":"own","category":"statistics","hosts":["a.example.kz"]}]`, []string{`service "own"`, `"hosts"`, "a service has id, name,", "scripts, collect"}},
		{"unknown field of a signal", `[{"id":"own","category":"statistics","cookies":["own_*"],"signals":[{"refused":"a();"}]}]`, []string{`service "own"`, `"refused"`}},
		{"category", `[{"id":"own","category":"analytics","cookies":["own_*"]}]`, []string{`service "own"`, `"analytics"`, "statistics"}},
		{"no category", `[{"id":"own","cookies":["own_*"]}]`, []string{`service "own"`, "no category"}},
		{"window", `[{"id":"own","category":"statistics","cookies":["own_*"],"window":"25mo"}]`, []string{`service "own"`, "25mo", "14mo"}},
		{"pattern", `[{"id":"own","category":"statistics","scripts":["https://a.example.kz"]}]`, []string{`service "own"`, `"https://a.example.kz"`, "scheme"}},
		{"kind of value", `[{"id":"own","category":"statistics","scripts":"a.example.kz"}]`, []string{`service "own"`, "scripts"}},
		{"twice", `[{"id":"own","category":"statistics","cookies":["own_*"]},{"id":"own","category":"statistics","cookies":["own_*"]}]`, []string{`"own"`, "used twice"}},
		{"no id", `[{"id":"own","category":"statistics","cookies":["own_*"]},{"name":"Own","kind":1}]`, []string{"service number 2", `"kind"`}},
		{"several", `[{"id":"one","a":1},{"id":"two","b":1}]`, []string{`"one"`, `"a"`, `"two"`, `"b"`}},
		{"syntax", "[\n  {\"id\": \"own\",}\n]", []string{"line 2", "invalid character"}},
		{"end", "[\n{}", []string{"line 2", "unexpected end"}},
		{"object", `{"own":{}}`, []string{"a JSON list of services"}},
		{"two lists", "[]\n[]", []string{"line 2"}},
		{"empty", "", []string{"line 1"}},
	} {
		path := write(t, test.text)
		_, err := ReadFile(path)
		if err == nil {
			t.Errorf("%s: accepted", test.name)
			continue
		}
		for _, part := range append(test.want, path) {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %q doesn't say %q", test.name, err, part)
			}
		}
	}
}

func TestReadFileNamesAMissingFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.json")
	if _, err := ReadFile(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(`[{"id":"own","category":"statistics","signals":[{"denied":"a();"}]},null]`))
	f.Add([]byte("[\n"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if services, err := decode(raw); err == nil {
			New(services)
		}
	})
}
