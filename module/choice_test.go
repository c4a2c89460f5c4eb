package module_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// setCookie returns the choice cookie that an answer sets.
func setCookie(t *testing.T, a *answer) *http.Cookie {
	t.Helper()
	for _, cookie := range a.Cookies() {
		if cookie.Name == "privacy_choice" && cookie.Value != "" {
			return cookie
		}
	}
	t.Fatalf("%s sets no choice: %q", a.Status, a.Header.Values("Set-Cookie"))
	return nil
}

// TestCookieAttributes pins what the one cookie is bound to.
func TestCookieAttributes(t *testing.T) {
	for _, test := range []struct {
		gate, host, domain string
		scheme             string
	}{
		{"", "shop.test", "shop.test", "http"},
		{"", "www.shop.test", "shop.test", "http"},
		{"", "a.b.shop.com.tr", "shop.com.tr", "http"},
		{"", "localhost", "", "http"},
		{"", "127.0.0.1", "", "http"},
		{"", "[::1]", "", "http"},
		{"", "github.io", "github.io", "http"},
		{"site blog.shop.test", "x.blog.shop.test", "blog.shop.test", "http"},
		{"site blog.shop.test", "shop.test", "shop.test", "http"},
		{"", "shop.test", "shop.test", "https"},
	} {
		o := options{gate: test.gate, scheme: test.scheme}
		if test.scheme == "https" {
			o.site = "tls " + certificate(t, test.host) + "\n" + directive + "\n" + proxy
			o.host = test.host
		}
		e := start(t, o)
		v := e.visit(t)
		v.host, v.scheme = test.host, test.scheme
		for _, choice := range []string{"refuse", "accept"} {
			cookie := setCookie(t, v.choose(choice))
			if cookie.Domain != test.domain || cookie.Path != "/" || !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode ||
				cookie.Secure != (test.scheme == "https") {
				t.Errorf("%s://%s (%s): %s", test.scheme, test.host, test.gate, cookie.Raw)
			}
			if days := cookie.MaxAge / 86400; days < 180 || days > 185 {
				t.Errorf("valid for %d days", days)
			}
			if len(cookie.Value) > 140 {
				t.Errorf("the value has %d bytes", len(cookie.Value))
			}
		}
	}
}

// TestRefusalHasNoIdentifier pins that two visitors who refused can't be told
// apart (policy 3.4.1).
func TestRefusalHasNoIdentifier(t *testing.T) {
	e := start(t, options{})
	one, two := e.visit(t), e.visit(t)
	a, b := setCookie(t, one.choose("refuse")), setCookie(t, two.choose("refuse"))
	if a.Raw != b.Raw {
		t.Errorf("%q and %q differ", a.Raw, b.Raw)
	}
	c, d := setCookie(t, one.choose("accept")), setCookie(t, two.choose("accept"))
	if c.Value == d.Value {
		t.Error("two consents have one identifier")
	}
	if again := setCookie(t, one.choose("withdraw")); again.Value != a.Value {
		t.Error("a withdrawal leaves an identifier in the cookie")
	}
}

// TestTwoChoiceCookies pins that the stricter counts: a sub-domain, or whoever
// can set one, could add a second.
func TestTwoChoiceCookies(t *testing.T) {
	e := start(t, options{app: "cross_border allow"})
	value := func(choice string, allow ...string) string {
		return "privacy_choice=" + setCookie(t, e.visit(t).choose(choice, allow...)).Value
	}
	all, some, none := value("accept"), value("save", "statistics"), value("refuse")
	for _, test := range []struct{ cookies, state, categories string }{
		{all, "allowed", "functional statistics marketing"}, {all + "; " + some, "allowed", "statistics"}, {some + "; " + all, "allowed", "statistics"},
		{all + "; " + none, "refused", ""}, {none + "; " + all, "refused", ""},
		{all + "; privacy_choice=forged", "undecided", ""}, {"privacy_choice=; " + all, "undecided", ""},
	} {
		a := e.visit(t).get("/.privacy/state", "Cookie", test.cookies)
		state := decode(t, []byte(a.body))
		var categories []string
		for _, category := range state["categories"].([]any) {
			categories = append(categories, category.(string))
		}
		if state["state"] != test.state || strings.Join(categories, " ") != test.categories {
			t.Errorf("%.20s…: %v", test.cookies, state)
		}
	}
}

