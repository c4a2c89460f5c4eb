package module_test

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestCatalogueCommandNeedsNoServer pins the table, one service and JSON of the
// built-in catalogue.
func TestCatalogueCommandNeedsNoServer(t *testing.T) {
	e := newEdge(t)
	out := e.wantCommand(0, []string{"catalogue"}, "ID ", "NAME", "CATEGORY", "COUNTRIES", "WINDOW", "THE VENDOR KEEPS")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	if len(lines) < 120 {
		t.Errorf("only %d lines", len(lines))
	}
	for _, want := range []string{"matomo Matomo statistics operator default", "zero_kz Zero.kz statistics KZ default -"} {
		if !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
			t.Errorf("%q isn't in:\n%s", want, out)
		}
	}
	e.wantCommand(0, []string{"catalogue", "matomo"}, "run by", "*/matomo.js", "*/matomo.php", "_paq.push(['setSiteId'", "_pk_id.*",
		"when refused", "requireConsent", "when allowed", "setConsentGiven", "the site's default", "doubt")
	e.wantCommand(0, []string{"catalogue", "vercel_analytics"}, "window.va(", "window.si(")

	var list []map[string]any
	if err := json.Unmarshal([]byte(e.wantCommand(0, []string{"catalogue", "--json"})), &list); err != nil || len(list) != len(lines)-1 {
		t.Errorf("%d services in JSON, %d in the table (%v)", len(list), len(lines)-1, err)
	}
	one := decode(t, []byte(e.wantCommand(0, []string{"catalogue", "--json", "ga4"})))
	if one["id"] != "ga4" || one["category"] != "statistics" || one["vendor"] != "Google LLC" {
		t.Errorf("got %v", one)
	}
}

// TestCatalogueCommandReadsFiles pins that files extend and override what is shown.
func TestCatalogueCommandReadsFiles(t *testing.T) {
	e := newEdge(t)
	path := file(t, "own.json", `[{"id":"own_counter","category":"statistics","cookies":["own_*"],"window":"24mo"},`+ownMatomo+"]")
	out := e.wantCommand(0, []string{"catalogue", "--file", path})
	for _, want := range []string{"own_counter own_counter statistics 24mo -", "matomo Our Matomo marketing KZ default -"} {
		if !strings.Contains(strings.Join(strings.Fields(out), " "), want) {
			t.Errorf("%q isn't in:\n%s", want, out)
		}
	}
	e.wantCommand(0, []string{"catalogue", "own_counter", "--file", path}, "own_*", "24mo")
	e.wantCommand(2, []string{"catalogue", "--file", path + "x"}, path+"x")
	e.wantCommand(2, []string{"catalogue", "--file", path, "--file", path}, "already")
}

// TestCatalogueCommandNamesTheNearest pins what an unknown name is answered with.
func TestCatalogueCommandNamesTheNearest(t *testing.T) {
	e := newEdge(t)
	for name, want := range map[string]string{
		"matomoo": "matomo", "yandex-metrika": "yandex_metrica", "Yandex": "yandex_maps, yandex_metrica, yandex_rtb",
		"GA": "ga4, ga_ua", "hotjarr": "hotjar", "metrika": "yandex_metrica", "facebook": "facebook_sdk", "zero.kz": "zero_kz", "": "the nearest are",
	} {
		e.wantCommand(1, []string{"catalogue", name}, "no service has the ID", want)
	}
	e.wantCommand(1, []string{"catalogue", "a", "b"}, "accepts at most 1 arg(s)")
}
