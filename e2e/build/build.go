// Package build builds the server that tests run as a program of its own.
package build

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// Flags returns the flags of everything that is built for tests, as TESTFLAGS in the
// Makefile has them: with the race detector, without the checks of pointers that come
// with it where SQLite's own code, which was C, takes two thirds of its time for them.
func Flags() []string { return []string{"-race", "-gcflags=modernc.org/...=-d=checkptr=0"} }

// Server builds the server for tests, as the executable file of that path.
func Server(path string) error {
	root, err := module()
	if err != nil {
		return err
	}
	build := exec.Command("go", slices.Concat([]string{"build"}, Flags(), []string{"-o", path, "./cmd/consentgate"})...)
	build.Dir, build.Stdout, build.Stderr = root, os.Stderr, os.Stderr
	return build.Run()
}

// module returns the module's folder.
func module() (string, error) {
	root, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}").Output()
	return strings.TrimSpace(string(root)), err
}

// Watch has the result of the test depend on every file of the module. Go keeps the
// results of tests, and looks only at what a test itself was built from or has opened:
// it would pass with a server that was built from other files.
func Watch(t testing.TB) {
	t.Helper()
	if err := watch(); err != nil {
		t.Fatal(err)
	}
}

var watch = sync.OnceValue(func() error {
	root, err := module()
	if err != nil {
		return err
	}
	made := map[string]bool{filepath.Join(root, "data"): true, filepath.Join(root, "dist"): true, filepath.Join(root, "consentgate"): true}
	return filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (made[path] || strings.HasPrefix(entry.Name(), ".")):
			return filepath.SkipDir
		case entry.Type().IsRegular() && !made[path]:
			_, err = os.Stat(path)
		}
		return err
	})
})
