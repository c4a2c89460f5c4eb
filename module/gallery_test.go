package module_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestGalleryIsShownOnlyWhereItIsAskedFor pins that the address doesn't exist
// without the option.
func TestGalleryIsShownOnlyWhereItIsAskedFor(t *testing.T) {
	e := start(t, options{})
	for _, path := range []string{"/.privacy/gallery", "/.privacy/gallery/", "/.privacy/gallery/control"} {
		e.visit(t).get(path).want(t, 404, "no such address")
	}
	if served := e.origin.served.Load(); served != 0 {
		t.Errorf("the origin was asked %d times", served)
	}
}

// TestGalleryLeavesNoTrace pins what its frames may do: nothing. No cookie, no
// record, no script, no form.
func TestGalleryLeavesNoTrace(t *testing.T) {
	e := start(t, options{gate: "gallery"})
	v := e.visit(t)
	index := v.get("/.privacy/gallery")
	index.want(t, 200, `src="/.privacy/gallery/ask-corner?lang=kk&amp;scheme=dark"`, `sandbox loading="lazy"`)
	if style := hashes(index.body, inlineStyle); !strings.Contains(index.Header.Get("Content-Security-Policy"), "style-src "+style[0]+";") {
		t.Errorf("the index's style isn't admitted: %s", index.Header.Get("Content-Security-Policy"))
	}
	answers := []*answer{index}
	for _, frame := range []string{
		"ask-bottom", "ask-top", "ask-corner", "ask-open", "ask-failed", "control",
		"ask-again-edition", "ask-again-services", "ask-again-both", "ask-again-terms", "ask-again-expired",
		"page-undecided", "page-gpc", "page-dnt", "page-refused", "page-allowed", "page-stale", "page-withdrawn", "page-erased", "page-failed",
		"embed-blocked", "embed-cross-border", "embed-not-in-use", "embed-running", "embed-redirect", "embed-leaving",
	} {
		if !strings.Contains(index.body, "/.privacy/gallery/"+frame+"?") {
			t.Errorf("the index lacks %s", frame)
		}
		a := v.get("/.privacy/gallery/" + frame + "?lang=kk&scheme=dark")
		a.want(t, 200, `lang="kk"`)
		if policy := a.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "; sandbox") || strings.Contains(policy, "script-src") || !strings.Contains(policy, "default-src 'none'") {
			t.Errorf("%s: the policy is %q", frame, policy)
		}
		if strings.Contains(a.body, "<script") {
			t.Errorf("%s has a script", frame)
		}
		if strings.Contains(a.body, "prefers-color-scheme") {
			t.Errorf("%s asks the browser for its scheme", frame)
		}
		answers = append(answers, a)
	}
	for _, a := range answers {
		if a.Header.Get("Set-Cookie") != "" || a.Header.Get("Cache-Control") != "no-store" || a.Header.Get("X-Robots-Tag") != "noindex" {
			t.Errorf("headers %v", a.Header)
		}
	}
	v.get("/.privacy/gallery/other").want(t, 404)
	if status, body := e.askAdmin(http.MethodGet, "/consent/status"); status != 200 || !strings.Contains(body, `"rows":0`) {
		t.Errorf("status %d: %s", status, body)
	}
	if served := e.origin.served.Load(); served != 0 {
		t.Errorf("the origin was asked %d times", served)
	}
}
