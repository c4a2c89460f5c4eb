// Package e2e tries consentgate from outside: the built binary with the example
// configuration, a browser, and Prometheus. Each test is a promise that a
// visitor, an operator or an auditor can see kept.
//
// What a single package or a single HTTP exchange can show is tested there, not
// here.
package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/mamen-ai/consentgate/e2e/build"
)

// program is the server under test, built with the race detector.
var program string

// programVariable names it to a test that runs again in a process of its own.
const programVariable = "CONSENTGATE_E2E_PROGRAM"

func TestMain(m *testing.M) {
	os.Exit(func() int {
		// With the race detector each process waits a second before it ends.
		os.Setenv("GORACE", "atexit_sleep_ms=50")
		if program = os.Getenv(programVariable); program != "" {
			return m.Run()
		}
		dir, err := os.MkdirTemp("", "consentgate-e2e-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		program = filepath.Join(dir, "consentgate")
		if err := build.Server(program); err != nil {
			fmt.Fprintln(os.Stderr, "building the server:", err)
			return 1
		}
		return m.Run()
	}())
}

// tool returns the path of a program that the tests need beside Go.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil { // Debian installs servers where only the PATH of root leads
		path, err = exec.LookPath(filepath.Join("/usr/sbin", name))
	}
	if err != nil {
		t.Fatalf("%s is missing: \"make tools\" installs it (%v)", name, err)
	}
	return path
}
