package e2e

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/storage"
)

// The site's scripts and styles, each of a sort that policies treat apart. Each
// script notes that it ran.
const (
	hashedScript = "(window.ran ||= []).push('hashed')"
	sitePage     = `<!doctype html><html lang=en><head><title>x</title>
<script>(window.ran ||= []).push('inline')</script>
<script nonce=r4nd0m>(window.ran ||= []).push('nonce'); const s = document.createElement('script'); s.src = '/created.js'; document.head.append(s)</script>
<script>` + hashedScript + `</script>
<script src=/own.js></script>
<script>try { eval("window.ran.push('eval')") } catch {}</script>
<style>#styled { opacity: 0.5 }</style>
</head><body onload="(window.ran ||= []).push('handler')"><p id=styled style="text-indent: 7px">text</p></body></html>`
)

// ran lists the site's scripts that ran and the styles that are in force.
const ran = `(() => { const style = getComputedStyle(document.getElementById('styled'));
	return [...(window.ran || []), style.opacity === '0.5' && 'style element', style.textIndent === '7px' && 'style attribute'].filter(Boolean).sort() })()`

// sitePolicies are policies of sites, one for each way in which another policy
// or a change to this one could break the site or the banner.
func sitePolicies() map[string][]string {
	sum := sha256.Sum256([]byte(hashedScript))
	hash := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	return map[string][]string{
		"none":                              nil,
		"default self":                      {"default-src 'self'"},
		"default none":                      {"default-src 'none'"},
		"default unsafe-inline":             {"default-src 'self' 'unsafe-inline'"},
		"default none, own scripts":         {"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'"},
		"script self":                       {"script-src 'self'"},
		"script host":                       {"script-src cdn.example"},
		"script none":                       {"script-src 'none'"},
		"script unsafe-inline":              {"script-src 'self' 'unsafe-inline'"},
		"script unsafe-inline, unsafe-eval": {"script-src 'unsafe-inline' 'unsafe-eval'"},
		"script nonce":                      {"script-src 'nonce-r4nd0m'"},
		"script nonce, unsafe-inline":       {"script-src 'nonce-r4nd0m' 'unsafe-inline'"},
		"script nonce left empty":           {"script-src 'unsafe-inline' 'nonce-'"},
		"script hash":                       {"script-src " + hash},
		"script hash, unsafe-inline":        {"script-src 'self' 'unsafe-inline' " + hash},
		"strict-dynamic":                    {"script-src 'strict-dynamic' 'nonce-r4nd0m' 'unsafe-inline' https:; object-src 'none'; base-uri 'none'"},
		"script-src-elem":                   {"script-src 'unsafe-inline' 'self'; script-src-elem 'self'"},
		"script-src-elem unsafe-inline":     {"script-src 'self'; script-src-elem 'unsafe-inline'"},
		"handlers none":                     {"script-src-attr 'none'"},
		"style self":                        {"style-src 'self'"},
		"style none":                        {"style-src 'none'"},
		"style unsafe-inline":               {"style-src 'unsafe-inline'"},
		"style strict-dynamic":              {"style-src 'unsafe-inline' 'strict-dynamic'"},
		"style attributes none":             {"style-src-attr 'none'"},
		"connect none":                      {"connect-src 'none'"},
		"connect host":                      {"connect-src api.example"},
		"form-action none":                  {"form-action 'none'"},
		"form-action host":                  {"form-action https://pay.example"},
		"frame none":                        {"frame-src 'none'; child-src 'none'"},
		"two in one line":                   {"script-src 'unsafe-inline' 'self', script-src 'nonce-r4nd0m'"},
		"two lines":                         {"script-src 'unsafe-inline' 'self'", "script-src 'nonce-r4nd0m'; style-src 'self'"},
		"sandbox":                           {"sandbox allow-scripts allow-forms allow-same-origin"},
		"trusted types":                     {"require-trusted-types-for 'script'; trusted-types 'none'"},
		"reporting":                         {"default-src 'self'; report-uri https://o1.ingest.sentry.io/api/1/security/"},
	}
}

