package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

const unit = "systemd/consentgate.service"

func systemd(t *testing.T, command string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), command, args...).CombinedOutput(); err != nil {
		t.Errorf("%s %s: %v (make tools installs it)\n%s", command, strings.Join(args, " "), err, out)
	} else if regexp.MustCompile(`(consentgate\.service|override\.conf):`).Match(out) {
		t.Errorf("%s %s complains:\n%s", command, strings.Join(args, " "), out)
	}
}

// TestUnitIsHardened has systemd judge the unit and what docs/install.md adds to it,
// with a program that exists here in the place of consentgate. 1.6 of 10 is what is left by the network, which an edge
// is for.
func TestUnitIsHardened(t *testing.T) {
	file := filepath.Join(t.TempDir(), "consentgate.service")
	text := strings.ReplaceAll(read(t, unit), "/usr/local/bin/consentgate ", "/bin/sh ")
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	added := find(t, "../docs/install.md", "(?s)```ini\n(.*?)```")
	if len(added) != 1 {
		t.Fatalf("the page adds %q", added)
	}
	if err := os.Mkdir(file+".d", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(file+".d", "override.conf"), []byte(added[0]), 0o644); err != nil {
		t.Fatal(err)
	}
	systemd(t, "systemd-analyze", "verify", "--man=no", file)
	out, err := exec.CommandContext(t.Context(), "systemd-analyze", "security", "--no-pager", "--offline=true", "--threshold=17", file).CombinedOutput()
	if err != nil {
		t.Errorf("systemd-analyze security: %v\n%s", err, out)
	}
}

// TestUserIsCreated has systemd read the entry for the user of the unit.
func TestUserIsCreated(t *testing.T) {
	file, err := filepath.Abs("systemd/consentgate.sysusers")
	if err != nil {
		t.Fatal(err)
	}
	systemd(t, "systemd-sysusers", "--dry-run", file)
	if user := find(t, unit, `(?m)^User=(.*)$`); len(user) != 1 || !strings.Contains(read(t, file), "\nu "+user[0]+" ") {
		t.Errorf("the unit runs as %q, whom %s doesn't create", user, file)
	}
}

// TestUnitRunsCommandsThatExist pins commands and flags of the unit.
func TestUnitRunsCommandsThatExist(t *testing.T) {
	root := commands(t)
	lines := regexp.MustCompile(`(?m)^Exec\w+=/usr/local/bin/(.*)$`).FindAllStringSubmatch(read(t, unit), -1)
	if len(lines) != 2 {
		t.Errorf("%d commands were found", len(lines))
	}
	for _, line := range lines {
		if err := check(root, line[1]); err != nil {
			t.Errorf("%q: %v", line[1], err)
		}
	}
}
