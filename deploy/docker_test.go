package deploy

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2/caddyconfig"
)

const (
	dockerfile = "docker/Dockerfile"
	compose    = "docker/compose.yml"
)

// mounts are the files of the repository that the compose file puts into containers,
// by their places there.
func mounts(t *testing.T) map[string]string {
	t.Helper()
	list := map[string]string{}
	for _, match := range regexp.MustCompile(`(?m)^ +- (\.[^:]*):([^:]*):ro$`).FindAllStringSubmatch(read(t, compose), -1) {
		list[match[2]] = filepath.Join("docker", match[1])
	}
	if len(list) != 6 {
		t.Errorf("%d mounts were found: %v", len(list), list)
	}
	return list
}

// TestImageIsMadeOfWhatExists pins the sources and commands of the image, and that
// it runs without rights.
func TestImageIsMadeOfWhatExists(t *testing.T) {
	text := read(t, dockerfile)
	for _, match := range regexp.MustCompile(`(?m)^COPY ([^-.].*) \S+$`).FindAllStringSubmatch(text, -1) {
		for _, name := range strings.Fields(match[1]) {
			if _, err := os.Stat(filepath.Join("..", name)); err != nil {
				t.Error(err)
			}
		}
	}
	root := commands(t)
	for _, name := range []string{`HEALTHCHECK .*CMD `, `CMD `} {
		match := regexp.MustCompile(`(?m)^` + name + `(\[.*\])$`).FindStringSubmatch(text)
		if match == nil {
			t.Fatalf("the image has no %s", name)
		}
		var words []string
		if err := json.Unmarshal([]byte(match[1]), &words); err != nil {
			t.Fatal(err)
		}
		if words[0] = filepath.Base(words[0]); words[0] != "consentgate" {
			words = slices.Insert(words, 0, "consentgate")
		}
		if err := check(root, strings.Join(words, " ")); err != nil {
			t.Error(err)
		}
	}
	for _, flag := range regexp.MustCompile(`release (-version) \S+ (-platforms) \S+ (-out) `).FindStringSubmatch(text)[1:] {
		if !strings.Contains(read(t, "release/main.go"), `("`+flag[1:]+`"`) {
			t.Errorf("deploy/release knows no %s", flag)
		}
	}
	goVersion := find(t, "../go.mod", `(?m)^go (\d+\.\d+)`)[0]
	if !strings.Contains(text, "golang:"+goVersion+" ") {
		t.Errorf("the image isn't built by Go %s of go.mod", goVersion)
	}
	if !strings.Contains(text, "\nUSER 65532:65532\n") || !strings.Contains(text, "\nVOLUME /data\n") {
		t.Error("the image runs as root, or has no volume")
	}
}

// TestComposeMountsWhatExists pins the files that go into containers, and what holds
// the edge's own.
func TestComposeMountsWhatExists(t *testing.T) {
	for inside, file := range mounts(t) {
		if info, err := os.Stat(file); err != nil || info.IsDir() {
			t.Errorf("%s isn't a file for %s: Docker would make a folder of it", file, inside)
		}
	}
	text := read(t, compose)
	for _, line := range []string{"read_only: true", "cap_drop: [ALL]", "security_opt: [no-new-privileges]", "- data:/data", "dockerfile: deploy/" + dockerfile} {
		if !strings.Contains(text, line) {
			t.Errorf("the edge's container lacks %q", line)
		}
	}
	provider := read(t, "grafana/provisioning/dashboards/consentgate.yml")
	folder := regexp.MustCompile(`path: (\S+)`).FindStringSubmatch(provider)[1]
	if _, ok := mounts(t)[folder+"/consentgate.json"]; !ok {
		t.Errorf("no dashboard lies in %s, where Grafana looks for them", folder)
	}
}

// TestPrometheusOfComposeReadsItsFiles has promtool check them at the places where
// the container has them, and pins that the edge serves what is scraped.
func TestPrometheusOfComposeReadsItsFiles(t *testing.T) {
	place := t.TempDir()
	for inside, file := range mounts(t) {
		if name, ok := strings.CutPrefix(inside, "/etc/prometheus/"); ok {
			if err := os.WriteFile(filepath.Join(place, name), []byte(read(t, file)), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	out, err := exec.CommandContext(t.Context(), "promtool", "check", "config", filepath.Join(place, "prometheus.yml")).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "rule files found") {
		t.Errorf("promtool: %v (make tools installs it)\n%s", err, out)
	}
	port := find(t, "docker/prometheus.yml", `targets: \[consentgate:(\d+)\]`)[0]
	if !strings.Contains(read(t, "docker/Caddyfile"), "http://:"+port+" {\n\tmetrics /metrics\n") {
		t.Errorf("the edge serves no metrics on port %s", port)
	}
	if strings.Contains(read(t, compose), port) {
		t.Errorf("port %s is published", port)
	}
}

// TestCaddyfileOfTheImageIsTaken adapts it with nothing set, and as the compose file
// sets it.
func TestCaddyfileOfTheImageIsTaken(t *testing.T) {
	for _, site := range []string{"", "example.kz, www.example.kz"} {
		if site != "" {
			t.Setenv("SITE", site)
			t.Setenv("UPSTREAM", "http://app:3000")
		}
		_, warnings, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(read(t, "docker/Caddyfile")), map[string]any{"filename": "Caddyfile"})
		if err != nil || len(warnings) > 0 {
			t.Errorf("%v %v", err, warnings)
		}
	}
	for _, name := range []string{"SITE", "UPSTREAM"} {
		if !strings.Contains(read(t, compose), "\n      "+name+": ${"+name+":-") || !strings.Contains(read(t, "docker/Caddyfile"), "{$"+name+":") {
			t.Errorf("%s doesn't get from the compose file to the Caddyfile", name)
		}
	}
}
