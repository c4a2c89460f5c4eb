package banner

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// leaves calls visit for every text in a decoded JSON object.
func leaves(object map[string]any, path string, visit func(path string, remove func(), value string)) {
	for _, key := range slices.Sorted(maps.Keys(object)) {
		switch value := object[key].(type) {
		case map[string]any:
			leaves(value, path+key+".", visit)
		case string:
			visit(path+key, func() { delete(object, key) }, value)
		}
	}
}

func decoded(t *testing.T, lang string) map[string]any {
	t.Helper()
	raw, err := textFiles.ReadFile("texts/" + lang + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var object map[string]any
	if err := json.Unmarshal(raw, &object); err != nil {
		t.Fatal(err)
	}
	return object
}

func TestEveryMissingTextIsRefused(t *testing.T) {
	var paths []string
	leaves(decoded(t, "ru"), "", func(path string, _ func(), _ string) { paths = append(paths, path) })
	for _, missing := range paths {
		object := decoded(t, "ru")
		leaves(object, "", func(path string, remove func(), _ string) {
			if path == missing {
				remove()
			}
		})
		raw, err := json.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parseTexts("ru", raw); err == nil || !strings.Contains(err.Error(), missing) {
			t.Errorf("without %s: %v", missing, err)
		}
	}
}

func TestUnknownTextsAreRefused(t *testing.T) {
	object := decoded(t, "en")
	object["colour"] = "red"
	raw, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parseTexts("en", raw); err == nil || !strings.Contains(err.Error(), "colour") {
		t.Errorf("an unknown key: %v", err)
	}
}

func TestLanguagesSayTheSameThings(t *testing.T) {
	placeholder := regexp.MustCompile(`\{\w+\}`)
	shape := func(lang string) map[string]string {
		places := map[string]string{}
		leaves(decoded(t, lang), "", func(path string, _ func(), value string) {
			found := placeholder.FindAllString(value, -1)
			slices.Sort(found)
			places[path] = strings.Join(found, " ")
		})
		return places
	}
	want := shape("ru")
	for _, lang := range Supported() {
		for path, places := range shape(lang) {
			if known, found := want[path]; !found || known != places {
				t.Errorf("%s: %s holds %q, in ru %q", lang, path, places, known)
			}
		}
	}
}

func TestMonthsAreInflected(t *testing.T) {
	for _, c := range []struct {
		lang string
		n    int
		want string
	}{
		{"ru", 1, "1 месяц"}, {"ru", 2, "2 месяца"}, {"ru", 6, "6 месяцев"}, {"ru", 11, "11 месяцев"},
		{"ru", 14, "14 месяцев"}, {"ru", 21, "21 месяц"}, {"ru", 24, "24 месяца"},
		{"kk", 1, "1 ай"}, {"kk", 24, "24 ай"},
		{"en", 1, "1 month"}, {"en", 14, "14 months"},
	} {
		words, err := loadTexts(c.lang)
		if err != nil {
			t.Fatal(err)
		}
		if got := words.months(c.n); got != c.want {
			t.Errorf("%s: %d months are %q, want %q", c.lang, c.n, got, c.want)
		}
	}
}

func TestJoinListsAsASentenceDoes(t *testing.T) {
	words := &texts{And: " and "}
	for want, list := range map[string][]string{
		"": nil, "a": {"a"}, "a and b": {"a", "b"}, "a, b and c": {"a", "b", "c"},
	} {
		if got := words.join(list); got != want {
			t.Errorf("%q is joined as %q, want %q", list, got, want)
		}
	}
}

func FuzzParseTexts(f *testing.F) {
	// Short seeds: the engine minimizes long ones for minutes.
	f.Add([]byte(`{"name": "English", "months": {"one": "{n} month"}, "page": {"reasons": {"gpc": "x"}}}`))
	f.Add([]byte(`{"categories": null}`))
	f.Add([]byte(`[]`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		words, err := parseTexts("en", raw)
		if (words == nil) == (err == nil) {
			t.Errorf("texts %v with error %v", words, err)
		}
	})
}
