package module_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// The script of every page compares its choice with the first three values, and an
// order of another kind would have it reload for ever.
func TestStateBeginsWithTheChoiceAsPagesTellIt(t *testing.T) {
	v := start(t, options{app: "cross_border allow"}).visit(t)
	v.choose("accept")
	got := strings.Join(strings.Fields(v.get("/.privacy/state").body), "")
	want := `{"state":"allowed","categories":["functional","statistics","marketing"],"services":[],`
	if !strings.HasPrefix(got, want) {
		t.Errorf("it begins with %.120s, want %s", got, want)
	}
}

// TestEndpointMethods pins which address answers which method, and that none of
// them reaches the origin.
func TestEndpointMethods(t *testing.T) {
	e := start(t, options{})
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) { t.Errorf("the origin was asked for %s", r.URL) })
	methods := []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "BREW"}
	for path, want := range map[string]map[string]int{
		"": {"GET": 200, "HEAD": 200}, "state": {"GET": 200, "HEAD": 200},
		"receipt": {"GET": 404, "HEAD": 404}, "data": {"GET": 404, "HEAD": 404}, // nothing is held yet
		"choice": {"POST": 400}, "erase": {"POST": 303}, "visit": {"POST": 400}, "report": {"POST": 204},
	} {
		for _, method := range methods {
			a := e.visit(t).do(method, "/.privacy/"+path, "")
			status, known := want[method]
			if !known {
				status = 405
			}
			if a.StatusCode != status {
				t.Errorf("%s /.privacy/%s: %s, want %d", method, path, a.Status, status)
			}
			if allow := a.Header.Get("Allow"); (status == 405) != (allow != "") {
				t.Errorf("%s /.privacy/%s: Allow %q", method, path, allow)
			}
			a.wantHeader(t, "Cache-Control", "no-store")
			a.wantHeader(t, "X-Content-Type-Options", "nosniff")
		}
	}
	for _, path := range []string{"nothing", "choice/", "state/x", "/", "../../etc/passwd", "assets/x.js", "%00"} {
		for _, method := range []string{"GET", "POST"} {
			if a := e.visit(t).do(method, "/.privacy/"+path, ""); a.StatusCode != 404 {
				t.Errorf("%s /.privacy/%s: %s", method, path, a.Status)
			}
		}
	}
}

// TestForgedChoicesAreRefused pins the CSRF table: a write must come from the
// site's own page (Fetch Metadata; RFC 6454 §7).
func TestForgedChoicesAreRefused(t *testing.T) {
	e := start(t, options{})
	own := "http://shop.test:" + e.port
	tests := []struct {
		site, origin string
		ok           bool
	}{
		{"same-origin", own, true}, {"same-origin", "", true},
		{"", own, true}, {"", "http://SHOP.test:" + e.port, true},

		{"cross-site", own, false}, {"cross-site", "https://evil.test", false}, {"cross-site", "", false}, {"cross-site", "null", false},
		{"same-site", own, false}, {"same-site", "https://blog.shop.test", false}, {"same-site", "", false},
		{"none", own, false}, {"none", "", false},
		{"Same-Origin", own, false}, {"same-origin, cross-site", own, false}, {"x", own, false}, {" ", "https://evil.test", false},
		{"", "https://shop.test:" + e.port, false}, {"", "", false}, {"", "null", false}, {"", "https://evil.test", false}, {"", "http://evil.test:" + e.port, false},
		{"", "http://shop.test", false}, {"", "http://shop.test:1", false}, {"", "http://blog.shop.test:" + e.port, false},
		{"", "http://shop.test:" + e.port + ".evil.test", false}, {"", "http://evil.test/shop.test:" + e.port, false},
		{"", "http://shop.test:" + e.port + "@evil.test", false}, {"", "file://shop.test:" + e.port, false},
		{"", "shop.test:" + e.port, false}, {"", "//shop.test:" + e.port, false}, {"", "chrome-extension://shop.test:" + e.port, false},
	}
	for i, test := range tests {
		// Each from an address of its own, since the limit isn't what is tested.
		header := []string{"Sec-Fetch-Site", test.site, "Origin", test.origin, "X-Forwarded-For", fmt.Sprintf("203.0.113.%d", i)}
		for _, endpoint := range []string{"choice", "erase", "visit"} {
			v := e.visit(t)
			a := v.post(endpoint, url.Values{"choice": {"accept"}, "path": {"/"}}, header...)
			if forbidden := a.StatusCode == http.StatusForbidden; forbidden == test.ok {
				t.Errorf("%d %s: Sec-Fetch-Site %q, Origin %q: %s", i, endpoint, test.site, test.origin, a.Status)
			}
			if !test.ok && len(v.cookies) > 0 {
				t.Errorf("a forged %s set the cookies %v", endpoint, v.cookies)
			}
		}
	}
}

