package module_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var inlineScript = regexp.MustCompile(`(?s)<script>(.*?)</script>`)
var inlineStyle = regexp.MustCompile(`(?s)<style>(.*?)</style>`)

// hashes returns the CSP sources of the inline elements in a page.
func hashes(page string, elements *regexp.Regexp) []string {
	var list []string
	for _, match := range elements.FindAllStringSubmatch(page, -1) {
		sum := sha256.Sum256([]byte(match[1]))
		list = append(list, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	}
	return list
}

// directiveOf returns the sources of a directive in one policy, and whether it
// has the directive.
func directiveOf(policy, name string) ([]string, bool) {
	for directive := range strings.SplitSeq(policy, ";") {
		if fields := strings.Fields(directive); len(fields) > 0 && fields[0] == name {
			return fields[1:], true
		}
	}
	return nil, false
}

// TestOwnPolicy pins the gate's policy: reported while the site is being learnt,
// enforced with "unknown block", in a header line of its own.
func TestOwnPolicy(t *testing.T) {
	const enforced, reported = "Content-Security-Policy", "Content-Security-Policy-Report-Only"
	for name, other := range map[string]string{enforced: reported, reported: enforced} {
		gate := "necessary cdn.shop.test\n"
		if name == enforced {
			gate += "unknown block\nservice matomo"
		}
		e := start(t, options{gate: gate})
		e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Security-Policy", "frame-ancestors 'self'")
			writePage(w, simplePage)
		})
		a := e.visit(t).get("/")
		lines := a.Header.Values(name)
		own := lines[len(lines)-1]
		var names []string
		for directive := range strings.SplitSeq(own, ";") {
			names = append(names, strings.Fields(directive)[0])
		}
		if want := []string{"default-src", "worker-src", "form-action", "base-uri", "report-uri"}; !slices.Equal(names, want) {
			t.Errorf("directives %q, want %q", names, want)
		}
		for name, wanted := range map[string][]string{
			"default-src": {"'self'", "data:", "blob:", "'unsafe-inline'", "'unsafe-eval'", "cdn.shop.test"},
			"worker-src":  {"'self'", "blob:"}, "form-action": {"'self'", "cdn.shop.test"},
			"base-uri": {"'self'"}, "report-uri": {"/.privacy/report"},
		} {
			sources, _ := directiveOf(own, name)
			for _, source := range wanted {
				if !slices.Contains(sources, source) {
					t.Errorf("%s lacks %s: %q", name, source, sources)
				}
			}
			for _, source := range []string{"*", "https:", "http:", "mc.yandex.ru", "www.googletagmanager.com"} {
				if slices.Contains(sources, source) {
					t.Errorf("%s holds %s: %q", name, source, sources)
				}
			}
		}
		if len(own) > 2<<10 {
			t.Errorf("the policy has %d bytes", len(own))
		}
		if first := a.Header.Values(enforced)[0]; first != "frame-ancestors 'self'" {
			t.Errorf("the site's own policy became %q", first)
		}
		if name == reported && len(a.Header.Values(other)) != 1 || name == enforced && len(a.Header.Values(other)) != 0 {
			t.Errorf("%s: %q", other, a.Header.Values(other))
		}
	}
}

// TestSitesPolicyAdmitsWhatIsInserted pins the merge with a policy of the site:
// what the edge inserts may run under it, and nothing else of it changes.
func TestSitesPolicyAdmitsWhatIsInserted(t *testing.T) {
	e := start(t, options{})
	for _, policy := range []string{
		"default-src 'self'",
		"default-src 'none'; style-src 'none'",
		"script-src 'nonce-abc' 'strict-dynamic'; style-src 'self'",
		"script-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='; style-src 'nonce-abc' 'unsafe-inline'",
		"script-src 'self' 'unsafe-inline' 'nonce-abc'; style-src-elem 'self'",
		"script-src 'none'; style-src 'none'; connect-src 'none'; form-action 'none'",
	} {
		e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Security-Policy", policy)
			writePage(w, simplePage)
		})
		for name, prepare := range map[string]func(*visitor){
			"undecided": func(*visitor) {}, "refused": func(v *visitor) { v.choose("refuse") },
		} {
			v := e.visit(t)
			prepare(v)
			a := v.get("/")
			merged := a.Header.Get("Content-Security-Policy")
			for kind, elements := range map[string]*regexp.Regexp{"script": inlineScript, "style": inlineStyle} {
				sources, ok := directiveOf(merged, kind+"-src-elem")
				if !ok {
					sources, ok = directiveOf(merged, kind+"-src")
				}
				if !ok {
					t.Errorf("%s, %s: no list of %ss in %q", policy, name, kind, merged)
				}
				inserted := hashes(a.body, elements)
				if len(inserted) == 0 {
					t.Errorf("%s: nothing was inserted", name)
				}
				for _, hash := range inserted {
					if !slices.Contains(sources, hash) {
						t.Errorf("%s, %s: %s of an inserted %s isn't in %q", policy, name, hash, kind, sources)
					}
				}
			}
			for _, name := range []string{"connect-src", "form-action"} {
				sources, ok := directiveOf(merged, name)
				if ok && !slices.Contains(sources, "'self'") && !slices.Contains(sources, "http://"+v.host+":"+e.port+"/.privacy/") {
					t.Errorf("%s: the choice can't be posted under %q", policy, merged)
				}
			}
			if strings.Contains(policy, "'nonce-abc'") && !strings.Contains(merged, "'nonce-abc'") {
				t.Errorf("%s lost its nonce: %q", policy, merged)
			}
		}
	}
}

// TestUnsafeInlineStaysInForce pins the policies that a hash would break: beside
// one, 'unsafe-inline' no longer counts.
func TestUnsafeInlineStaysInForce(t *testing.T) {
	e := start(t, options{})
	for _, policy := range []string{
		"script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; connect-src 'self'",
		"default-src * 'unsafe-inline'",
		"frame-ancestors 'self'",
		"upgrade-insecure-requests",
	} {
		e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Security-Policy", policy)
			writePage(w, simplePage)
		})
		e.visit(t).get("/").wantHeader(t, "Content-Security-Policy", policy)
	}
}

// TestNoPolicyWhereNothingIsBlocked pins that a visitor who allowed everything
// gets no policy of ours.
func TestNoPolicyWhereNothingIsBlocked(t *testing.T) {
	e := start(t, options{app: "cross_border allow"})
	v := e.visit(t)
	v.choose("accept")
	a := v.get("/")
	a.wantHeader(t, "Content-Security-Policy-Report-Only", "")
	a.wantHeader(t, "Content-Security-Policy", "")
}
