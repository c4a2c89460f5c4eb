package module_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/caddyserver/caddy/v2/caddyconfig"

	"github.com/mamen-ai/consentgate/module"
)

var update = flag.Bool("update", false, "write the golden files anew")

// someInventory has one of everything that is shown differently.
func someInventory() module.Inventory {
	first, last := time.Date(2026, 11, 1, 20, 0, 0, 0, time.UTC), time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)
	seen := func(inPages, reported, blocked int64, where string) module.Seen {
		return module.Seen{InPages: inPages, Reported: reported, Blocked: blocked, First: first, Last: last, Where: where}
	}
	return module.Inventory{
		At: last, Timezone: "Asia/Almaty", Named: []string{"zero_kz"},
		Unknown: []module.HostSeen{
			{Host: "cdn.example.com", Seen: seen(120, 3, 0, "shop.kz/shop")},
			{Host: "cdn-example.com", Seen: seen(2, 0, 2, "shop.kz/тауар/*")},
			{Host: "cdn.example-com", Seen: seen(1, 0, 0, "shop.kz/")},
			{Host: "1st.example.net", Seen: seen(1, 0, 0, "/by/address")},
			{Host: "intranet", Seen: seen(0, 7, 7, "")},
			{Host: strings.Repeat("long-", 9) + "name.example.org", Seen: seen(0, 1, 0, "shop.kz/")},
			{Host: "yandex.metrica", Seen: seen(0, 1, 0, "shop.kz/")},
		},
		Services: []module.ServiceSeen{
			{ID: "meta_pixel", Name: "Meta Pixel", Category: "marketing", Status: "never", Reason: "cross_border", Hosts: []string{"connect.facebook.net", "www.facebook.com"}, Seen: seen(40, 0, 40, "shop.kz/")},
			{ID: "hotjar", Name: "Hotjar", Category: "statistics", Status: "never", Reason: "not_in_use", Hosts: []string{"a.hotjar.com", "b.hotjar.com", "c.hotjar.com", "d.hotjar.com", "e.hotjar.com"}, Seen: seen(0, 3, 0, "shop.kz/")},
			{ID: "matomo", Name: "Matomo", Category: "statistics", Status: "blocked", Hosts: []string{}, Seen: seen(9, 4, 2, "shop.kz/")},
			{ID: "own_counter", Name: "Own", Category: "statistics", Status: "blocked", Own: true, Hosts: []string{"stat.shop.kz"}, Seen: seen(9, 0, 9, "shop.kz/")},
			{ID: "recaptcha", Name: "reCAPTCHA", Category: "necessary", Status: "allowed", Hosts: []string{"www.google.com"}, Seen: seen(1, 0, 0, "shop.kz/login")},
			{ID: "given_up", Name: "given_up", Hosts: []string{"old.example"}, Seen: seen(1, 0, 1, "shop.kz/")},
		},
		Necessary: []module.HostSeen{{Host: "cdn.shop.kz", Seen: seen(500, 0, 0, "shop.kz/")}},
		Cookies: []module.NameSeen{
			{Name: "session_*", Seen: seen(80, 70, 0, "shop.kz/login")},
			{Name: "_ga", Service: "ga4", Seen: seen(0, 9, 9, "shop.kz/")},
		},
		Collectors: []module.NameSeen{{Name: "/matomo.php", Service: "matomo", Seen: seen(0, 4, 2, "shop.kz/")}},
	}
}

// answering returns an edge whose admin API answers the inventory and nothing else.
func answering(t *testing.T, seen module.Inventory) *edge {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.URL.Path != "/consent/inventory" {
			t.Errorf("%s %s", r.Method, r.URL)
		}
		json.NewEncoder(w).Encode(seen)
	}))
	t.Cleanup(server.Close)
	return &edge{t: t, admin: server.Listener.Addr().String()}
}

