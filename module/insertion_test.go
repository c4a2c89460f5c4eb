package module_test

import (
	"net/http"
	"testing"
)

// TestWhereTheBannerBelongs pins that the banner stands in whole pages that a
// person looks at, and that trackers are blocked everywhere (policy 3.1 row 7).
func TestWhereTheBannerBelongs(t *testing.T) {
	e := start(t, options{})
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) { writePage(w, trackerPage) })
	const googlebot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
	tests := []struct {
		name   string
		header []string
		banner bool
	}{
		{"navigation", nil, true},
		{"client without fetch metadata", []string{"Sec-Fetch-Dest", "", "Sec-Fetch-Site", ""}, true},
		{"prefetch", []string{"Sec-Purpose", "prefetch"}, true},
		{"browser inside an app", []string{"X-Requested-With", "org.telegram.messenger"}, true},
		{"fetch", []string{"Sec-Fetch-Dest", "empty"}, false},
		{"iframe", []string{"Sec-Fetch-Dest", "iframe"}, false},
		{"frame", []string{"Sec-Fetch-Dest", "frame"}, false},
		{"object", []string{"Sec-Fetch-Dest", "object"}, false},
		{"htmx", []string{"HX-Request", "true", "Sec-Fetch-Dest", ""}, false},
		{"Turbo frame", []string{"Turbo-Frame", "x", "Sec-Fetch-Dest", ""}, false},
		{"pjax", []string{"X-PJAX", "true", "Sec-Fetch-Dest", ""}, false},
		{"XMLHttpRequest", []string{"X-Requested-With", "XMLHttpRequest", "Sec-Fetch-Dest", ""}, false},
		{"mislabelled image", []string{"Sec-Fetch-Dest", "image"}, false},
		{"bot", []string{"User-Agent", googlebot}, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			a := e.visit(t).get("/", test.header...)
			a.want(t, 200, blockedScript, blockedImage, `<script src="/own.js">`, "!"+controlMark)
			if test.banner {
				a.want(t, 200, bannerMark)
			} else {
				a.want(t, 200, "!"+bannerMark)
			}
		})
	}
}

// TestFramedDocumentHasTheGuard pins that a frame, in which scripts run as in any
// page, is guarded.
func TestFramedDocumentHasTheGuard(t *testing.T) {
	e := start(t, options{})
	e.visit(t).get("/", "Sec-Fetch-Dest", "iframe").want(t, 200, guardMark, "!"+bannerMark)
}

// TestFragmentStaysAFragment pins an answer that a script puts into a page: no
// element of ours in it that the page would then have twice.
func TestFragmentStaysAFragment(t *testing.T) {
	e := start(t, options{})
	const fragment = `<li>one</li><li>two</li>`
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) { writePage(w, fragment) })
	for _, header := range [][]string{
		{"Sec-Fetch-Dest", "empty"},
		{"HX-Request", "true", "Sec-Fetch-Dest", "empty"},
		{"X-Requested-With", "XMLHttpRequest", "Sec-Fetch-Dest", ""},
	} {
		e.visit(t).get("/", header...).wantSame(t, []byte(fragment))
	}
}

// TestGlobalPrivacyControl pins that Sec-GPC: 1 is a refusal that needs no answer
// and no cookie, and that the visitor can still allow.
func TestGlobalPrivacyControl(t *testing.T) {
	e := start(t, options{app: "cross_border allow"})
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) { writePage(w, trackerPage) })
	v := e.visit(t)
	v.header.Set("Sec-GPC", "1")
	a := v.get("/")
	a.want(t, 200, controlMark, "!"+bannerMark, blockedScript)
	a.wantHeader(t, "Set-Cookie", "")
	if state := v.state(); state["gpc"] != true || state["ask"] != false || state["state"] != "undecided" {
		t.Errorf("state %v", state)
	}
	v.choose("accept")
	v.get("/").want(t, 200, controlMark, "!"+blockedScript)

	for _, value := range []string{"0", "true", "1, 1"} {
		e.visit(t).get("/", "Sec-GPC", value).want(t, 200, bannerMark)
	}
}

// TestAllowedPageRunsTheOriginsScripts pins that what is allowed isn't touched,
// and what isn't stays blocked.
func TestAllowedPageRunsTheOriginsScripts(t *testing.T) {
	e := start(t, options{app: "cross_border allow"})
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) { writePage(w, trackerPage) })
	for _, test := range []struct {
		allow []string
		words []string
	}{
		{[]string{"statistics"}, []string{"!" + blockedScript, blockedImage}},
		{[]string{"yandex_metrica"}, []string{"!" + blockedScript, blockedImage}},
		{[]string{"marketing"}, []string{blockedScript, "!" + blockedImage}},
		{[]string{"functional"}, []string{blockedScript, blockedImage}},
		{[]string{"statistics", "marketing"}, []string{"!" + blockedScript, "!" + blockedImage}},
		{nil, []string{blockedScript, blockedImage}},
	} {
		v := e.visit(t)
		v.choose("save", test.allow...)
		v.get("/").want(t, 200, test.words...)
	}
}

// TestCrossBorderDenyOutlastsConsent pins policy 3.2.6: what would leave
// Kazakhstan stays blocked even when it is allowed.
func TestCrossBorderDenyOutlastsConsent(t *testing.T) {
	e := start(t, options{})
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) { writePage(w, trackerPage) })
	v := e.visit(t)
	v.choose("accept")
	v.get("/").want(t, 200, blockedScript, blockedImage)
	v.get("/.privacy/state?listing").want(t, 200, `"reason": "cross_border"`)
}

// TestTheSameStateGetsTheSameBytes pins that nothing of ours names a visitor:
// no nonce, no ID, no secret in a compressed body.
func TestTheSameStateGetsTheSameBytes(t *testing.T) {
	e := start(t, options{})
	one, two := e.visit(t), e.visit(t)
	one.get("/").wantSame(t, []byte(two.get("/").body))
	one.choose("accept")
	two.choose("accept")
	one.get("/").wantSame(t, []byte(two.get("/").body))
}
