package module_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestReportingPolicyAdmitsWhatIsInserted pins that a policy of the site that only
// reports doesn't report the edge's own insertions.
func TestReportingPolicyAdmitsWhatIsInserted(t *testing.T) {
	e := start(t, options{})
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy-Report-Only", "script-src 'self'; style-src 'nonce-abc'; report-uri /csp")
		writePage(w, simplePage)
	})
	a := e.visit(t).get("/")
	site := a.Header.Values("Content-Security-Policy-Report-Only")[0]
	for _, hash := range append(hashes(a.body, inlineScript), hashes(a.body, inlineStyle)...) {
		if !strings.Contains(site, hash) {
			t.Errorf("%s isn't in %q", hash, site)
		}
	}
	if !strings.HasSuffix(site, "; report-uri /csp") {
		t.Errorf("it became %q", site)
	}
}

// TestPolicyOfThePageItselfAdmitsWhatIsInserted pins the same of a policy in a meta
// element, which no header can change.
func TestPolicyOfThePageItselfAdmitsWhatIsInserted(t *testing.T) {
	e := start(t, options{})
	const policy = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; form-action 'none'">`
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		writePage(w, strings.Replace(simplePage, "<title>", policy+"<title>", 1))
	})
	v := e.visit(t)
	for _, state := range []string{"undecided", "refused"} {
		a := v.get("/")
		_, behind, found := strings.Cut(a.body, `<meta content="`)
		stated, behind, _ := strings.Cut(behind, `"`)
		if !found || !strings.Contains(behind, ` http-equiv="Content-Security-Policy" data-privacy-content="default-src 'none'; form-action 'none'">`) {
			t.Fatalf("%s: the page is %s", state, a.body)
		}
		// The script of the head stands before it.
		for _, hash := range append(hashes(behind, inlineScript), hashes(behind, inlineStyle)...) {
			if !strings.Contains(stated, hash) {
				t.Errorf("%s: %s isn't in %q", state, hash, stated)
			}
		}
		endpoint := "http://" + v.host + ":" + e.port + "/.privacy/"
		for _, directive := range []string{"connect-src " + endpoint, "form-action " + endpoint, "default-src 'none'"} {
			if !strings.Contains(stated, directive) {
				t.Errorf("%s: %q isn't in %q", state, directive, stated)
			}
		}
		v.choose("refuse")
	}
}

// TestBaseElementLeadsNothingOfTheEdgeAway pins where the banner, the control and a
// placeholder lead on a page whose addresses are another host's, or open elsewhere.
func TestBaseElementLeadsNothingOfTheEdgeAway(t *testing.T) {
	e := start(t, options{app: "cross_border allow"})
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		writePage(w, strings.Replace(framedVideo, "<title>", "<base href=https://cdn.example/ target=_blank><title>", 1))
	})
	v := e.visit(t)
	// A browser that sends fetch metadata to this host does so over TLS, whoever ends it.
	// A browser that sends fetch metadata to this host does so over TLS, whoever ends it.
	here := "https://" + v.host + ":" + e.port + "/.privacy/"
	frame := `<iframe src="` + here + `embed/youtube/at/`
	v.get("/").want(t, 200, "<form target=_self method=post action="+here+"choice ", "<a target=_self href="+here+">", frame, "!href=/.", "!action=/.")
	v.choose("refuse")
	v.get("/").want(t, 200, controlMark, "<a target=_self href="+here+">", frame, "!href=/.")
}

// TestSandboxGetsNoBannerThatTakesNoAnswer pins what a page gets that may send no form,
// or run no script.
func TestSandboxGetsNoBannerThatTakesNoAnswer(t *testing.T) {
	e := start(t, options{})
	for policy, words := range map[string][]string{
		"sandbox":                                             {"!" + bannerMark, controlMark, "!<script>"},
		"sandbox allow-scripts allow-forms":                   {"!" + bannerMark, controlMark, "<script>"},
		"sandbox allow-forms allow-same-origin":               {bannerMark, "!" + controlMark, "!<script>"},
		"sandbox allow-forms allow-same-origin allow-scripts": {bannerMark, "!" + controlMark, "<script>"},
	} {
		e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Security-Policy", policy)
			writePage(w, simplePage)
		})
		e.visit(t).get("/").want(t, 200, words...)
	}
}

// TestFrameInASandboxSaysWhatItWouldBe pins that a frame in which no click would count
// shows the placeholder with nothing to press.
func TestFrameInASandboxSaysWhatItWouldBe(t *testing.T) {
	e := start(t, options{app: "cross_border allow"})
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		writePage(w, strings.Replace(framedVideo, "<iframe ", `<iframe sandbox="allow-scripts allow-same-origin" `, 1))
	})
	v := e.visit(t)
	v.get("/").want(t, 200, `<iframe src=/.privacy/embed/youtube/held  sandbox="allow-scripts allow-same-origin" `)
	v.frame("youtube/held", "/").want(t, 200, "<h1>YouTube</h1>", "United States", "!<form", "!<button", "!<a ")
	v.frame("youtube/held/held", "/").want(t, 404)
}
