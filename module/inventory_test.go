package module_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/caddyserver/caddy/v2"

	"github.com/mamen-ai/consentgate/module"
)

// inventory asks the admin API what the traffic showed.
func (e *edge) inventory() module.Inventory {
	e.t.Helper()
	code, body := e.askAdmin(http.MethodGet, "/consent/inventory")
	if code != http.StatusOK {
		e.t.Fatalf("status %d: %s", code, body)
	}
	var seen module.Inventory
	if err := json.Unmarshal([]byte(body), &seen); err != nil {
		e.t.Fatal(err)
	}
	return seen
}

// unknown returns the unknown third parties, each as "host: in pages, reported,
// blocked, where".
func (e *edge) unknown() []string {
	e.t.Helper()
	var list []string
	for _, h := range e.inventory().Unknown {
		list = append(list, fmt.Sprintf("%s: %d, %d, %d, %s", h.Host, h.InPages, h.Reported, h.Blocked, h.Where))
	}
	return list
}

// wantUnknown compares the unknown third parties.
func (e *edge) wantUnknown(want ...string) {
	e.t.Helper()
	if got := e.unknown(); fmt.Sprint(got) != fmt.Sprint(want) {
		e.t.Errorf("unknown:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// report posts what a browser reports.
func (e *edge) report(contentType, body string, header ...string) {
	e.t.Helper()
	a := e.visit(e.t).do(http.MethodPost, "/.privacy/report", body, append([]string{"Content-Type", contentType}, header...)...)
	if a.StatusCode != http.StatusNoContent {
		e.t.Errorf("%.60s: %s", body, a.Status)
	}
}

// reached returns a visitor with a connection to the edge. One that is opened while
// a reload closes the listening socket of before can be reset.
func (e *edge) reached(t *testing.T) *visitor {
	t.Helper()
	v := e.visit(t)
	var err error
	for range 20 {
		var response *http.Response
		if response, err = v.client.Do(v.request(http.MethodGet, "/.privacy/state", "")); err == nil {
			io.Copy(io.Discard, response.Body) // so that the connection is used again
			response.Body.Close()
			return v
		}
	}
	t.Fatal(err)
	return nil
}

// foreignPage shows an unknown third party twice, a known one and the site itself.
const foreignPage = `<!doctype html><html><head><script src="https://mc.yandex.ru/metrika/tag.js"></script>
<script>var _paq = window._paq || []; _paq.push(['setSiteId', '1']); u = "//shop.test/"; _paq.push(['setTrackerUrl', u+'matomo.php']);</script></head>
<body><img src="https://cdn.example.com/a.png?id=secret"><img srcset="//cdn.example.com/b.png 2x, /own.png"><img src="/own.png"></body></html>`

// TestInventoryOfTraffic pins what is remembered of pages, headers, cookies,
// requests and reports, and as what it is shown.
func TestInventoryOfTraffic(t *testing.T) {
	e := start(t, options{})
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		w.Header()["Set-Cookie"] = []string{"session_12345678=1", "_ga=GA1.2.secret; Path=/"}
		w.Header()["Link"] = []string{"<https://fonts.example.net/a.css>; rel=preload"}
		writePage(w, foreignPage)
	})
	e.visit(t).get("/shop/cart?user=secret", "Cookie", "_ym_uid=1; theme=dark")
	e.visit(t).get("/matomo.php?idsite=1&rec=1", "Sec-Fetch-Dest", "empty", "Referer", "http://shop.test:"+e.port+"/shop/list?q=secret")
	e.report("application/csp-report", `{"csp-report":{"blocked-uri":"https://late.example.org/x?secret=1","document-uri":"http://shop.test/order/123456?secret","disposition":"report"}}`)
	e.wantUnknown("cdn.example.com: 2, 0, 0, shop.test/shop/cart", "fonts.example.net: 1, 0, 0, shop.test/shop/cart", "late.example.org: 0, 1, 0, shop.test/order/*")
	seen := e.inventory()
	services := make(map[string]string)
	for _, s := range seen.Services {
		services[s.ID] = fmt.Sprintf("%s %s: %d, %d, %d %v", s.Category, s.Status, s.InPages, s.Reported, s.Blocked, s.Hosts)
	}
	if got, want := fmt.Sprint(services), fmt.Sprint(map[string]string{
		"ga4": "statistics never: 1, 0, 1 []", "yandex_metrica": "statistics never: 1, 0, 1 [mc.yandex.ru]", "matomo": "statistics blocked: 1, 1, 2 []",
	}); got != want {
		t.Errorf("services %s, want %s", got, want)
	}
	var cookies []string
	for _, c := range seen.Cookies {
		cookies = append(cookies, fmt.Sprintf("%s %s: %d, %d, %d", c.Name, c.Service, c.InPages, c.Reported, c.Blocked))
	}
	if got, want := fmt.Sprint(cookies), "[session_* : 1, 0, 0 theme : 0, 1, 0 _ga ga4: 1, 0, 1 _ym_uid yandex_metrica: 0, 1, 1]"; got != want {
		t.Errorf("cookies %s, want %s", got, want)
	}
	if c := seen.Collectors; len(c) != 1 || c[0].Name != "/matomo.php" || c[0].Service != "matomo" || c[0].Blocked != 1 || c[0].Where != "shop.test/shop/list" {
		t.Errorf("collectors %+v", c)
	}
	for metric, want := range map[string]float64{
		`consentgate_unknown_third_parties{source="page"}`: 2, `consentgate_unknown_third_parties{source="report"}`: 1,
	} {
		if got := e.metric(metric); got != want {
			t.Errorf("%s %v, want %v", metric, got, want)
		}
	}
	if n := e.status()["unknown_third_parties"]; n != 3.0 {
		t.Errorf("status: %v unknown third parties, want 3", n)
	}
	e.wantCommand(0, []string{"status"}, "3 third parties in 30 days", "no problems")
}

// TestInventoryOfReports pins the three forms of a report, what is read of each,
// and what isn't taken.
func TestInventoryOfReports(t *testing.T) {
	e := start(t, options{})
	violations := func(n int, form string) string {
		list := make([]string, n)
		for i := range list {
			list[i] = fmt.Sprintf(form, i)
		}
		return "[" + strings.Join(list, ",") + "]"
	}
	const one = `{"type":"csp-violation","url":"http://shop.test/a","body":{"blockedURL":"https://third.example/%d","documentURL":"http://shop.test/a","disposition":"enforce"}}`
	e.report("application/reports+json", violations(70, one))
	e.report("application/reports+json", `[{"type":"deprecation","body":{"blockedURL":"https://never.example/"}},{"type":"csp-violation","body":{"blockedURL":"inline"}},{"type":"csp-violation"}]`)
	e.report("application/csp-report", `{"csp-report":{"blocked-uri":"https://elsewhere.example/x","document-uri":"https://evil.test/secret","disposition":"report"}}`)
	e.report("application/csp-report", `{"csp-report":{"blocked-uri":"https://203-0-113-7.home.example/x","document-uri":"http://shop.test/"}}`)
	e.report("application/csp-report", `{"csp-report":{"blocked-uri":"http://www.shop.test/x","document-uri":"http://shop.test/"}}`)
	e.report("text/plain", `{"guard":{"https://guarded.example/t.js":5,"https://mc.yandex.ru/metrika/tag.js":2,"https://bulk.example/":99999,"https://cdn.shop.test/lib.js":1,"/own.js":3,"data:x/":3,"https://minus.example/":-1}}`,
		"Referer", "http://shop.test:"+e.port+"/shop?q=secret")
	var keys []string
	for i := range 100 {
		keys = append(keys, fmt.Sprintf(`"https://many.example/%d":1`, i))
	}
	e.report("text/plain", `{"guard":{`+strings.Join(keys, ",")+`}}`)
	e.wantUnknown("bulk.example: 0, 1000, 1000, shop.test/shop", "many.example: 0, 64, 64, ", "third.example: 0, 64, 64, shop.test/a",
		"guarded.example: 0, 5, 5, shop.test/shop", "cdn.shop.test: 0, 1, 1, shop.test/shop", "elsewhere.example: 0, 1, 0, ",
		"www.shop.test: 0, 1, 0, shop.test/")
	for metric, want := range map[string]float64{
		`consentgate_blocked_total{layer="guard",service="unknown"}`:        1070,
		`consentgate_blocked_total{layer="guard",service="yandex_metrica"}`: 2,
		`consentgate_blocked_total{layer="csp",service="unknown"}`:          64,
		`consentgate_unknown_reported_total`:                                3,
	} {
		if got := e.metric(metric); got != want {
			t.Errorf("%s %v, want %v", metric, got, want)
		}
	}
}

// TestForgedReportsPushNothingOut pins that a flood of random hosts leaves what
// pages show, and little of itself.
func TestForgedReportsPushNothingOut(t *testing.T) {
	e := start(t, options{})
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) { writePage(w, foreignPage) })
	e.visit(t).get("/")
	for round := range 20 {
		list := make([]string, 60)
		for i := range list {
			list[i] = fmt.Sprintf(`{"type":"csp-violation","body":{"blockedURL":"https://h%d-%d.example/","documentURL":"http://shop.test/x"}}`, round, i)
		}
		e.report("application/reports+json", "["+strings.Join(list, ",")+"]")
	}
	seen := e.unknown()
	if seen[0] != "cdn.example.com: 2, 0, 0, shop.test/" || len(seen) != 1+256 {
		t.Errorf("%d unknown third parties, the first %q", len(seen), seen[0])
	}
}

