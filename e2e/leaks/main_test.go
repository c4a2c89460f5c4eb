package leaks

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/mamen-ai/consentgate/e2e/build"
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
		if err := build.Server(filepath.Join(dir, "consentgate")); err != nil {
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
