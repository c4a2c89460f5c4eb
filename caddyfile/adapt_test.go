package caddyfile_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	_ "github.com/caddyserver/caddy/v2/modules/standard"

	_ "github.com/mamen-ai/consentgate/caddyfile"
)

var update = flag.Bool("update", false, "write what is adapted into testdata")

// separator stands between a Caddyfile and what is expected of it.
const separator = "----------\n"

// adapt turns a Caddyfile into JSON, as "caddy adapt" does.
func adapt(source, file string) ([]byte, []caddyconfig.Warning, error) {
	return caddyconfig.GetAdapter("caddyfile").Adapt([]byte(source), map[string]any{"filename": file})
}

// TestAdaptGolden holds, in testdata, what each Caddyfile becomes: JSON, or the
// message by which it is refused.
func TestAdaptGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.caddyfiletest")
	if err != nil || len(files) == 0 {
		t.Fatalf("no golden files: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".caddyfiletest"), func(t *testing.T) {
			raw, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			source, want, _ := strings.Cut(string(raw), separator)
			got := adapted(t, source)
			if *update {
				if err := os.WriteFile(file, []byte(source+separator+got), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got != want {
				t.Errorf("got:\n%s\nwant:\n%s", got, want)
			}
		})
	}
}

func adapted(t *testing.T, source string) string {
	t.Helper()
	raw, warnings, err := adapt(source, "Caddyfile")
	if err != nil {
		return err.Error() + "\n"
	}
	for _, warning := range warnings {
		t.Errorf("warning: %v", warning)
	}
	var indented bytes.Buffer
	if err := json.Indent(&indented, raw, "", "\t"); err != nil {
		t.Fatal(err)
	}
	return indented.String() + "\n"
}

// TestGoldenFilesValidate provisions what the golden files hold: the parser may
// not let through what the modules refuse.
func TestGoldenFilesValidate(t *testing.T) {
	files, err := filepath.Glob("testdata/*.caddyfiletest")
	if err != nil {
		t.Fatal(err)
	}
	sources := make(map[string]string)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sources[file], _, _ = strings.Cut(string(raw), separator)
	}
	testdata, err := filepath.Abs("testdata")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("TESTDATA", testdata)
	t.Setenv("MATOMO_TOKEN", "f0e1d2c3")
	t.Setenv("POSTHOG_TOKEN", "phx_f0e1d2c3")
	t.Setenv("POSTHOG_URL", "https://posthog.example.kz")
	t.Chdir(t.TempDir())
	for file, source := range sources {
		raw, _, err := adapt(source, "Caddyfile")
		if err != nil {
			continue // its refusal is the golden file's
		}
		if err := validate(t, raw); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	wantEmpty(t, ".")
}

// TestExampleValidates adapts and provisions the Caddyfile that visitors of the
// repository start with, in a folder that must stay empty: "caddy validate"
// touches no database.
func TestExampleValidates(t *testing.T) {
	source, err := os.ReadFile("../Caddyfile.example")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	raw, _, err := adapt(string(source), "Caddyfile.example")
	if err != nil {
		t.Fatal(err)
	}
	if err := validate(t, raw); err != nil {
		t.Fatal(err)
	}
	wantEmpty(t, ".")
}

// validate does what "caddy validate" does, with logs and Caddy's own storage
// out of the way.
func validate(t *testing.T, raw []byte) error {
	t.Helper()
	var config caddy.Config
	if err := json.Unmarshal(raw, &config); err != nil {
		t.Fatal(err)
	}
	config.Logging = &caddy.Logging{Logs: map[string]*caddy.CustomLog{
		"default": {BaseLog: caddy.BaseLog{WriterRaw: json.RawMessage(`{"output":"discard"}`)}},
	}}
	return caddy.Validate(&config)
}

func wantEmpty(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, _ fs.DirEntry, err error) error {
		if path != dir {
			t.Errorf("validation made %s", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
