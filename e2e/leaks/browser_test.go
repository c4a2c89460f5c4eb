package leaks

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// engine starts a browser that opens an address in a fresh profile.
type engine struct {
	name  string
	start func(t *testing.T, who *identity, address string) *exec.Cmd
}

// userAgent is that of a visitor: a headless Chromium's own is known as a bot's.
const userAgent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36"

var chromium = engine{"Chromium", func(t *testing.T, who *identity, address string) *exec.Cmd {
	flags := []string{
		"--headless=new", "--disable-gpu", "--disable-quic", "--no-first-run", "--no-default-browser-check",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-domain-reliability",
		// The driving page stands behind the others.
		"--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding",
		"--disable-popup-blocking", "--autoplay-policy=no-user-gesture-required",
		"--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider,DnsOverHttps",
		"--ignore-certificate-errors-spki-list=" + who.spki,
		"--user-agent=" + userAgent, "--lang=en", "--user-data-dir=" + t.TempDir(),
	}
	if os.Geteuid() == 0 {
		flags = append(flags, "--no-sandbox")
	}
	return exec.Command(tool(t, "chromium"), append(flags, address)...)
}}

// tool returns the path of a program that the laboratory needs beside Go.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%s is missing: \"make tools\" installs it (%v)", name, err)
	}
	return path
}

// runTime bounds one run over all pages.
const runTime = 4 * time.Minute

// drive has a browser open all pages and returns when the site says that they are
// done.
func (e engine) drive(t *testing.T, who *identity, o *origin, query string) {
	t.Helper()
	o.reset()
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	browser := e.start(t, who, "https://"+site+"/drive"+query)
	browser.Stdout, browser.Stderr = log, log
	// Its helpers end with it.
	browser.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := browser.Start(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-o.done:
	case <-time.After(runTime):
		t.Errorf("%s isn't done after %s; not tried: %v\n%s", e.name, runTime, o.missing(), tail(log.Name()))
	}
	syscall.Kill(-browser.Process.Pid, syscall.SIGKILL)
	browser.Wait() // it was killed
	if missing := o.missing(); len(missing) > 0 {
		t.Fatalf("%s: void, not all ways were tried: %v", e.name, missing)
	}
	fmt.Printf("%s%s: %d ways were tried\n", e.name, query, len(o.ways))
}
