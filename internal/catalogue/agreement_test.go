package catalogue

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
)

// address is a URL in parts, in the spelling by which URLs are compared.
type address struct {
	kind              Kind
	host, path, query string
}

// addresses makes URLs that fit the catalogue's patterns, or just fail to.
type addresses struct {
	*rand.Rand
	patterns, cookies []string
}

func newAddresses(services []Service, seed uint64) *addresses {
	a := &addresses{Rand: rand.New(rand.NewPCG(seed, 0))}
	for _, s := range services {
		a.patterns = append(append(a.patterns, s.Scripts...), s.Collect...)
		a.cookies = append(a.cookies, s.Cookies...)
	}
	return a
}

func (a *addresses) pick(list ...string) string { return list[a.IntN(len(list))] }

// fill puts something in the place of each "*".
func (a *addresses) fill(text string) string {
	for strings.Contains(text, "*") {
		text = strings.Replace(text, "*", a.pick("", "x", "en", "a/b", "v1.2", "js", "a//b"), 1)
	}
	return text
}

// spoil changes one byte now and then.
func (a *addresses) spoil(text string) string {
	if text == "" || a.IntN(8) > 0 {
		return text
	}
	i := a.IntN(len(text))
	return text[:i] + a.pick("", "q", "0", "-", text[i:i+1]+text[i:i+1]) + text[i+1:]
}

func (a *addresses) next() address {
	rest, query, _ := strings.Cut(strings.TrimPrefix(a.pick(a.patterns...), "wss://"), "?")
	host, path := cutPath(rest)
	if a.IntN(6) == 0 {
		_, path = cutPath(a.pick(a.patterns...)) // of another service
		path, _, _ = strings.Cut(path, "?")
	}
	if below, ok := strings.CutSuffix(host, ".*"); ok {
		host = below + "." + a.pick("ru", "kz", "com", "com.tr", "co.il", "org.ua", "com.info", "a.b", "x")
	}
	if below, ok := strings.CutPrefix(host, "*."); ok {
		host = a.pick("", "a.", "cdn.eu.", "www.") + below
	}
	if host == "" || host == "*" {
		host = a.pick("mamen.ai", "mamen.ai", "www.mamen.ai", "cdn.example.org", "localhost")
	}
	if a.IntN(10) == 0 {
		host = a.pick("www.", "a", "-") + host
	}
	host = strings.Trim(a.spoil(host), ".")
	path = a.spoil(a.fill(path)) + a.pick("", "", "", "/", "/x", "5", ".js", "-1")
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	var pairs []string
	if query != "" {
		pairs = strings.Split(query, "&")
	}
	for i := range pairs {
		pairs[i] = a.spoil(pairs[i]) + a.pick("", "1", "=")
	}
	for range a.IntN(3) {
		pairs = append(pairs, a.pick("a=b", "v=2", "id=G-", "page", "x=%2F", ""))
	}
	a.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
	made := address{ThirdParty, host, path, strings.Join(pairs, "&")}
	if host == "mamen.ai" || strings.HasSuffix(host, ".mamen.ai") {
		made.kind = FirstParty
	}
	return made
}

// spell writes the address in one of the ways that mean the same to a browser.
func (a *addresses) spell(u address) string {
	host, path, query := u.host, u.path, u.query
	if a.IntN(4) == 0 {
		host = a.pick(strings.ToUpper(host), host+":443", "me:x@"+host, host+".", strings.Replace(host, ".", "%2e", 1))
	}
	if a.IntN(4) == 0 {
		path = a.pick("/."+path, "/x/.."+path, `\`+path[1:], strings.Replace(path, "j", "%6A", 1), strings.Replace(path, ".", "%2E", 1))
	}
	if a.IntN(4) == 0 {
		query = strings.Replace(query, "d", "%64", 1)
	}
	if query != "" || a.IntN(4) == 0 {
		query = "?" + query
	}
	text := a.pick("https:", "http:", "wss:", "HTTPS:", "") + "//" + host
	if u.host == page.Host && a.IntN(2) == 0 {
		text = ""
		if strings.HasPrefix(path, "//") || strings.HasPrefix(path, `/\`) || strings.HasPrefix(path, `\/`) || strings.HasPrefix(path, `\\`) {
			text = "https://" + u.host
		}
	}
	text += path + query + a.pick("", "", "#", "#/a?b")
	if a.IntN(8) == 0 {
		i := a.IntN(len(text))
		text = " " + text[:i] + a.pick("\t", "\n", "\r") + text[i:] + "\n"
	}
	return text
}

// FuzzAgreement compares the matcher with the reference, over URLs and cookies made
// from the catalogue's own patterns.
func FuzzAgreement(f *testing.F) {
	services, err := Builtin()
	if err != nil {
		f.Fatal(err)
	}
	// What the catalogue leaves out: wild hosts above each other, ties, deep wildcards.
	services = append(services,
		Service{ID: "wide", Category: consent.Functional, Scripts: []string{"*.example.org", "*.cdn.example.org/*/app", "*/*-tail-*.js", "/*open-*"}},
		Service{ID: "tie", Category: consent.Statistics, Scripts: []string{"*.example.org", "cdn.example.*/x/", "mamen.ai/collect/"}, Cookies: []string{"a*zz", "*_tail", "_g*d", "_gid"}},
	)
	c, err := New(services)
	if err != nil {
		f.Fatal(err)
	}
	plain := newReference(services)
	for seed := range uint64(12) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) {
		made := newAddresses(services, seed)
		for range 60 {
			u := made.next()
			want := plain.find(u.kind, u.host, u.path, u.query)
			raw := made.spell(u)
			l := Locate([]byte(raw), page, nil)
			if got := (address{l.Kind, string(l.Host), string(l.Path), string(l.Query)}); got != u {
				t.Fatalf("Locate(%q) = %q, want %q", raw, got, u)
			}
			if got := c.Find(l); got != want {
				t.Fatalf("Find(%q) = %s, want %s", u, c.id(got), c.id(want))
			}
			want = plain.find(FirstParty, u.host, u.path, u.query)
			if got := c.FindRequest(u.host, u.path, u.query); got != want {
				t.Fatalf("FindRequest(%q) = %s, want %s", u, c.id(got), c.id(want))
			}
			cookie := made.spoil(made.fill(made.pick(made.cookies...)) + made.pick("", "", "x", "_callibri"))
			got := c.FindCookie(cookie, nil)
			slices.Sort(got)
			if want := plain.cookie(cookie); !slices.Equal(got, want) {
				t.Fatalf("FindCookie(%q) = %v, want %v", cookie, got, want)
			}
		}
	})
}