// TestInventorySurvives pins that counts add up over reloads and restarts.
func TestInventorySurvives(t *testing.T) {
	e := start(t, options{})
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) { writePage(w, foreignPage) })
	for round := range 3 {
		e.visit(t).get(fmt.Sprintf("/round/%d", round))
		e.wantUnknown(fmt.Sprintf("cdn.example.com: %d, 0, 0, shop.test/round/0", 2*(2*round+1)))
		if err := e.load(options{gate: fmt.Sprintf("necessary cdn%d.example.com", round)}); err != nil {
			t.Fatal(err)
		}
		e.reached(t).get("/reloaded")
		e.wantUnknown(fmt.Sprintf("cdn.example.com: %d, 0, 0, shop.test/round/0", 4*(round+1)))
		if err := caddy.Stop(); err != nil {
			t.Fatal(err)
		}
		if err := e.load(options{}); err != nil {
			t.Fatal(err)
		}
	}
	e.wantUnknown("cdn.example.com: 12, 0, 0, shop.test/round/0")
}

// TestInventoryForgets pins that what wasn't seen for 13 months goes.
func TestInventoryForgets(t *testing.T) {
	e := start(t, options{})
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) { writePage(w, foreignPage) })
	e.visit(t).get("/")
	if err := caddy.Stop(); err != nil {
		t.Fatal(err)
	}
	e.execute("UPDATE inventory SET last_at = last_at - 40 * 86400000 WHERE kind = 'host'")
	if err := e.load(options{}); err != nil {
		t.Fatal(err)
	}
	e.wantUnknown("cdn.example.com: 2, 0, 0, shop.test/")
	if got := e.metric("consentgate_unknown_third_parties"); got != 0 {
		t.Errorf("%v unknown third parties, the last seen 40 days ago", got)
	}
	if err := caddy.Stop(); err != nil {
		t.Fatal(err)
	}
	e.execute("UPDATE inventory SET last_at = last_at - 400 * 86400000 WHERE kind = 'host'")
	for range 2 { // forgotten at the first stop
		if err := e.load(options{}); err != nil {
			t.Fatal(err)
		}
		if err := caddy.Stop(); err != nil {
			t.Fatal(err)
		}
	}
	if err := e.load(options{}); err != nil {
		t.Fatal(err)
	}
	e.wantUnknown()
}

