package leaks

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/e2e/build"
)

// site is a host under which the pages can be visited.
type site struct{ host string }

var (
	ungated    = site{"ungated.test"} // the origin without an edge
	edgeBlock  = site{"block.test"}   // behind consentgate with unknown block
	edgeAllow  = site{"allow.test"}   // behind consentgate with unknown allow
	edgeStrict = site{"strict.test"}  // behind consentgate with unknown block and strict
)

// layersDomain is what the sites of the layers lie below; see layers_test.go.
const layersDomain = ".layers.test"

// originPort is where the edge finds the origin.
const originPort = "8080"

// edgeConfig gates the sites. What comes from abroad is denied whatever a
// visitor allows, so that no service of the catalogue could run.
const edgeConfig = `{
	admin off
	persist_config off
	auto_https off
	storage file_system {DIR}/caddy
	consent {
		storage sqlite {DIR}/data
		cross_border deny
	}
}
(edge) {
	bind ` + edgeAddress + `
	tls {DIR}/site.pem {DIR}/site.key
	consent_gate {
		unknown {args[0]}
		{block}
	}
	reverse_proxy ` + labAddress + ":" + originPort + `
}
https://block.test, https://*.layers.test {
	import edge block
}
https://allow.test {
	import edge allow
}
https://strict.test {
	import edge block {
		strict enforce
	}
}
`

// startEdge runs the real server until the test ends.
func startEdge(t *testing.T, dir, program string) {
	t.Helper()
	build.Watch(t)
	config := filepath.Join(dir, "Caddyfile")
	if err := os.WriteFile(config, []byte(strings.ReplaceAll(edgeConfig, "{DIR}", dir)), 0o600); err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	edge := exec.Command(program, "run", "--config", config)
	edge.Stdout, edge.Stderr = &log, &log
	edge.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME=", "XDG_DATA_HOME=")
	edge.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := edge.Start(); err != nil {
		t.Fatal(err)
	}
	exited := make(chan error, 1)
	go func() { exited <- edge.Wait() }()
	t.Cleanup(func() {
		edge.Process.Signal(syscall.SIGTERM)
		select {
		case err := <-exited:
			if err != nil || bytes.Contains(log.Bytes(), []byte("DATA RACE")) {
				t.Errorf("the edge ended with %v\n%s", err, log.Bytes())
			}
		case <-time.After(patience):
			edge.Process.Kill()
			t.Error("the edge doesn't end")
		}
	})
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	deadline := time.Now().Add(patience)
	for {
		response, err := client.Get("https://" + edgeBlock.host + "/.privacy/state")
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return
			}
			err = fmt.Errorf("it answers %s", response.Status)
		}
		select {
		case ended := <-exited:
			exited <- nil
			t.Fatalf("the edge ended: %v\n%s", ended, log.Bytes())
		case <-time.After(50 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			t.Fatalf("waited %s for the edge: %v", patience, err)
		}
	}
}
