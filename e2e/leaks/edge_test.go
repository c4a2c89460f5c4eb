package leaks

import (
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for something that is sure to come.
const patience = 20 * time.Second

// originAddress is where the site answers behind the edge.
const originAddress = "127.0.0.1:8080"

// serveOrigin serves the site in the clear behind the edge until the test ends.
func serveOrigin(t *testing.T, o *origin) {
	t.Helper()
	serve(t, &http.Server{Addr: originAddress, Handler: o.mux}, nil)
}

// serveUngated serves the site as browsers reach it, without the edge, until the
// returned function is called.
func serveUngated(t *testing.T, o *origin, who *identity) (stop func()) {
	t.Helper()
	return serve(t, &http.Server{Addr: "127.0.0.1:443", Handler: o.mux}, who)
}

func serve(t *testing.T, server *http.Server, who *identity) (stop func()) {
	t.Helper()
	server.ErrorLog = log.New(io.Discard, "", 0)
	failed := make(chan error, 1)
	go func() {
		if who == nil {
			failed <- server.ListenAndServe()
			return
		}
		server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{who.certificate}}
		failed <- server.ListenAndServeTLS("", "")
	}()
	stop = func() {
		server.Close()
		if err := <-failed; err != http.ErrServerClosed {
			t.Errorf("%s: %v", server.Addr, err)
		}
		failed <- http.ErrServerClosed
	}
	t.Cleanup(stop)
	return stop
}

// caddyfile is the edge's configuration; options are lines of consent_gate.
const caddyfile = `{
	admin 127.0.0.1:2019
	storage file_system %[1]s/caddy
	persist_config off
	auto_https disable_redirects
	consent {
		storage sqlite %[1]s/data
	}
}
https://` + site + `:%[2]d {
	bind 127.0.0.1
	tls %[3]s %[4]s
	consent_gate {
		%[5]s
	}
	reverse_proxy ` + originAddress + `
}
`

// startEdge runs the built edge before the site until the returned function is
// called.
func startEdge(t *testing.T, who *identity, port int, options ...string) (stop func()) {
	t.Helper()
	dir := t.TempDir()
	config := filepath.Join(dir, "Caddyfile")
	text := fmt.Sprintf(caddyfile, dir, port, who.file, who.key, strings.Join(options, "\n\t\t"))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	output, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer output.Close()
	process := exec.Command(program, "run", "--config", config)
	process.Stdout, process.Stderr = output, output
	process.Env = append(os.Environ(), "HOME="+dir)
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() { exited <- process.Wait() }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		process.Process.Signal(syscall.SIGTERM)
		if err := <-exited; err != nil {
			t.Errorf("the edge ended: %v\n%s", err, tail(output.Name()))
		}
	}
	t.Cleanup(stop)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}
	for deadline := time.Now().Add(patience); ; time.Sleep(50 * time.Millisecond) {
		response, err := client.Get(fmt.Sprintf("https://%s:%d/.privacy/state", site, port))
		if err == nil {
			response.Body.Close()
			return stop
		}
		select {
		case err := <-exited:
			stopped = true
			t.Fatalf("the edge ended: %v\n%s", err, tail(output.Name()))
		default:
		}
		if time.Now().After(deadline) {
			t.Fatalf("the edge doesn't answer: %v\n%s", err, tail(output.Name()))
		}
	}
}

// tail returns the end of a log.
func tail(path string) string {
	raw, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return string(raw[max(0, len(raw)-3000):])
}
