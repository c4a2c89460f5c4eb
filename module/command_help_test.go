package module_test

import (
	"strings"
	"testing"
)

// TestShellsCompleteCommandsArgumentsAndFlags asks as a shell does when somebody
// presses Tab: for the last word.
func TestShellsCompleteCommandsArgumentsAndFlags(t *testing.T) {
	e := start(t, options{})
	e.wantCommand(0, []string{"request", "add", "--received", "2026-02-02", "--kind", "access"}, "request 1")
	for typed, want := range map[string][]string{
		"":                         {"status", "ready", "rotate-keys", "request"},
		"req":                      {"request"},
		"request ":                 {"add", "list", "close"},
		"status --":                {"--json"},
		"purge --d":                {"--dry-run"},
		"request add --kind ":      {"withdraw", "access", "rectify", "block", "unblock", "erase"},
		"request add --by ":        {"mail", "letter"},
		"request close --result f": {"fulfilled"},
		"page --lang ":             {"kk", "ru", "en"},
		"catalogue mato":           {"matomo"},
		"request close ":           {"1\taccess, due by 2026-02-1"},
	} {
		_, out, err := e.command(append([]string{"__complete", "--address", e.admin}, strings.Split(typed, " ")...)...)
		if err != nil {
			t.Errorf("%q: %v", typed, err)
		}
		for _, word := range want {
			if !strings.Contains("\n"+out, "\n"+word) {
				t.Errorf("%q isn't completed by %q:\n%s", typed, word, out)
			}
		}
	}
	// 4 is cobra's directive to offer no files.
	for _, typed := range []string{"status ", "export ", "erase ", "catalogue matomo ", "request close 1 "} {
		_, out, _ := e.command(append([]string{"__complete"}, strings.Split(typed, " ")...)...)
		if !strings.HasPrefix(out, ":4\n") {
			t.Errorf("after %q something is offered:\n%s", typed, out)
		}
	}
	if _, out, _ := e.command("__complete", "verify-receipt", ""); !strings.HasPrefix(out, ":0\n") {
		t.Errorf("no file is offered for a receipt:\n%s", out)
	}
}
