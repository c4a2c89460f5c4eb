package module_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/caddyserver/caddy/v2"
	"github.com/caddyserver/caddy/v2/caddyconfig"
	_ "github.com/caddyserver/caddy/v2/modules/standard"

	_ "github.com/mamen-ai/consentgate/caddyfile"
)

// edge is a running Caddy with the consent gate in front of an origin that the
// test scripts. Caddy runs one configuration per process, so tests that start
// one aren't parallel.
type edge struct {
	t      *testing.T
	ip     string // where it listens
	port   string
	secure bool   // it speaks HTTPS, and HTTP/3
	admin  string // address of the admin API
	dir    string // holds the store, Caddy's storage and the log
	origin *origin
}

// origin is the site behind the edge.
type origin struct {
	*httptest.Server
	handler atomic.Pointer[http.HandlerFunc]
	last    atomic.Pointer[http.Request] // the request that arrived last
	served  atomic.Int64
}

func newOrigin(t *testing.T) *origin {
	o := new(origin)
	o.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		o.served.Add(1)
		o.last.Store(r.Clone(context.Background()))
		(*o.handler.Load())(w, r)
	}))
	t.Cleanup(o.Close)
	o.serve(func(w http.ResponseWriter, r *http.Request) { writePage(w, simplePage) })
	return o
}

// serve sets what the origin answers from now on.
func (o *origin) serve(handler http.HandlerFunc) { o.handler.Store(&handler) }

const simplePage = "<!doctype html><html lang=en><head><title>x</title></head><body><p>text</p></body></html>"

func writePage(w http.ResponseWriter, page string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	io.WriteString(w, page)
}

// options make the Caddyfile of an edge. The zero value is the directive alone.
type options struct {
	app    string // lines of the global option's block
	gate   string // lines of the directive's block
	site   string // the site block's directives; default: the gate and the proxy
	sites  string // further site blocks
	scheme string // default: http
	host   string // default: every host
	secure bool   // https://shop.test, over HTTP/3 too

	prepare func(*edge) // before the configuration is loaded
}

// What a test writes into a site block of its own.
const (
	directive = "{gate}"  // the gate with its options
	proxy     = "{proxy}" // the origin
	port      = "{port}"  // the edge's port
	ip        = "{ip}"    // the edge's address
)

// start runs an edge until the test ends.
func start(t *testing.T, o options) *edge {
	t.Helper()
	e := newEdge(t)
	e.dir, e.origin = t.TempDir(), newOrigin(t)
	t.Cleanup(func() {
		if err := caddy.Stop(); err != nil {
			t.Error(err)
		}
	})
	if o.prepare != nil {
		o.prepare(e)
	}
	if err := e.load(o); err != nil {
		t.Fatal(err)
	}
	return e
}

// newEdge returns an edge that has its addresses and doesn't run.
func newEdge(t *testing.T) *edge {
	t.Helper()
	e := &edge{t: t, ip: loopback()}
	e.port = freePort(t, e.ip)
	e.admin = net.JoinHostPort(e.ip, freePort(t, e.ip))
	return e
}

// load runs a configuration, or goes on with the one before when it fails.
func (e *edge) load(o options) error {
	e.t.Helper()
	raw := e.adapt(o)
	return e.reload(raw)
}

func (e *edge) adapt(o options) []byte {
	e.t.Helper()
	if o.site == "" {
		o.site = directive + "\n" + proxy
	}
	protocols := "h1 h2 h2c"
	if e.secure = o.secure; o.secure {
		o.scheme, o.host, protocols = "https", "shop.test", "h1 h2 h3"
		o.site = "tls " + certificate(e.t, o.host) + "\n" + o.site
	}
	if o.scheme == "" {
		o.scheme = "http"
	}
	if !strings.Contains(o.app, "storage ") {
		o.app += "\nstorage sqlite " + e.store()
	}
	source := fmt.Sprintf(`{
	admin %[1]s {
		origins %[1]s
	}
	persist_config off
	auto_https off
	storage file_system %[2]s
	log default {
		output file %[3]s {
			roll_disabled
		}
		format json
		level INFO
	}
	servers {
		protocols %[11]s
		trusted_proxies static 127.0.0.0/8
	}
	grace_period 3s
	consent {
		%[4]s
	}
}
%[5]s://%[6]s:%[7]s {
	bind %[8]s
	%[9]s
}
%[10]s
`, e.admin, filepath.Join(e.dir, "caddy"), e.log(), o.app, o.scheme, o.host, e.port, e.ip, o.site, o.sites, protocols)
	source = strings.NewReplacer(
		directive, "consent_gate {\n"+o.gate+"\n}",
		proxy, "reverse_proxy "+e.origin.URL,
		port, e.port,
		ip, e.ip,
	).Replace(source)
	raw, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte(source), map[string]any{"filename": "Caddyfile"})
	if err != nil {
		e.t.Fatal(err)
	}
	return raw
}

func (e *edge) store() string { return filepath.Join(e.dir, "data") }
func (e *edge) log() string   { return filepath.Join(e.dir, "log.json") }

// logged returns what the server has written to its log.
func (e *edge) logged() string {
	e.t.Helper()
	raw, err := os.ReadFile(e.log())
	if err != nil {
		e.t.Fatal(err)
	}
	return string(raw)
}

// askAdmin asks the admin API and returns the body.
func (e *edge) askAdmin(method, path string) (int, string) {
	e.t.Helper()
	request, err := http.NewRequestWithContext(e.t.Context(), method, "http://"+e.admin+path, nil)
	if err != nil {
		e.t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		e.t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		e.t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// loopback returns an address that no other test process listens on: Caddy shares
// its ports, so two of them could answer for each other. Elsewhere than on Linux
// the machine has but one such address.
func loopback() string {
	if runtime.GOOS != "linux" {
		return "127.0.0.1"
	}
	pid := os.Getpid()
	return netip.AddrFrom4([4]byte{127, byte(1 + pid>>16), byte(pid >> 8), byte(pid)}).String()
}

// freePort returns a port of the address that nobody listens on now.
func freePort(t *testing.T, ip string) string {
	t.Helper()
	listener, err := net.Listen("tcp", net.JoinHostPort(ip, "0"))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return portOf(listener)
}

func portOf(listener net.Listener) string {
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	return port
}

// decode reads a JSON object.
func decode(t *testing.T, raw []byte) map[string]any {
	t.Helper()
	var v map[string]any
	decoder := json.NewDecoder(bytes.NewReader(raw))
	if err := decoder.Decode(&v); err != nil {
		t.Fatalf("%v in %q", err, raw)
	}
	return v
}
