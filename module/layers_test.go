package module_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const root = "github.com/mamen-ai/consentgate/"

// layers are the folders by which imports may run downwards only (design §3).
// A package of one layer may import those below, and within its own only what
// is named.
var layers = [][]string{
	{"cmd/consentgate"},
	{"caddyfile"},
	{"module"},
	{"banner", "storage", "storage/sqlite", "storage/storagetest", "internal/gate", "internal/memo", "internal/retention", "internal/receipt", "internal/redact", "internal/downstream"},
	{"internal/catalogue", "internal/htmlstream", "internal/report"},
	{"internal/consent", "internal/policy", "internal/asciijson", "internal/inventory", "internal/snippettest", "internal/policytest", "internal/mounttest", "internal/contentcoding"},
}

// within are the imports inside one layer that are wanted.
var within = map[string][]string{
	"storage/sqlite":      {"storage"},
	"storage/storagetest": {"storage"},
	"internal/memo":       {"internal/gate"},
	"internal/retention":  {"storage"},
	"internal/downstream": {"storage"},
	"internal/receipt":    {"storage"},
	"internal/redact":     {"storage"},
	"internal/consent":    {"internal/policy"},
}

// imports returns, by package of this module, the packages it needs.
func imports(t *testing.T, field string) map[string][]string {
	t.Helper()
	args := []string{"list", "-f", "{{.ImportPath}} {{join ." + field + " \" \"}}"}
	for _, layer := range layers {
		for _, folder := range layer {
			args = append(args, root+folder)
		}
	}
	out, err := exec.CommandContext(t.Context(), "go", args...).Output()
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string][]string)
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		found[strings.TrimPrefix(words[0], root)] = words[1:]
	}
	return found
}

// TestImportsRunOneWay pins the direction of imports.
func TestImportsRunOneWay(t *testing.T) {
	layerOf := func(folder string) int {
		return slices.IndexFunc(layers, func(layer []string) bool { return slices.Contains(layer, folder) })
	}
	for folder, list := range imports(t, "Imports") {
		for _, imported := range list {
			below, ours := strings.CutPrefix(imported, root)
			if !ours {
				continue
			}
			from, to := layerOf(folder), layerOf(below)
			if to < from || to == from && !slices.Contains(within[folder], below) {
				t.Errorf("%s imports %s", folder, below)
			}
		}
	}
}

// TestInnerPackagesKnowNoServer pins that what lies below module can be tested,
// and used, without Caddy, its logger and Prometheus.
func TestInnerPackagesKnowNoServer(t *testing.T) {
	for folder, list := range imports(t, "Deps") {
		if slices.Contains([]string{"cmd/consentgate", "caddyfile", "module"}, folder) {
			continue
		}
		for _, dependency := range list {
			for _, foreign := range []string{"caddyserver/", "go.uber.org/zap", "prometheus/"} {
				if strings.Contains(dependency, foreign) {
					t.Errorf("%s depends on %s", folder, dependency)
				}
			}
		}
	}
}
