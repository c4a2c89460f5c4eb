package leaks

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// program is the edge under test.
var program string

const programVariable = "CONSENTGATE_LEAKS_PROGRAM"

func TestMain(m *testing.M) {
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, "leaks:", err)
		code = 1
	}
	os.Exit(code)
}

// run builds the edge, starts this program again in a network of its own, and runs
// the tests there.
func run(m *testing.M) (int, error) {
	dir, err := os.MkdirTemp("", "consentgate-leaks-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	if os.Getenv(insideVariable) != "" {
		program = os.Getenv(programVariable)
		if err := furnish(dir); err != nil {
			return 0, err
		}
		return m.Run(), nil
	}
	built := filepath.Join(dir, "consentgate")
	build := exec.Command("go", "build", "-race", "-o", built, "../../cmd/consentgate")
	build.Stdout, build.Stderr = os.Stderr, os.Stderr
	if err := build.Run(); err != nil {
		return 0, fmt.Errorf("building the edge: %w", err)
	}
	return reenter(programVariable + "=" + built)
}