// TestChoiceInput pins what a choice may say, and how large it may be.
func TestChoiceInput(t *testing.T) {
	e := start(t, options{app: "cross_border allow"})
	large := strings.Repeat("x", 3<<10)
	jsonType := []string{"Content-Type", "application/json", "Accept", "application/json"}
	tests := []struct {
		body   string
		header []string
		status int
	}{
		{"choice=", nil, 400}, {"", nil, 400}, {"choice=yes", nil, 400}, {"choice=ACCEPT", nil, 400},
		{"choice=save&allow=nothing", nil, 400}, {"choice=save&allow=statistics&allow=<script>", nil, 400},
		{"choice=accept;x=%zz", nil, 400},
		{"choice=accept&pad=" + large, nil, 413},
		{"--b\r\nContent-Disposition: form-data; name=choice\r\n\r\n" + large + "\r\n--b--\r\n", []string{"Content-Type", "multipart/form-data; boundary=b"}, 413},
		{`{"choice":"accept","return":"` + large + `"}`, jsonType, 413},
		{`{"choice":`, jsonType, 400}, {`[]`, jsonType, 400}, {`{"choice":1}`, jsonType, 400}, {`{"choice":"maybe"}`, jsonType, 400},
		{`{"choice":"accept"}`, jsonType, 200}, {`{"choice":"save","allow":["statistics"]}`, jsonType, 200},
		{"--b\r\nContent-Disposition: form-data; name=choice\r\n\r\naccept\r\n--b--\r\n", []string{"Content-Type", "multipart/form-data; boundary=b"}, 303},
		{"choice=save", nil, 303}, {"choice=save&allow=necessary", nil, 303}, {"choice=save&allow=ga4", nil, 303},
	}
	for _, test := range tests {
		a := e.visit(t).do(http.MethodPost, "/.privacy/choice", test.body,
			append([]string{"Content-Type", "application/x-www-form-urlencoded"}, test.header...)...)
		if a.StatusCode != test.status {
			t.Errorf("%.60s: %s, want %d", test.body, a.Status, test.status)
		}
		if set := a.Header.Get("Set-Cookie") != ""; set != (test.status < 400) {
			t.Errorf("%.60s: %s with Set-Cookie %q", test.body, a.Status, a.Header.Get("Set-Cookie"))
		}
	}
}

// TestChoiceAnswersAsJSON pins the answer to a script.
func TestChoiceAnswersAsJSON(t *testing.T) {
	e := start(t, options{app: "cross_border allow"})
	v := e.visit(t)
	v.choose("refuse")
	a := v.post("choice", url.Values{"choice": {"save"}, "allow": {"statistics", "youtube"}}, "Accept", "application/json")
	a.want(t, 200)
	got := decode(t, []byte(a.body))
	if got["state"] != "allowed" || fmt.Sprint(got["allowed"]) != "[statistics youtube]" {
		t.Errorf("answer %v", got)
	}
	if state := v.state(); fmt.Sprint(state["categories"], state["services"]) != "[statistics] [youtube]" || state["edition"] != "2025-03-12" || state["ask"] != false {
		t.Errorf("state %v", state)
	}
}

