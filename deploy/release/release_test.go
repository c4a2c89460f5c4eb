package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestBinariesAreReproducible builds a small program as a release is built, from two
// folders: its path, and the folder's, must not be in the binary.
func TestBinariesAreReproducible(t *testing.T) {
	host := runtime.GOOS + "/" + runtime.GOARCH
	if !slices.Contains(platforms, host) {
		host = "linux/amd64"
	}
	r := release{Version: "v1.2.3", Package: "./cmd"}
	var built []string
	for _, name := range []string{"one", "two"} {
		folder := filepath.Join(t.TempDir(), name)
		write(t, filepath.Join(folder, "go.mod"), "module example.test/small\n\ngo 1.26\n")
		write(t, filepath.Join(folder, "cmd", "main.go"), "package main\n\nfunc main() { panic(\"a path is in its trace\") }\n")
		binary, err := r.build(folder, host, filepath.Join(folder, "out"))
		if err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(binary)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), folder) {
			t.Errorf("the folder %s stands in the binary", folder)
		}
		built = append(built, binary)
	}
	if _, err := same(built[0], built[1]); err != nil {
		t.Error(err)
	}
	write(t, built[1], "changed")
	if _, err := same(built[0], built[1]); err == nil {
		t.Error("a difference goes unseen")
	}
}

// TestVersionIsStamped pins the variables that the linker sets: it is silent about
// one that isn't there.
func TestVersionIsStamped(t *testing.T) {
	flags := strings.Join(release{Version: "v1.2.3", Package: "."}.arguments("out"), " ")
	for variable, file := range map[string]string{
		releaseVariable: filepath.Join(root, "module", "version.go"),
		caddyVariable:   filepath.Join(folderOf(t, "github.com/caddyserver/caddy/v2"), "caddy.go"),
	} {
		if !strings.Contains(flags, "-X "+variable+"=v1.2.3") {
			t.Errorf("%s isn't set: %s", variable, flags)
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		name := variable[strings.LastIndex(variable, ".")+1:]
		if !regexp.MustCompile(`(?m)^var ` + name + ` string$`).Match(raw) {
			t.Errorf("%s declares no variable %s", file, name)
		}
	}
}

func folderOf(t *testing.T, path string) string {
	t.Helper()
	list, err := folders(root, []module{{Path: path}})
	if err != nil {
		t.Fatal(err)
	}
	return list[1]
}

// TestEveryLicenceIsKnown reads the licences of all that is linked into the server.
func TestEveryLicenceIsKnown(t *testing.T) {
	command := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}{{end}}{{end}}", "./cmd/consentgate")
	command.Dir = root
	raw, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	var modules []module
	for _, line := range strings.Split(strings.TrimSpace(string(raw)), "\n") {
		if path, version, ok := strings.Cut(line, " "); ok {
			modules = append(modules, module{Path: path, Version: version})
		}
	}
	text, err := licences(root, modules)
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{
		`(?m)^Go 1\S+ +BSD-3-Clause$`,
		`(?m)^github.com/caddyserver/caddy/v2 v\S+ +Apache-2.0$`,
		`(?m)^modernc.org/sqlite v\S+ +BSD-3-Clause`,
		`(?m)^github.com/spf13/pflag v\S+ +BSD-3-Clause$`,
		`(?m)^go.uber.org/zap v\S+ +MIT$`,
		`Copyright \(c\) 2012 Alex Ogier`, // of pflag, which wants it to be repeated
	} {
		if !regexp.MustCompile(pattern).Match(text) {
			t.Errorf("%s isn't in the list", pattern)
		}
	}
	if _, err := licences(root, []module{{Path: "github.com/mamen-ai/nothing", Version: "v1.0.0"}}); err == nil {
		t.Error("a module without a licence passes")
	}
}

// TestBillOfMaterials pins the names by which scanners find what is known to be
// broken.
func TestBillOfMaterials(t *testing.T) {
	info := &debug.BuildInfo{Deps: []*debug.Module{
		{Path: "example.test/b", Version: "v2.0.0+incompatible", Sum: "h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="},
		{Path: "example.test/a", Version: "v1.0.0", Replace: &debug.Module{Path: "example.test/fork", Version: "v1.0.1"}},
	}}
	document, err := billOfMaterials(release{Version: "v1.2.3"}, "consentgate-v1.2.3-linux-amd64", "00ff", "go1.26.8", modulesOf(info))
	if err != nil {
		t.Fatal(err)
	}
	var b bill
	if err := json.Unmarshal(document, &b); err != nil {
		t.Fatal(err)
	}
	if b.BOMFormat != "CycloneDX" || b.Metadata.Component.URL != "pkg:golang/github.com/mamen-ai/consentgate@v1.2.3" || b.Metadata.Component.Hashes[0].Content != "00ff" {
		t.Errorf("%+v", b.Metadata)
	}
	var urls []string
	for _, c := range b.Components {
		urls = append(urls, c.URL)
	}
	wanted := []string{"pkg:golang/std@1.26.8", "pkg:golang/example.test/b@v2.0.0%2Bincompatible", "pkg:golang/example.test/fork@v1.0.1"}
	if !slices.Equal(urls, wanted) || !slices.Equal(b.Dependencies[0].DependsOn, wanted) {
		t.Errorf("components %q, dependencies %+v", urls, b.Dependencies)
	}
	const empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" // SHA-256 of nothing
	if got := b.Components[1].Hashes[0].Content; got != empty {
		t.Errorf("hash %s", got)
	}
	again, err := billOfMaterials(release{Version: "v1.2.3"}, "consentgate-v1.2.3-linux-amd64", "00ff", "go1.26.8", modulesOf(info))
	if err != nil || string(again) != string(document) {
		t.Error("the document isn't the same twice", err)
	}
}

// TestWrongVersionsAndPlatformsAreRefused pins that nothing strange gets to the
// linker or into a path.
func TestWrongVersionsAndPlatformsAreRefused(t *testing.T) {
	for _, version := range []string{"", "v1 -X a.b=c", "../v1", "v1/2", "-v"} {
		if checkVersion(version) == nil {
			t.Errorf("%q passes", version)
		}
	}
	for _, version := range []string{"v1.2.3", "v1.2.3-rc.1+x", "b4b2dec-dirty"} {
		if err := checkVersion(version); err != nil {
			t.Error(err)
		}
	}
	if _, err := (release{Version: "v1", Package: "."}).build(".", "plan9/mips", t.TempDir()); err == nil {
		t.Error("an unknown platform passes")
	}
}

// TestSumsAreOfEveryFile has sha256sum's format: two spaces, and names without a
// folder.
func TestSumsAreOfEveryFile(t *testing.T) {
	folder := t.TempDir()
	write(t, filepath.Join(folder, "b"), "")
	write(t, filepath.Join(folder, "a"), "a")
	if err := writeSums(folder); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(folder, "SHA256SUMS"))
	if err != nil {
		t.Fatal(err)
	}
	const wanted = "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb  a\n" +
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  b\n"
	if string(raw) != wanted {
		t.Errorf("got %s", raw)
	}
}
