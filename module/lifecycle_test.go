package module_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2"
	"go.uber.org/goleak"

	"github.com/mamen-ai/consentgate/internal/policy"
	"github.com/mamen-ai/consentgate/storage/sqlite"
)

// status asks the admin API what "consent status" shows.
func (e *edge) status() map[string]any {
	e.t.Helper()
	code, body := e.askAdmin(http.MethodGet, "/consent/status")
	if code != http.StatusOK {
		e.t.Fatalf("status %d: %s", code, body)
	}
	return decode(e.t, []byte(body))
}

// wantStore fails unless the store has one handle and so many given consents.
func (e *edge) wantStore(given int) {
	e.t.Helper()
	totals := e.status()["totals"].(map[string]any)
	if totals["database_handles"] != 1.0 {
		e.t.Errorf("%v database handles", totals["database_handles"])
	}
	if got, _ := totals["events"].(map[string]any)["given"].(float64); got != float64(given) {
		e.t.Errorf("%v consents were given, want %d", got, given)
	}
}

// TestTwoSitesShareOneStore pins one handle for all sites, which keep their
// choices apart.
func TestTwoSitesShareOneStore(t *testing.T) {
	e := start(t, options{host: "one.test", sites: "http://two.test:{port} {\nbind {ip}\nconsent_gate {\nlanguages kk\nunknown block\nservice matomo\n}\n{proxy}\n}"})
	one, two := e.visit(t), e.visit(t)
	one.host, two.host = "one.test", "two.test"
	one.choose("accept")
	two.get("/").want(t, 200, bannerMark, "lang=kk")
	two.choose("accept")
	e.wantStore(2)
}

// TestReloadsKeepStoreCountersAndChoices pins that a reload is seen by nobody.
func TestReloadsKeepStoreCountersAndChoices(t *testing.T) {
	o := options{}
	e := start(t, o)
	v := e.visit(t)
	for round := range 3 {
		e.visit(t).choose("accept")
		if round == 0 {
			v.choose("accept")
		}
		e.wantStore(round + 2)
		if got := e.metric("consentgate_choices_total"); got != float64(round+2) {
			t.Errorf("after %d reloads %v choices are counted, want %d", round, got, round+2)
		}
		o.gate = fmt.Sprintf("necessary cdn%d.example.com", round)
		if err := e.load(o); err != nil {
			t.Fatal(err)
		}
		if state := v.state(); state["state"] != "allowed" {
			t.Errorf("after reload %d the choice is %v", round+1, state["state"])
		}
	}
}

// TestFailedReloadKeepsTheRunningStore pins every stage at which a new
// configuration can fail: the one before goes on, with its store open.
func TestFailedReloadKeepsTheRunningStore(t *testing.T) {
	e := start(t, options{})
	e.visit(t).choose("accept")
	occupied, err := net.Listen("tcp", e.ip+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer occupied.Close()
	raw := string(e.adapt(options{}))
	edit := func(old, new string) []byte {
		edited := strings.Replace(raw, old, new, 1)
		if edited == raw {
			t.Fatalf("the configuration has no %s: %s", old, raw)
		}
		return []byte(edited)
	}
	const gate, app = `"handler":"consent_gate"`, `"consent":{`
	tests := map[string]struct {
		config []byte
		want   string
	}{
		"no JSON":                      {[]byte("{"), ""},
		"unknown option":               {edit(gate, gate+`,"block":true`), "block"},
		"app refuses a value":          {edit(app, app+`"ip":"hashed",`), "use masked or full"},
		"app refuses a window":         {edit(app, app+`"windows":{"visits":"25mo"},`), "14mo or 24mo"},
		"service refuses a window":     {edit(gate, gate+`,"services":[{"id":"matomo","window":"25mo"}]`), "14mo or 24mo"},
		"app refuses a kind":           {edit(app, app+`"windows":{"Bad-Kind":"14mo"},`), "lower-case"},
		"app refuses a country":        {edit(app, app+`"jurisdiction":"kz",`), "ISO 3166-1"},
		"app refuses months":           {edit(app, app+`"choice_months":13,`), "1 to 12"},
		"handler refuses a value":      {edit(gate, gate+`,"unknown":"deny"`), "use allow or block"},
		"handler refuses a service":    {edit(gate, gate+`,"services":[{"id":"nobody"}]`), "isn't in the catalogue"},
		"handler refuses a language":   {edit(gate, gate+`,"languages":["de"]`), "use some of ru, kk, en"},
		"handler refuses an accent":    {edit(gate, gate+`,"banner":{"accent":"blue"}`), "accent"},
		"handler refuses a host":       {edit(gate, gate+`,"necessary":["*"]`), "necessary host"},
		"store refuses another zone":   {edit(app, app+`"timezone":"Europe/Moscow",`), "stop the server to change it"},
		"address is taken":             {edit(":"+e.port+`"`, ":"+portOf(occupied)+`"`), "address already in use"},
		"another module fails to load": {edit(`"apps":{`, `"apps":{"nothing":{},`), "nothing"},
	}
	given := 1
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			err := e.reload(test.config)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
			v := e.visit(t)
			v.header.Set("X-Forwarded-For", fmt.Sprintf("203.0.113.%d", given))
			v.choose("accept")
			given++
			e.wantStore(given)
		})
	}
}