// TestNamedHostsAreKnown pins what an operator sees after pasting: each
// way to name a host works at once, for what was seen before too.
func TestNamedHostsAreKnown(t *testing.T) {
	e := start(t, options{})
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) { writePage(w, foreignPage) })
	e.visit(t).get("/")
	for gate, want := range map[string]struct{ necessary, service bool }{
		"necessary *.example.com": {necessary: true},
		"service pictures {\ncategory functional\nscript cdn.example.com\n}":   {service: true},
		"service pictures {\ncategory functional\nscript cdn.example.com/x\n}": {},
	} {
		if err := e.load(options{gate: gate}); err != nil {
			t.Fatal(err)
		}
		seen := e.inventory()
		service := false
		for _, s := range seen.Services {
			service = service || s.ID == "pictures" && s.Own && s.InPages == 2 && fmt.Sprint(s.Hosts) == "[cdn.example.com]"
		}
		named := want.necessary || want.service
		if (len(seen.Necessary) == 1) != want.necessary || service != want.service || (len(seen.Unknown) == 0) != named {
			t.Errorf("%s: %+v", gate, seen)
		}
		if got := e.metric("consentgate_unknown_third_parties"); (got == 0) != named {
			t.Errorf("%s: %v unknown third parties", gate, got)
		}
	}
	// What has a block keeps it: pasting must not name it a second time.
	if err := e.load(options{gate: "service matomo {\nwindow 24mo\n}\nservice hotjar"}); err != nil {
		t.Fatal(err)
	}
	e.wantCommand(0, []string{"inventory", "--caddyfile"}, "\nservice hotjar yandex_metrica\n")
	// A site beside it that doesn't name the host still needs a decision.
	if err := e.load(options{host: "shop.test", gate: "necessary *.example.com", sites: "http://two.test:{port} {\nbind {ip}\nconsent_gate\n{proxy}\n}"}); err != nil {
		t.Fatal(err)
	}
	e.wantUnknown("cdn.example.com: 2, 0, 0, shop.test/")
}

// TestInventoryNamesNobody pins that a session leaves no address, identifier,
// query or browser in the inventory.
func TestInventoryNamesNobody(t *testing.T) {
	e := start(t, options{})
	ids := e.session(t)
	e.report("application/csp-report", `{"csp-report":{"blocked-uri":"http://203.0.113.7/x","document-uri":"http://shop.test/u/ivan@example.com?q=secret"}}`)
	e.report("application/csp-report", `{"csp-report":{"blocked-uri":"https://x.example/","document-uri":"http://shop.test/u/ivan@example.com/`+ids[0]+`?q=secret"}}`)
	e.visit(t).get("/x/"+url.PathEscape("203.0.113.7")+"/"+ids[0], "Cookie", "id_"+ids[0]+"=1; ivan@example.com=1")
	_, body := e.askAdmin(http.MethodGet, "/consent/inventory")
	if !strings.Contains(body, "mc.yandex.ru") || !strings.Contains(body, "x.example") {
		t.Fatalf("the session isn't there: %s", body)
	}
	for _, word := range append(ids, "203.0.113", "secret", "Firefox", "ivan@", "privacy_choice") {
		if strings.Contains(body, word) {
			t.Errorf("the inventory holds %q: %s", word, body)
		}
	}
}
