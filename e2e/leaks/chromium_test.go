package leaks

import "testing"

// chromium is the browser of the ordinary tests.
type chromium struct{}

func (chromium) String() string { return "Chromium" }

// userAgent is that of a visitor: Chromium's own says that it is headless, which
// the edge knows as a bot.
const userAgent = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"

func (chromium) start(t *testing.T, l *lab, url string) (end func()) {
	t.Helper()
	return launch(t, "chromium",
		"--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--no-default-browser-check",
		"--user-data-dir="+t.TempDir(), "--user-agent="+userAgent, "--window-size=1000,800",
		"--ignore-certificate-errors-spki-list="+l.authority.fingerprint(),
		// Nothing but what the pages do.
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-domain-reliability",
		"--disable-client-side-phishing-detection", "--disable-quic", "--dns-over-https-mode=off",
		"--disable-features=Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,DnsOverHttps",
		// All that the pages do, at once, in every window.
		"--disable-popup-blocking", "--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding",
		"--disable-background-timer-throttling", "--autoplay-policy=no-user-gesture-required", "--short-reporting-delay",
		"--allow-loopback-in-peer-connection", "--enable-features=AllowLoopbackInPeerConnection",
		url)
}