// TestFailedStartLeavesNothingBehind pins that a configuration of which one app can't
// start makes no store. Caddy starts apps in no order: the store is open in half of
// the rounds.
func TestFailedStartLeavesNothingBehind(t *testing.T) {
	e := start(t, options{})
	occupied, err := net.Listen("tcp", e.ip+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer occupied.Close()
	other := t.TempDir() + "/new/data"
	for range 12 {
		raw := e.adapt(options{app: "demo\nstorage sqlite " + other})
		err := e.reload(bytes.Replace(raw, []byte(":"+e.port+`"`), []byte(":"+portOf(occupied)+`"`), 1))
		if err == nil || !strings.Contains(err.Error(), "address already in use") {
			t.Fatalf("error %v", err)
		}
		if _, err := os.Stat(filepath.Dir(other)); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("%s is left behind: %v", other, err)
		}
	}
	e.visit(t).choose("accept")
	e.wantStore(1)
	if err := e.load(options{app: "demo\nstorage sqlite " + other}); err != nil {
		t.Fatal(err)
	}
	if err := caddy.Stop(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(other); err != nil {
		t.Errorf("the store of a server that ran: %v", err)
	}
}

// TestValidateTouchesNothing pins that "caddy validate" runs beside a live
// server, and before the first one, without a trace.
func TestValidateTouchesNothing(t *testing.T) {
	e := start(t, options{})
	e.visit(t).choose("accept")
	validate := func(o options) error {
		var config caddy.Config
		if err := json.Unmarshal(e.adapt(o), &config); err != nil {
			t.Fatal(err)
		}
		return caddy.Validate(&config)
	}
	other := t.TempDir() + "/data"
	for _, o := range []options{{}, {app: "storage sqlite " + other}, {app: "storage sqlite " + other + "\ndemo"}} {
		if err := validate(o); err != nil {
			t.Errorf("%q: %v", o.app, err)
		}
	}
	if _, err := os.Stat(other); !os.IsNotExist(err) {
		t.Errorf("validation made %s: %v", other, err)
	}
	e.visit(t).choose("accept")
	e.wantStore(2)
}

// TestPageOutlivesReload pins a page that is being written while the
// configuration is replaced: Caddy cleans up without waiting for it.
func TestPageOutlivesReload(t *testing.T) {
	e := start(t, options{})
	resume := make(chan struct{})
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		writePage(w, "<!doctype html><html><head></head><body>"+strings.Repeat("<p>text</p>", 500))
		http.NewResponseController(w).Flush()
		<-resume
		io.WriteString(w, `<img src="https://www.facebook.com/tr?id=1&ev=PageView"><p>end</p></body></html>`)
	})
	v := e.visit(t)
	v.choose("accept")
	response := v.open(v.request(http.MethodGet, "/", ""))
	readUntil(t, response.Body, "<p>text</p>")
	for range 2 {
		if err := e.load(options{gate: "languages en"}); err != nil {
			t.Fatal(err)
		}
	}
	close(resume)
	if rest := readUntil(t, response.Body, "</html>"); !strings.Contains(rest, blockedImage) {
		t.Errorf("the end of the page: %q", rest)
	}
	e.wantStore(1)
}

// TestConflictingWindowsAreRefused pins that two sites can't keep one kind of
// records for two periods.
func TestConflictingWindowsAreRefused(t *testing.T) {
	e := start(t, options{})
	err := e.load(options{
		gate:  "service matomo {\nwindow 24mo\n}",
		host:  "one.test",
		sites: "http://two.test:{port} {\nconsent_gate {\nservice matomo {\nwindow 14mo\n}\n}\n}",
	})
	if err == nil || !strings.Contains(err.Error(), "one window only") {
		t.Errorf("error %v", err)
	}
}

// TestStopLeavesNothingBehind pins that after the last configuration no goroutine
// runs and the store is free for another process.
func TestStopLeavesNothingBehind(t *testing.T) {
	e := start(t, options{}) // warms up what Caddy keeps for the life of the process
	if err := caddy.Stop(); err != nil {
		t.Fatal(err)
	}
	before := goleak.IgnoreCurrent()
	if err := e.load(options{}); err != nil {
		t.Fatal(err)
	}
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		writePage(w, "")
		whole := compress(t, "gzip", longPage)
		w.Write(whole[:len(whole)/2])
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
	v := e.visit(t)
	v.choose("accept")
	if response, err := v.client.Do(v.request(http.MethodGet, "/", "")); err == nil {
		io.Copy(io.Discard, response.Body) // a broken page, whose decoder must end too
		response.Body.Close()
	}
	if err := e.load(options{gate: "languages en"}); err != nil {
		t.Fatal(err)
	}
	if err := caddy.Stop(); err != nil {
		t.Fatal(err)
	}
	v.client.CloseIdleConnections()
	http.DefaultClient.CloseIdleConnections()
	e.origin.CloseClientConnections()
	err := goleak.Find(before,
		// Caddy's own, which outlive a stop: the admin server, and the renewal of a
		// lock that was given back, until it next looks.
		goleak.IgnoreAnyFunction("github.com/caddyserver/caddy/v2.replaceLocalAdminServer.func2"),
		goleak.IgnoreAnyFunction("github.com/caddyserver/certmagic.keepLockfileFresh"),
	)
	if err != nil {
		t.Error(err)
	}
	store, err := sqlite.Open(t.Context(), sqlite.Options{Dir: e.store(), Location: time.UTC, Window: func(string) policy.Window { return policy.Months14 }})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Error(err)
	}
}