// TestInventoryCommand holds, in testdata, what the command prints.
func TestInventoryCommand(t *testing.T) {
	for name, seen := range map[string]module.Inventory{"full": someInventory(), "empty": {Timezone: "Asia/Almaty"}} {
		e := answering(t, seen)
		for kind, args := range map[string][]string{"table": {"inventory"}, "caddyfile": {"inventory", "--caddyfile"}} {
			t.Run(name+" "+kind, func(t *testing.T) {
				got := e.wantCommand(0, args)
				golden := filepath.Join("testdata", "inventory_"+name+"."+kind)
				if *update {
					if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if got != string(want) {
					t.Errorf("got:\n%s\nwant:\n%s", got, want)
				}
			})
		}
		var decoded module.Inventory
		if err := json.Unmarshal([]byte(e.wantCommand(0, []string{"inventory", "--json"})), &decoded); err != nil || len(decoded.Unknown) != len(seen.Unknown) {
			t.Errorf("--json: %v, %+v", err, decoded)
		}
	}
}

// gateWith adapts a site with the lines inside consent_gate.
func gateWith(lines string) error {
	_, _, err := caddyconfig.GetAdapter("caddyfile").Adapt([]byte("shop.kz {\nconsent_gate {\n"+lines+"\n}\n}\n"), map[string]any{"filename": "Caddyfile"})
	return err
}

// TestPrintedOptionsArePastable pins that the printed options are valid as they
// are, with "unknown block", and with any of the decisions that are commented out.
func TestPrintedOptionsArePastable(t *testing.T) {
	lines := answering(t, someInventory()).wantCommand(0, []string{"inventory", "--caddyfile"})
	commented := regexp.MustCompile(`(?m)^# (service|necessary|unknown|\t|})`)
	everything := commented.ReplaceAllString(lines, "$1")
	for name, pasted := range map[string]string{
		"as printed":           lines,
		"enforced":             lines + "unknown block\n",
		"everything decided":   everything,
		"only what is decided": strings.Join(regexp.MustCompile(`(?m)^(service|necessary) .*[^{]$`).FindAllString(everything, -1), "\n"),
	} {
		if err := gateWith(pasted); err != nil {
			t.Errorf("%s: %v\n%s", name, err, pasted)
		}
	}
	if n := strings.Count(everything, "category functional"); n != 6 || strings.Count(everything, "\nnecessary ") != 7 {
		t.Errorf("%d services are suggested:\n%s", n, everything)
	}
}

// TestFromLearningToBlocking pins the way of the documentation: what the command
// prints, pasted beside "unknown block", leaves a site that works and nothing
// unknown.
func TestFromLearningToBlocking(t *testing.T) {
	e := start(t, options{})
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) { writePage(w, foreignPage) })
	e.visit(t).get("/")
	e.wantCommand(0, []string{"inventory"}, "cdn.example.com", "yandex_metrica", "--caddyfile")
	lines := e.wantCommand(0, []string{"inventory", "--caddyfile"}, "\nservice matomo yandex_metrica\n", "\n# necessary cdn.example.com   # seen 2 times since ")
	decided := strings.NewReplacer("# necessary", "necessary", "# unknown block", "unknown block").Replace(lines)
	if err := e.load(options{gate: decided}); err != nil {
		t.Fatal(err)
	}
	a := e.reached(t).get("/")
	for range 200 { // the configuration before may still answer while it stops
		if a.Header.Get("Content-Security-Policy") != "" {
			break
		}
		a = e.reached(t).get("/")
	}
	a.want(t, 200, `src="https://cdn.example.com/a.png?id=secret"`, `data-privacy-src="https://mc.yandex.ru/metrika/tag.js"`)
	if policy := a.Header.Get("Content-Security-Policy"); !strings.Contains(policy, " cdn.example.com") {
		t.Errorf("policy %q", policy)
	}
	e.wantUnknown()
	e.wantCommand(0, []string{"inventory"}, "no unknown third parties", "NECESSARY HOST")
	e.wantCommand(0, []string{"inventory", "--caddyfile"}, "\nservice matomo yandex_metrica\n")
	if out := e.wantCommand(0, []string{"status"}); strings.Contains(out, "unknown ") {
		t.Errorf("status: %s", out)
	}
}

// TestHostileNamesStayInTheirComment pins that nothing a report says can become an
// option.
func TestHostileNamesStayInTheirComment(t *testing.T) {
	e := start(t, options{})
	for i, page := range []string{"/a\nunknown block", "/a%0Aunknown%20block%0A#", "/{$HOME}", "/}\n}", "/\x1b[31m", "/`\\\"<<EOF"} {
		body, err := json.Marshal(map[string]any{"csp-report": map[string]string{
			"blocked-uri": fmt.Sprintf("https://h%d.example/", i), "document-uri": "http://shop.test" + page,
		}})
		if err != nil {
			t.Fatal(err)
		}
		e.report("application/csp-report", string(body))
	}
	for _, host := range []string{"a\nnecessary evil.example", "{$HOME}.example", "a b", "-{.example", `a"b.example`} {
		body, err := json.Marshal(map[string]any{"csp-report": map[string]string{"blocked-uri": "https://" + host + "/", "document-uri": "http://shop.test/"}})
		if err != nil {
			t.Fatal(err)
		}
		e.report("application/csp-report", string(body))
	}
	lines := e.wantCommand(0, []string{"inventory", "--caddyfile"}, "h5.example")
	for line := range strings.Lines(lines) {
		if line != "\n" && !strings.HasPrefix(line, "#") || strings.ContainsAny(strings.TrimSuffix(line, "\n"), "\x1b\r$`") {
			t.Errorf("printed %q", line)
		}
	}
	if err := gateWith(lines); err != nil {
		t.Errorf("%v:\n%s", err, lines)
	}
}
