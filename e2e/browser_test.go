package e2e

import (
	"context"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/storage"
	"github.com/chromedp/chromedp"
)

// browser is a fresh Chromium with one tab, for which every foreign host is the
// world.
type browser struct {
	t     *testing.T
	ctx   context.Context
	world *world
}

// browserHosts are what Chromium itself looks for, whatever page is open.
var browserHosts = []string{"accounts.google.com", "clients2.google.com", "update.googleapis.com", "android.clients.google.com",
	"optimizationguide-pa.googleapis.com", "content-autofill.googleapis.com", "safebrowsingohttpgateway.googleapis.com"}

// userAgent is that of a visitor: Chromium's own says that it is headless, which
// the edge knows as a bot.
const userAgent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"

// openBrowser starts a browser that ends with the test, with further options.
func openBrowser(t *testing.T, w *world, further ...chromedp.ExecAllocatorOption) *browser {
	t.Helper()
	rules := []string{"MAP " + domain + " 127.0.0.1", "MAP *." + domain + " 127.0.0.1"}
	for _, host := range browserHosts {
		rules = append(rules, "MAP "+host+" ~NOTFOUND")
	}
	rules = append(rules, "MAP * "+w.listener.Addr().String(), "EXCLUDE localhost", "EXCLUDE *.localhost", "EXCLUDE 127.0.0.1")
	flags := map[string]any{
		"no-sandbox": os.Geteuid() == 0, "disable-gpu": true, "disable-quic": true,
		"disable-component-update": true, "disable-domain-reliability": true, "no-pings": true,
		"ignore-certificate-errors": true, "host-resolver-rules": strings.Join(rules, ", "),
		"disable-features": "Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable",
		"user-agent":       userAgent,
		"lang":             "ru", "accept-lang": "ru", "user-data-dir": t.TempDir(),
	}
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.ExecPath(tool(t, "chromium")))
	for name, value := range flags {
		options = append(options, chromedp.Flag(name, value))
	}
	allocator, end := chromedp.NewExecAllocator(context.Background(), append(options, further...)...)
	t.Cleanup(end)
	ctx, closeTab := chromedp.NewContext(allocator)
	t.Cleanup(closeTab)
	b := &browser{t: t, ctx: ctx, world: w}
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("starting Chromium: %v", err)
	}
	return b
}

// do runs steps within patience.
func (b *browser) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// call sends one command of the DevTools protocol.
func call[P, R any](b *browser, command cdp.Command[P, R], params P) R {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	result, err := chromedp.Run(ctx, func(ctx context.Context, target *chromedp.Target) (R, error) {
		return cdp.Call(ctx, target, command, params)
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return result
}

// evaluate returns the value of an expression in the page.
func evaluate[T any](b *browser, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression))
}

// must returns the value of an expression that can't fail.
func must[T any](b *browser, expression string) T {
	b.t.Helper()
	value, err := evaluate[T](b, expression)
	if err != nil {
		b.t.Fatalf("%s: %v", expression, err)
	}
	return value
}

// until waits until an expression in the page is true.
func (b *browser) until(expression string) {
	b.t.Helper()
	eventually(b.t, expression, func() error {
		holds, err := evaluate[bool](b, expression)
		if err == nil && !holds {
			err = fmt.Errorf("it is not")
		}
		return err
	})
}

// visit opens a page and waits until it and everything it asked for is loaded.
func (b *browser) visit(url string) {
	b.t.Helper()
	b.do(chromedp.Navigate(url))
	b.until("document.readyState === 'complete'")
}

// withoutScripts switches JavaScript off for pages opened from now on.
func (b *browser) withoutScripts() {
	b.t.Helper()
	b.scripts(false)
}

// scripts switches JavaScript on or off for pages opened from now on.
func (b *browser) scripts(run bool) {
	b.t.Helper()
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !run})
}

// from has the browser's requests come from another client each time, for a server that
// is behindProxy: of one client only so many choices are taken at once.
func (b *browser) from(client int) {
	b.t.Helper()
	address := netip.AddrFrom4([4]byte{10, 0, byte(client >> 8), byte(client)}).String()
	call(b, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"X-Forwarded-For": address}})
}

// cookies lists the names of all cookies of all hosts.
func (b *browser) cookies() []string {
	b.t.Helper()
	var names []string
	for _, cookie := range call(b, storage.GetCookies, storage.GetCookiesParams{}).Cookies {
		names = append(names, cookie.Name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// click presses the mouse on the element that a JavaScript expression returns.
func (b *browser) click(element string) {
	b.t.Helper()
	at := must[[]float64](b, `(e => { e.scrollIntoView({block: 'nearest', behavior: 'instant'}); const r = e.getBoundingClientRect();
		return [r.x + r.width / 2, r.y + r.height / 2]; })(`+element+`)`)
	b.do(chromedp.MouseClickXY(at[0], at[1]))
}

// In the page: the banner's host element, and what lies in its shadow root.
const bannerRoot = `document.getElementById('privacy-choice')?.shadowRoot`

func bannerPart(selector string) string {
	return fmt.Sprintf("%s.querySelector(%q)", bannerRoot, selector)
}

// asked is true in a page with the banner, decided in one with the control only.
const (
	asked   = `document.readyState === 'complete' && !!` + bannerRoot + `?.querySelector('button[value=accept]')`
	decided = `document.readyState === 'complete' && !document.getElementById('privacy-choice')
		&& !!document.getElementById('privacy-control')?.shadowRoot?.querySelector('a[href="/.privacy/"]')`
)

// choose presses a button of the banner and waits for the page in its new state.
func (b *browser) choose(button string) {
	b.t.Helper()
	b.until(asked)
	b.click(bannerPart("button[value=" + button + "]"))
	b.until(decided)
}

// sentinel is a foreign host that the browser is led to on purpose.
const sentinel = "sentinel.example"

// leaks returns the foreign hosts that were connected to. It leads the browser
// to one more, so that everything before it has been seen and a world that
// sees nothing can't pass for a clean one.
func (b *browser) leaks() []string {
	b.t.Helper()
	b.visit("https://" + sentinel + "/sentinel")
	reached := b.world.reached()
	if !slices.Contains(reached, sentinel) {
		b.t.Fatalf("the browser's way to foreign hosts isn't seen: %v", reached)
	}
	return slices.DeleteFunc(reached, func(host string) bool { return host == sentinel })
}
