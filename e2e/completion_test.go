package e2e

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"
)

// Help and completion are for the program's own name, not for Caddy's, and the scripts
// are ones that the shell reads.
func TestHelpAndCompletionAreForTheProgramsName(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish"} {
		script, err := exec.CommandContext(t.Context(), program, "completion", shell).Output()
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Contains(script, []byte("consentgate")) || bytes.Contains(script, []byte("__caddy")) {
			t.Errorf("the completion for %s isn't for consentgate", shell)
		}
		if shell == "bash" {
			command := exec.CommandContext(t.Context(), "bash", "-n")
			command.Stdin = bytes.NewReader(script)
			if out, err := command.CombinedOutput(); err != nil {
				t.Errorf("bash refuses its completion: %v\n%s", err, out)
			}
		}
	}
	words, err := exec.CommandContext(t.Context(), program, "__complete", "consent", "request", "add", "--kind", "").Output()
	if err != nil || !strings.Contains(string(words), "\naccess\n") {
		t.Errorf("--kind is completed by %q (%v)", words, err)
	}
	help, err := exec.CommandContext(t.Context(), program, "--help").Output()
	if err != nil || !bytes.Contains(help, []byte("consentgate consent --help")) {
		t.Errorf("the help doesn't lead to consentgate's commands (%v):\n%s", err, help)
	}
}
