package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// platforms are those that a release has binaries for, as GOOS/GOARCH.
var platforms = []string{"linux/amd64", "linux/arm64", "darwin/arm64", "darwin/amd64", "windows/amd64"}

// Variables that the linker sets: what records and "consent status" name, and what
// "consentgate version" prints.
const (
	releaseVariable = "github.com/mamen-ai/consentgate/module.release"
	caddyVariable   = "github.com/caddyserver/caddy/v2.CustomVersion"
)

// release is what all binaries of one release have in common.
type release struct {
	Version string
	Package string // of the main function, from the root of the repository
}

// checkVersion refuses what the linker's flags or a file's name would take for
// something else.
func checkVersion(version string) error {
	if !regexp.MustCompile(`^[0-9A-Za-z][0-9A-Za-z.+-]*$`).MatchString(version) {
		return fmt.Errorf("%q is no version: name one by -version, such as v1.2.3", version)
	}
	return nil
}

// split returns GOOS and GOARCH of a platform of the list.
func split(platform string) (goos, goarch string, err error) {
	if !slices.Contains(platforms, platform) {
		return "", "", fmt.Errorf("%q isn't a platform of a release: %s", platform, strings.Join(platforms, ", "))
	}
	goos, goarch, _ = strings.Cut(platform, "/")
	return goos, goarch, nil
}

// fileName is that of the binary.
func (r release) fileName(goos, goarch string) string {
	name := fmt.Sprintf("consentgate-%s-%s-%s", r.Version, goos, goarch)
	if goos == "windows" {
		name += ".exe"
	}
	return name
}

// arguments are those of the go command. Nothing in a binary may depend on the
// machine, the folder or the state of Git (https://go.dev/blog/rebuild).
func (r release) arguments(out string) []string {
	return []string{"build", "-trimpath", "-buildvcs=false",
		"-ldflags", fmt.Sprintf("-s -w -X %s=%s -X %s=%s", releaseVariable, r.Version, caddyVariable, r.Version),
		"-o", out, r.Package}
}

// build builds the sources in a folder for a platform into a folder, and returns the
// binary's path.
func (r release) build(sources, platform, into string, environment ...string) (string, error) {
	goos, goarch, err := split(platform)
	if err != nil {
		return "", err
	}
	into, err = filepath.Abs(into)
	if err != nil {
		return "", err
	}
	out := filepath.Join(into, r.fileName(goos, goarch))
	command := exec.Command("go", r.arguments(out)...)
	command.Dir = sources
	command.Env = append(os.Environ(), "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED=0",
		// The defaults, whatever the machine's own settings are.
		"GOFLAGS=", "GOWORK=off", "GOEXPERIMENT=", "GOAMD64=v1", "GOARM64=v8.0")
	command.Env = append(command.Env, environment...)
	command.Stderr = os.Stderr
	if err := command.Run(); err != nil {
		return "", errors.Join(fmt.Errorf("building for %s", platform), err)
	}
	return out, nil
}
