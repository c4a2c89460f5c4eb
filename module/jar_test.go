package module_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/consent"
	"golang.org/x/net/publicsuffix"
)

// trackerCookies returns a name for each cookie of the catalogue that no
// necessary service sets.
func trackerCookies(t *testing.T) []string {
	t.Helper()
	services, err := catalogue.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	compiled, err := catalogue.New(services)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, service := range services {
		for _, pattern := range service.Cookies {
			name := strings.ReplaceAll(pattern, "*", "1")
			necessary := func(i int) bool { return services[i].Category == consent.Necessary }
			if !slices.ContainsFunc(compiled.FindCookie(name, nil), necessary) {
				names = append(names, name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// jarVisitor keeps cookies as a browser does, by domain and path.
type jarVisitor struct {
	*visitor
	jar http.CookieJar
}

// visitWithJar returns a visitor with an address of its own, by the number: many
// from one address would use up its right to choose.
func (e *edge) visitWithJar(t *testing.T, number int) *jarVisitor {
	t.Helper()
	jar, err := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
	if err != nil {
		t.Fatal(err)
	}
	v := &jarVisitor{e.visit(t), jar}
	v.host, v.client.Jar = "www.shop.test", jar
	v.header.Set("X-Forwarded-For", fmt.Sprintf("198.51.%d.%d", number/250, number%250+1))
	return v
}

// jarPage is where the visitor stands: below a directory, so that cookies can
// have paths of their own.
const jarPage = "/docs/guide"

// jarVariants are the domains and paths a cookie of that page can be set for.
var jarVariants = []string{"; Path=/", "; Domain=shop.test; Path=/", "; Domain=www.shop.test; Path=/", "; Path=/docs", "; Path=/docs/", "; Path=/docs/guide"}

// store puts cookies of each name into the jar, for every domain and path.
func (v *jarVisitor) store(names []string) {
	var header http.Header = make(map[string][]string)
	for _, name := range names {
		for _, variant := range jarVariants {
			secure := ""
			if strings.HasPrefix(name, "__Secure-") {
				secure = "; Secure"
			}
			header.Add("Set-Cookie", name+"=x"+variant+secure+"; Max-Age=1000")
		}
	}
	v.jar.SetCookies(v.address("https"), (&http.Response{Header: header}).Cookies())
}

func (v *jarVisitor) address(scheme string) *url.URL {
	return &url.URL{Scheme: scheme, Host: v.host, Path: jarPage}
}

// names lists what a browser would send with the page, each name as often as it
// is held.
func (v *jarVisitor) names() (names []string) {
	for _, cookie := range v.jar.Cookies(v.address("https")) {
		names = append(names, cookie.Name)
	}
	return names
}

func (v *jarVisitor) send(request *http.Request, want int) {
	v.t.Helper()
	// A proxy before the edge speaks TLS with the browser, so that Secure cookies
	// are sent.
	var pairs []string
	for _, cookie := range v.jar.Cookies(&url.URL{Scheme: "https", Host: v.host, Path: request.URL.Path}) {
		pairs = append(pairs, cookie.Name+"="+cookie.Value)
	}
	request.Header.Set("Cookie", strings.Join(pairs, "; "))
	client := *v.client
	client.Jar = nil
	response, err := client.Do(request)
	if err != nil {
		v.t.Fatal(err)
	}
	defer response.Body.Close()
	io.Copy(io.Discard, response.Body)
	if response.StatusCode != want {
		v.t.Errorf("%s %s: %s", request.Method, request.URL.Path, response.Status)
	}
	v.jar.SetCookies(&url.URL{Scheme: "https", Host: v.host, Path: request.URL.Path}, response.Cookies())
}

func (v *jarVisitor) decide(choice string) {
	v.t.Helper()
	form := url.Values{"choice": {choice}, "return": {jarPage}}
	v.send(v.request(http.MethodPost, "/.privacy/choice", form.Encode(), "Content-Type", "application/x-www-form-urlencoded", "X-Forwarded-Proto", "https"), http.StatusSeeOther)
}

func (v *jarVisitor) open() {
	v.t.Helper()
	v.send(v.request(http.MethodGet, jarPage, "", "X-Forwarded-Proto", "https"), http.StatusOK)
}

// TestNoCookieOfATrackerSurvivesARefusal pins that denied cookies, under every
// name of the catalogue and for every domain and path, neither reach the origin
// nor are set by it, and that a browser's jar is rid of them after a refusal or a
// withdrawal and some pages (policy 3.4.1 (3), 5).
func TestNoCookieOfATrackerSurvivesARefusal(t *testing.T) {
	names := trackerCookies(t)
	if len(names) < 100 {
		t.Fatalf("only %d names", len(names))
	}
	necessary := []string{"session", "__Host-csrf", "theme"}
	e := start(t, options{app: "cross_border allow"})
	set := slices.Concat(names, necessary)
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		for _, cookie := range r.Cookies() {
			if !slices.Contains(necessary, cookie.Name) && cookie.Name != consent.CookieName {
				t.Errorf("%s reached the origin", cookie.Name)
			}
		}
		for _, name := range set {
			w.Header().Add("Set-Cookie", name+"=set; Path=/; Secure; Max-Age=1000")
		}
		writePage(w, simplePage)
	})
	visitors := 0
	for _, last := range []string{"undecided", "refuse", "withdraw"} {
		for group := range slices.Chunk(names, 8) {
			set = slices.Concat(group, necessary)
			visitors++
			v := e.visitWithJar(t, visitors)
			if last == "withdraw" {
				v.decide("accept")
			}
			v.store(group)
			if held := v.names(); len(held) < 4*len(group) {
				t.Fatalf("the jar holds %d cookies of %d names", len(held), len(group))
			}
			if last != "undecided" {
				v.decide(last)
			}
			rounds := 0
			left := func() []string {
				return slices.DeleteFunc(v.names(), func(name string) bool { return !slices.Contains(group, name) })
			}
			for ; len(left()) > 0 && rounds < len(group); rounds++ {
				v.open()
			}
			if held := left(); len(held) > 0 {
				t.Errorf("%s: after %d pages the jar still holds %q", last, rounds, held)
			}
			if held := v.names(); rounds > 0 && !slices.Contains(held, "session") {
				t.Errorf("%s: the site's own cookies are gone: %q", last, held)
			}
		}
	}
}

// TestTheSitesOwnCookiesPassByteForByte pins what is left of Cookie lines when
// denied cookies stand between the site's own.
func TestTheSitesOwnCookiesPassByteForByte(t *testing.T) {
	e := start(t, options{})
	for _, lines := range [][2][]string{
		{{`a="1 2"; b=x,y; c=%3B=; A=1; a=2`}, {`a="1 2"; b=x,y; c=%3B=; A=1; a=2`}},
		{{`z=1; _ga=GA1.1; a="1, 2";b={"x":1}; _ym_uid=7; a=again`}, {`z=1; a="1, 2";b={"x":1}; a=again`}},
		{{`_ga=1`, `a=1`, `_fbp=fb.1; b=2`, `_gid=1; _gat=1`}, {`a=1`, `b=2`}},
		{{`$Version="1"; a=1; $Path="/"; _ga=1; $Path="/"; $Domain=".shop.test"; b=2; $Path="/b"`}, {`$Version="1"; a=1; $Path="/"; b=2; $Path="/b"`}},
		{{`_ga=1;_gid=2`}, nil},
	} {
		request := e.visit(t).request(http.MethodGet, "/", "")
		request.Header["Cookie"] = lines[0]
		response, err := e.visit(t).client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if got := e.origin.last.Load().Header["Cookie"]; !slices.Equal(got, lines[1]) {
			t.Errorf("%q reached the origin as %q, want %q", lines[0], got, lines[1])
		}
	}
}