// TestReturnLeadsNowhereElse pins that a form can't be made to redirect to
// another site.
func TestReturnLeadsNowhereElse(t *testing.T) {
	hostile := []string{
		"https://evil.test/", "http:evil.test", "//evil.test", "///evil.test", `/\evil.test`, `\\evil.test`, `/\/evil.test`,
		"/\t/evil.test", "/\n/evil.test", "/\r/evil.test", "\t//evil.test", " //evil.test", "javascript:alert(1)", "data:text/html,x",
		"evil.test", "?x", "#x", "", "/%zz", "/a\\b", "/\x00", "http://shop.test@evil.test/", "/a\r\nSet-Cookie: x=1", "/a\x7f",
	}
	e := start(t, options{})
	for i, path := range hostile {
		a := e.visit(t).post("choice", url.Values{"choice": {"refuse"}, "return": {path}},
			"Referer", "https://evil.test/page", "X-Forwarded-For", fmt.Sprintf("203.0.113.%d", i))
		if location := a.destination(); a.StatusCode != 303 || location != "/.privacy/?message=refused" {
			t.Errorf("return %q: %s, Location %q", path, a.Status, location)
		}
		if strings.Contains(strings.Join(a.Header.Values("Set-Cookie"), "\n"), "x=1") {
			t.Errorf("return %q: split the header", path)
		}
	}
}

// TestReturnLeadsBack pins where a form leads that didn't come from an attacker.
func TestReturnLeadsBack(t *testing.T) {
	e := start(t, options{})
	own := "http://shop.test:" + e.port
	for _, test := range []struct{ path, referrer, want string }{
		{"/", "", "/"}, {"/a/b?c=d&e=f", "", "/a/b?c=d&e=f"}, {"/?next=//evil.test", "", "/?next=//evil.test"},
		{"/қазақша", "", "/%D2%9B%D0%B0%D0%B7%D0%B0%D2%9B%D1%88%D0%B0"}, {"/.privacy/", "", "/.privacy/?message=refused"},
		{"", own + "/from?x=1", "/from?x=1"}, {"//evil.test", own + "/from", "/from"}, {"", own + "//evil.test/", "/.privacy/?message=refused"},
		{"", "https://evil.test/from", "/.privacy/?message=refused"}, {"", "", "/.privacy/?message=refused"},
	} {
		a := e.visit(t).post("choice", url.Values{"choice": {"refuse"}, "return": {test.path}}, "Referer", test.referrer)
		if got := a.destination(); got != test.want {
			t.Errorf("return %q from %q leads to %q, want %q", test.path, test.referrer, got, test.want)
		}
	}
}

// TestTooManyChoices pins the limit per client, which doesn't touch other
// clients or pages.
func TestTooManyChoices(t *testing.T) {
	e := start(t, options{})
	post := func(ip string) int {
		return e.visit(t).post("choice", url.Values{"choice": {"refuse"}}, "X-Forwarded-For", ip).StatusCode
	}
	statuses := make(map[int]int)
	for range 40 {
		statuses[post("203.0.113.7")]++
	}
	if statuses[303] < 20 || statuses[429] < 10 || statuses[303]+statuses[429] != 40 {
		t.Errorf("40 choices of one client: %v", statuses)
	}
	if status := post("203.0.113.8"); status != 303 {
		t.Errorf("another client: %d", status)
	}
	e.visit(t).get("/", "X-Forwarded-For", "203.0.113.7").want(t, 200, bannerMark)
}

// TestGPCResource pins the support resource (W3C Global Privacy Control §5.1).
func TestGPCResource(t *testing.T) {
	e := start(t, options{})
	a := e.visit(t).get("/.well-known/gpc.json")
	a.want(t, 200)
	if got := decode(t, []byte(a.body)); got["gpc"] != true || got["lastUpdate"] != "2025-03-12" {
		t.Errorf("answer %v", got)
	}
	a.wantHeader(t, "Content-Type", "application/json; charset=utf-8")
}
