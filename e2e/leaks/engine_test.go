package leaks

import (
	"bytes"
	"os"
	"os/exec"
	"syscall"
	"testing"
)

// engine is a browser that can be led through a run.
type engine interface {
	// start opens the URL in a browser with a fresh profile. What it returns ends
	// the browser.
	start(t *testing.T, l *lab, url string) (end func())
	String() string
}

// launch runs a browser's program in a process group of its own, in which its
// helpers are too, so that all of them end together.
func launch(t *testing.T, program string, args ...string) (end func()) {
	t.Helper()
	path, err := exec.LookPath(program)
	if err != nil {
		t.Fatalf("%s is missing: \"make tools\" installs what tests need, \"make leaks\" all engines (%v)", program, err)
	}
	browser := exec.Command(path, args...)
	var output bytes.Buffer
	browser.Stdout, browser.Stderr = &output, &output
	browser.Env = append(os.Environ(), "HOME="+t.TempDir())
	browser.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := browser.Start(); err != nil {
		t.Fatal(err)
	}
	ended := false
	end = func() {
		if ended {
			return
		}
		ended = true
		syscall.Kill(-browser.Process.Pid, syscall.SIGKILL)
		browser.Wait() // killed, as it should be
		if t.Failed() {
			t.Logf("the browser's last words:\n%s", output.Bytes()[max(0, output.Len()-2000):])
		}
	}
	t.Cleanup(end)
	return end
}
