package module_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"
)

// TestHolidaysOfAFileDecideWhenARequestIsDue pins that a file replaces a year, and
// that placeholders are replaced.
func TestHolidaysOfAFileDecideWhenARequestIsDue(t *testing.T) {
	// The 15 days are all free.
	off := map[string][]string{}
	for n := range 15 {
		day := daysAgo(t, -1-n)
		off[day[:4]] = append(off[day[:4]], day)
	}
	years := map[string]any{}
	for year, days := range off {
		years[year] = map[string]any{"holidays": days}
	}
	raw, err := json.Marshal(years)
	if err != nil {
		t.Fatal(err)
	}
	path := file(t, "holidays.json", string(raw))
	t.Setenv("HOLIDAYS", filepath.Dir(path))
	e := start(t, options{app: "holidays {env.HOLIDAYS}/holidays.json"})
	e.addRequest("access", "", "due by "+daysAgo(t, -15))
}

// TestWrongFilesOfHolidaysAreRefused pins that a configuration with one isn't
// loaded, and that the message names file and value.
func TestWrongFilesOfHolidaysAreRefused(t *testing.T) {
	e := start(t, options{})
	missing := filepath.Join(t.TempDir(), "missing.json")
	wrong := file(t, "wrong.json", `{"2028": {"holidays": ["2028-02-30"]}}`)
	for path, words := range map[string][]string{
		missing: {missing, "no such file"}, wrong: {wrong, "year 2028", `"2028-02-30" is not a date`}, "{env.ABSENT}": {"holidays", "env.ABSENT"},
	} {
		err := e.load(options{app: "holidays " + path})
		for _, word := range words {
			if err == nil || !strings.Contains(err.Error(), word) {
				t.Errorf("holidays %s: %v, want %q", path, err, word)
			}
		}
	}
	// The admin API may just be changing hands; the site must not.
	e.visit(t).get("/.privacy/").want(t, 200)
}
