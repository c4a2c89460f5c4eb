package deploy

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/mamen-ai/consentgate/e2e/build"
)

// TestXcaddyCanBuildIt compiles what xcaddy makes of "--with …/caddyfile --replace":
// a module of its own whose main package imports Caddy and the one package. What
// this repository's go.mod replaces or excludes wouldn't count there.
func TestXcaddyCanBuildIt(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	caddy := find(t, "../go.mod", `github.com/caddyserver/caddy/v2 (v\S+)`)[0]
	for name, text := range map[string]string{
		"go.mod": fmt.Sprintf("module caddy\n\ngo %s\n\nrequire (\n\tgithub.com/caddyserver/caddy/v2 %s\n\tgithub.com/mamen-ai/consentgate v0.0.0\n)\n\nreplace github.com/mamen-ai/consentgate => %s\n",
			find(t, "../go.mod", `(?m)^go (\S+)`)[0], caddy, root),
		"go.sum": read(t, "../go.sum"),
		"main.go": `package main

import (
	caddycmd "github.com/caddyserver/caddy/v2/cmd"

	_ "github.com/caddyserver/caddy/v2/modules/standard"
	_ "github.com/mamen-ai/consentgate/caddyfile"
)

func main() { caddycmd.Main() }
`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	// With other flags, everything would be compiled once more; nothing is linked.
	args := slices.Concat([]string{"build"}, build.Flags(), []string{"-mod=mod", "-o", os.DevNull, "."})
	build := exec.CommandContext(t.Context(), "go", args...)
	build.Dir = dir
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	// modernc.org/sqlite works with one version of modernc.org/libc only.
	list := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Version}}", "modernc.org/libc")
	list.Dir = dir
	version, err := list.Output()
	if want := find(t, "../go.mod", `modernc.org/libc (v\S+)`)[0] + "\n"; err != nil || string(version) != want {
		t.Errorf("modernc.org/libc is %q there, and %q here (%v)", version, want, err)
	}
}
