package caddyfile

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	_ "github.com/caddyserver/caddy/v2/modules/standard"

	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/policy"
)

var fence = regexp.MustCompile("(?s)```caddyfile\n(.*?)```")

// TestEveryCaddyfileOfTheDocumentationIsTaken has each adapted and validated.
func TestEveryCaddyfileOfTheDocumentationIsTaken(t *testing.T) {
	t.Setenv("MATOMO_TOKEN", "0123456789abcdef0123456789abcdef")
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, page := range append(pages, "../README.md") {
		raw, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range fence.FindAllSubmatch(raw, -1) {
			found++
			if err := validate(match[1], page, t.TempDir()); err != nil {
				t.Errorf("%s: %v\n%s", page, err, match[1])
			}
		}
	}
	if found < 4 {
		t.Errorf("only %d Caddyfiles were found", found)
	}
}

// validate takes a Caddyfile as "consentgate validate" does. Its logs, and Caddy's
// storage, are in the folder.
func validate(text []byte, page, folder string) error {
	text = bytes.ReplaceAll(text, []byte("/var/log/"), []byte(folder+"/"))
	adapted, _, err := caddyconfig.GetAdapter("caddyfile").Adapt(text, map[string]any{"filename": page})
	if err != nil {
		return err
	}
	var config caddy.Config
	if err := json.Unmarshal(adapted, &config); err != nil {
		return err
	}
	if config.StorageRaw, err = json.Marshal(map[string]string{"module": "file_system", "root": folder}); err != nil {
		return err
	}
	return caddy.Validate(&config)
}

var jsonFence = regexp.MustCompile("(?s)```json\n(.*?)```")

func TestTheDocumentedFilesAreRead(t *testing.T) {
	page, err := os.ReadFile("../docs/caddyfile.md")
	if err != nil {
		t.Fatal(err)
	}
	matches := jsonFence.FindAllSubmatch(page, -1)
	readers := []func(path string) error{
		func(path string) error { _, err := policy.ReadCalendar(path); return err },
		func(path string) error { _, err := catalogue.ReadFile(path); return err },
	}
	if len(matches) != len(readers)+1 { // the last are texts of the banner
		t.Fatalf("%d files were found, want %d", len(matches), len(readers)+1)
	}
	for i, read := range readers {
		path := filepath.Join(t.TempDir(), "own.json")
		if err := os.WriteFile(path, matches[i][1], 0o600); err != nil {
			t.Fatal(err)
		}
		if err := read(path); err != nil {
			t.Error(err)
		}
	}
}

func TestEveryOptionIsDocumented(t *testing.T) {
	page, err := os.ReadFile("../docs/caddyfile.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"app.go", "handler.go"} {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		options := regexp.MustCompile(`(?m)^\t\t"([a-z_]+)":`).FindAllSubmatch(source, -1)
		if len(options) < 10 {
			t.Fatalf("%s: only %d options were found", file, len(options))
		}
		for _, option := range options {
			if !strings.Contains(string(page), "`"+string(option[1])) && !strings.Contains(string(page), string(option[1])+" ") {
				t.Errorf("the option %s of %s isn't documented", option[1], file)
			}
		}
	}
}