// TestForgedCookiesAreUndecided pins that every changed byte of a choice makes it
// none, as does a choice made on another site.
func TestForgedCookiesAreUndecided(t *testing.T) {
	e := start(t, options{app: "cross_border allow"})
	valid := setCookie(t, e.visit(t).choose("accept")).Value
	raw, err := base64.RawURLEncoding.DecodeString(valid)
	if err != nil {
		t.Fatal(err)
	}
	forged := []string{"", "x", valid[1:], valid + "A", strings.Repeat("A", len(valid)), strings.Repeat("A", 5000)}
	for i := range raw {
		changed := append([]byte(nil), raw...)
		changed[i] ^= 1
		forged = append(forged, base64.RawURLEncoding.EncodeToString(changed))
	}
	v := e.visit(t)
	for _, value := range forged {
		a := v.get("/.privacy/state", "Cookie", "privacy_choice="+value)
		if state := decode(t, []byte(a.body)); state["state"] != "undecided" {
			t.Errorf("%.40s: %v", value, state["state"])
		}
	}
	v.get("/", "Cookie", "privacy_choice="+forged[len(forged)-1]).want(t, 200, bannerMark)

	other := e.visit(t)
	other.host = "other.test"
	if state := decode(t, []byte(other.get("/.privacy/state", "Cookie", "privacy_choice="+valid).body)); state["state"] != "undecided" {
		t.Errorf("a choice of shop.test counts on other.test: %v", state["state"])
	}
	sub := e.visit(t)
	sub.host = "blog.shop.test"
	if state := decode(t, []byte(sub.get("/.privacy/state", "Cookie", "privacy_choice="+valid).body)); state["state"] != "allowed" {
		t.Errorf("a choice of shop.test doesn't count on blog.shop.test: %v", state["state"])
	}
}

// TestNewEditionAsksAgain pins that a choice made under another edition of the
// policy allows nothing any more.
func TestNewEditionAsksAgain(t *testing.T) {
	o := options{app: "cross_border allow"}
	e := start(t, o)
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) { writePage(w, trackerPage) })
	v := e.visit(t)
	v.choose("accept")
	v.get("/").want(t, 200, "!"+bannerMark, "!"+blockedScript)
	o.app += "\npolicy 2026-01-01"
	if err := e.load(o); err != nil {
		t.Fatal(err)
	}
	v.get("/").want(t, 200, bannerMark, blockedScript)
	if state := v.state(); state["state"] != "stale" || state["ask"] != true || state["edition"] != "2026-01-01" {
		t.Errorf("state %v", state)
	}
	v.choose("accept")
	v.get("/").want(t, 200, "!"+bannerMark, "!"+blockedScript)
}

// TestChoiceExpiresDeniedCookies pins that with a refusal the browser forgets the
// cookies of services that ran before.
func TestChoiceExpiresDeniedCookies(t *testing.T) {
	e := start(t, options{app: "cross_border allow"})
	v := e.visit(t)
	v.choose("accept")
	v.cookies["_ga"], v.cookies["session"] = "GA1", "2"
	v.choose("withdraw")
	if _, left := v.cookies["_ga"]; left {
		t.Error("_ga is still there")
	}
	if v.cookies["session"] != "2" {
		t.Error("the session is gone")
	}
}

// TestPrivacyPageWorksWithoutScripts pins that the page offers all that there is
// to do as links and forms.
func TestPrivacyPageWorksWithoutScripts(t *testing.T) {
	e := start(t, options{app: "cross_border allow\ncontroller \"ТОО «МАК IT»\" {\nemail info@mamen.ai\n}"})
	v := e.visit(t)
	v.get("/.privacy/", "Accept-Language", "en").want(t, 200, "<form", "/.privacy/choice", "ТОО «МАК IT»", "info@mamen.ai", "Matomo", "!/.privacy/receipt")
	v.choose("accept")
	a := v.get("/.privacy/", "Accept-Language", "en")
	a.want(t, 200, "/.privacy/receipt", "/.privacy/data", "/.privacy/erase")
	policy := a.Header.Get("Content-Security-Policy")
	for _, word := range []string{"default-src 'none'", "frame-ancestors 'none'", "form-action 'self'"} {
		if !strings.Contains(policy, word) {
			t.Errorf("the page's policy %q lacks %q", policy, word)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("the page's policy is %q", policy)
	}
	for _, hash := range hashes(a.body, inlineScript) {
		if !strings.Contains(policy, hash) {
			t.Errorf("a script of the page isn't in its policy")
		}
	}
	if language := a.Header.Get("Content-Language"); language != "en" {
		t.Errorf("language %q", language)
	}
	a = v.post("choice", url.Values{"choice": {"withdraw"}, "return": {"/.privacy/"}})
	a.wantHeader(t, "Location", "/.privacy/?message=withdrawn")
	for _, message := range []string{"<script>alert(1)</script>", "unknown"} {
		v.get("/.privacy/?message="+url.QueryEscape(message)).want(t, 200, "!"+message)
	}
}