// policyOrigin is a site that answers /<number> with the policies of that number.
func policyOrigin(t *testing.T, policies [][]string) *httptest.Server {
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name, script := strings.CutSuffix(r.URL.Path, ".js"); script {
			w.Header().Set("Content-Type", "text/javascript")
			fmt.Fprintf(w, "(window.ran ||= []).push(%q)", name)
			return
		}
		i, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/"))
		if err != nil || i >= len(policies) {
			http.NotFound(w, r)
			return
		}
		for _, policy := range policies[i] {
			w.Header().Add("Content-Security-Policy", policy)
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, sitePage)
	}))
	t.Cleanup(origin.Close)
	return origin
}

// Whatever policy a site has, the edge switches none of its scripts and styles
// off or on, and the banner is there, has its style and takes a choice.
func TestUnderEveryPolicyTheSiteRunsAndTheBannerWorks(t *testing.T) {
	cases := sitePolicies()
	var names []string
	var policies [][]string
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		names, policies = append(names, name), append(policies, cases[name])
	}
	origin := policyOrigin(t, policies)
	s := newServer(t, "UPSTREAM="+origin.URL, "UNKNOWN=block")
	s.behindProxy()
	s.start()
	b := openBrowser(t, newWorld(t))
	const bannerStyle = `(e => [getComputedStyle(e).cursor, getComputedStyle(e).backgroundColor, getComputedStyle(e).padding].join())(` +
		bannerRoot + `.querySelector('button[value=refuse]'))`
	b.visit(s.url("/" + strconv.Itoa(slices.Index(names, "none"))))
	b.until(asked)
	wantStyle := must[string](b, bannerStyle)
	everRan := make(map[string]int)
	for i, name := range names {
		t.Run(name, func(t *testing.T) {
			b.t = t
			b.from(i)
			t.Cleanup(func() { call(b, storage.ClearCookies, storage.ClearCookiesParams{}) })
			b.visit(origin.URL + "/" + strconv.Itoa(i))
			want := must[[]string](b, ran)
			for _, sort := range want {
				everRan[sort]++
			}
			b.visit(s.url("/" + strconv.Itoa(i)))
			b.until(asked)
			if got := must[[]string](b, ran); !slices.Equal(got, want) {
				t.Errorf("undecided, %q: ran %q, without the edge %q", policies[i], got, want)
			}
			if got := must[string](b, bannerStyle); got != wantStyle {
				t.Errorf("%q: the banner looks like %s, want %s", policies[i], got, wantStyle)
			}
			b.click(bannerPart("button[value=refuse]"))
			b.until(decided)
			if got := must[[]string](b, ran); !slices.Equal(got, want) {
				t.Errorf("decided, %q: ran %q, without the edge %q", policies[i], got, want)
			}
		})
	}
	for _, sort := range []string{"inline", "nonce", "hashed", "handler", "eval", "/own", "/created", "style element", "style attribute"} {
		if everRan[sort] == 0 || everRan[sort] == len(names) {
			t.Errorf("%s ran under %d of %d policies: that says nothing", sort, everRan[sort], len(names))
		}
	}
}

// Without JavaScript the browser posts the banner's form itself, which form-action
// governs, also over the redirect that answers it.
func TestUnderEveryPolicyTheFormIsPosted(t *testing.T) {
	policies := [][]string{{"form-action 'none'"}, {"form-action https://pay.example"}, {"default-src 'none'; form-action 'none'"}, {"sandbox allow-forms allow-same-origin"}}
	s := startServer(t, "UPSTREAM="+policyOrigin(t, policies).URL)
	b := openBrowser(t, newWorld(t))
	b.withoutScripts()
	for i := range policies {
		b.visit(s.url("/" + strconv.Itoa(i)))
		b.until(asked)
		b.click(bannerPart("button[value=refuse]"))
		b.until(decided)
		call(b, storage.ClearCookies, storage.ClearCookiesParams{})
	}
}
