package module_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDoubtsOfTextsAndStylesAreLogged pins that a load, and so "validate", warns of
// what may hide or not tell what the policy has visitors told.
func TestDoubtsOfTextsAndStylesAreLogged(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"ru.json": `{"language": "ru", "choice": {"text": "{controller} и {purposes}"}}`,
		"own.css": "p { display: none }",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("LOOKS", dir)
	log := start(t, options{gate: "texts {env.LOOKS}/ru.json\nbanner {\ncss {env.LOOKS}/own.css\n}"}).logged()
	for _, words := range []string{"own.css: display:none could hide", "ru.json: choice.text doesn't seem to tell"} {
		if !strings.Contains(log, words) {
			t.Errorf("the log doesn't say %q", words)
		}
	}
}
