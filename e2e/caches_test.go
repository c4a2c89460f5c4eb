package e2e

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// cacheServer is a cache as operators run it, before the edge or behind it.
type cacheServer struct {
	name  string
	start func(t *testing.T, config string, port int)
	// config is what the documentation tells to write, with the address that it
	// listens on and the one that it asks.
	config func(t *testing.T, port int, asks string) string
}

// documented returns the code of a language in docs/cdn.md, with its addresses changed.
func documented(t *testing.T, language string, changes ...string) string {
	t.Helper()
	page, err := os.ReadFile("../docs/cdn.md")
	if err != nil {
		t.Fatal(err)
	}
	matches := regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(matches) != 1 {
		t.Fatalf("docs/cdn.md has %d pieces of %s", len(matches), language)
	}
	code := matches[0][1]
	for i := 0; i < len(changes); i += 2 {
		if !strings.Contains(code, changes[i]) {
			t.Fatalf("the %s of docs/cdn.md has no %q any more", language, changes[i])
		}
		code = strings.ReplaceAll(code, changes[i], changes[i+1])
	}
	return code
}

var documentedNginx = cacheServer{"nginx", startNginx, func(t *testing.T, port int, asks string) string {
	return documented(t, "nginx", "listen 80;", fmt.Sprintf("listen 127.0.0.1:%d;", port), "127.0.0.1:8080", asks,
		"/var/cache/nginx/pages", filepath.Join(t.TempDir(), "pages"))
}}

// carelessNginx goes by Vary alone.
var carelessNginx = cacheServer{"nginx by Vary alone", startNginx, func(t *testing.T, port int, asks string) string {
	config := documentedNginx.config(t, port, asks)
	return regexp.MustCompile(`(?m)^.*(proxy_cache_bypass|proxy_no_cache).*\n`).ReplaceAllString(config, "")
}}

var documentedVarnish = cacheServer{"Varnish", startVarnish, func(t *testing.T, port int, asks string) string {
	host, asksPort, err := net.SplitHostPort(asks)
	if err != nil {
		t.Fatal(err)
	}
	return documented(t, "vcl", "127.0.0.1", host, "8080", asksPort)
}}

func startNginx(t *testing.T, config string, port int) {
	t.Helper()
	dir := t.TempDir()
	user := "" // a worker of another user couldn't write into the directory
	if os.Geteuid() == 0 {
		user = "user root root;"
	}
	text := fmt.Sprintf(`daemon off;
%[2]s
worker_processes 1;
pid %[1]s/pid;
events {}
http {
	access_log off;
	client_body_temp_path %[1]s/body;
	proxy_temp_path %[1]s/proxy;
	fastcgi_temp_path %[1]s/fastcgi;
	uwsgi_temp_path %[1]s/uwsgi;
	scgi_temp_path %[1]s/scgi;
	%[3]s
}
`, dir, user, config)
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	runCache(t, port, tool(t, "nginx"), "-p", dir, "-c", file, "-e", filepath.Join(dir, "error.log"))
}

func startVarnish(t *testing.T, config string, port int) {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "edge.vcl")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	runCache(t, port, tool(t, "varnishd"), "-F", "-j", "none", "-T", "none", "-n", filepath.Join(dir, "work"),
		"-s", "malloc,16m", "-a", fmt.Sprintf("127.0.0.1:%d", port), "-f", file)
}

// runCache runs a cache until the test ends.
func runCache(t *testing.T, port int, name string, args ...string) {
	t.Helper()
	var said strings.Builder
	process := exec.Command(name, args...)
	process.Stdout, process.Stderr = &said, &said
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() {
		process.Wait()
		close(exited)
	}()
	t.Cleanup(func() {
		process.Process.Signal(syscall.SIGTERM)
		select {
		case <-exited:
		case <-time.After(patience):
			process.Process.Kill()
			<-exited
		}
		if t.Failed() {
			t.Logf("%s said:\n%s", filepath.Base(name), said.String())
		}
	})
	eventually(t, filepath.Base(name)+" answers", func() error {
		select {
		case <-exited:
			t.Fatalf("%s ended: %s\n%s", name, process.ProcessState, said.String())
		default:
		}
		response, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/ready", port))
		if err != nil {
			return err
		}
		response.Body.Close()
		return nil
	})
}
