package leaks

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(func() int {
		if dir := os.Getenv(insideVariable); dir != "" {
			if err := furnish(dir); err != nil {
				fmt.Fprintln(os.Stderr, err)
				return 1
			}
			return m.Run()
		}
		dir, err := os.MkdirTemp("", "consentgate-leaks-")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		build := exec.Command("go", "build", "-race", "-o", filepath.Join(dir, "consentgate"), "../../cmd/consentgate")
		build.Stdout, build.Stderr = os.Stderr, os.Stderr
		if err := build.Run(); err != nil {
			fmt.Fprintln(os.Stderr, "building the server:", err)
			return 1
		}
		code, err := reexecute(dir)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		return code
	}())
}
