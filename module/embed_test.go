package module_test

import (
	"encoding/base64"
	"fmt"
	"html"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const framedVideo = `<!doctype html><html lang=en><head><title>x</title></head><body><iframe width=560 height=315 src="https://www.youtube.com/embed/x"></iframe></body></html>`

// frame asks for the placeholder as the browser does for a frame of the page.
func (v *visitor) frame(service, page string) *answer {
	v.t.Helper()
	return v.get("/.privacy/embed/"+service, "Sec-Fetch-Dest", "iframe", "Accept-Language", "en", "Referer", v.scheme+"://"+v.host+":"+v.edge.port+page)
}

var formField = regexp.MustCompile(`<(?:input type="hidden"|button) name="([a-z]+)" value="([^"]*)">`)

// fields returns what the form of a page posts.
func (a *answer) fields() url.Values {
	form := url.Values{}
	for _, match := range formField.FindAllStringSubmatch(a.body, -1) {
		form.Add(match[1], html.UnescapeString(match[2]))
	}
	return form
}

// TestBlockedFrameLeadsToThePlaceholder pins what a page gets in place of a
// blocked video, before and after it is allowed, and that the placeholder shows
// whose it is.
func TestBlockedFrameLeadsToThePlaceholder(t *testing.T) {
	const placeholder = `<iframe src=/.privacy/embed/youtube/at/aHR0cHM6Ly93d3cueW91dHViZS5jb20vZW1iZWQveA  width=560 height=315 data-privacy-src="https://www.youtube.com/embed/x">`
	e := start(t, options{app: "cross_border allow"})
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) { writePage(w, framedVideo) })
	v := e.visit(t)
	v.get("/").want(t, http.StatusOK, placeholder)
	served := e.origin.served.Load()
	a := v.frame("youtube", "/")
	a.want(t, http.StatusOK, "<h1>YouTube</h1>", "Allow YouTube here", "United States", `<html lang="en">`, "!"+guardMark, "!<script")
	if e.origin.served.Load() != served {
		t.Error("the origin was asked for the placeholder")
	}
	a.wantHeader(t, "Cache-Control", "no-store")
	a.wantHeader(t, "X-Robots-Tag", "noindex")
	a.wantHeader(t, "X-Frame-Options", "")
	a.wantHeader(t, "Cross-Origin-Embedder-Policy", "require-corp")
	a.wantHeader(t, "Cross-Origin-Resource-Policy", "same-origin")
	a.wantHeader(t, "Content-Type", "text/html; charset=utf-8")
	a.wantHeader(t, "Content-Security-Policy", "default-src 'none'; style-src "+strings.Join(hashes(a.body, inlineStyle), " ")+
		"; form-action 'self'; base-uri 'none'; frame-ancestors 'self'")

	v.choose("save", "youtube")
	v.get("/").want(t, http.StatusOK, `<iframe width=560 height=315 src="https://www.youtube.com/embed/x">`, "!/embed/youtube")
	v.frame("youtube", "/video.html").want(t, http.StatusOK, `href="/video.html" target="_top"`, "!<form", "!<button")
}

// TestPlaceholderAllowsBesideWhatIsAllowed pins that the button adds one service
// to the visitor's choice. The consent's ID stays the same: a withdrawal would
// begin another.
func TestPlaceholderAllowsBesideWhatIsAllowed(t *testing.T) {
	e := start(t, options{app: "cross_border allow"})
	for name, c := range map[string]struct {
		before, after []string
	}{
		"undecided":      {nil, []string{"youtube"}},
		"statistics":     {[]string{"statistics"}, []string{"statistics", "youtube"}},
		"single service": {[]string{"statistics", "google_maps"}, []string{"statistics", "google_maps", "youtube"}},
	} {
		t.Run(name, func(t *testing.T) {
			v := e.visit(t)
			if c.before != nil {
				v.choose("save", c.before...)
			}
			held := consentOf(t, v)
			form := v.frame("youtube", "/blog/?page=2&sort=new").fields()
			a := v.post("choice", form, "Sec-Fetch-Dest", "document", "Referer", "http://shop.test:"+e.port+"/.privacy/embed/youtube")
			a.want(t, http.StatusSeeOther)
			if location := a.destination(); location != "/blog/?page=2&sort=new" {
				t.Errorf("leads to %q", location)
			}
			state := v.state()
			var allowed []string
			for _, list := range []string{"categories", "services"} {
				for _, word := range state[list].([]any) {
					allowed = append(allowed, word.(string))
				}
			}
			slices.Sort(allowed)
			slices.Sort(c.after)
			if !slices.Equal(allowed, c.after) {
				t.Errorf("allowed %q, want %q", allowed, c.after)
			}
			if now := consentOf(t, v); now == "" || held != "" && now != held {
				t.Errorf("the consent was %q and is %q", held, now)
			}
		})
	}
}

// A frame may be older than the visitor's choice: its button must not bring back
// what was withdrawn in another tab, nor take away what was added there.
func TestOldPlaceholderAddsToThePresentChoice(t *testing.T) {
	e := start(t, options{app: "cross_border allow"})
	v := e.visit(t)
	v.choose("save", "statistics")
	form := v.frame("youtube", "/").fields()
	v.choose("save", "marketing")
	held := consentOf(t, v)
	v.post("choice", form).want(t, http.StatusSeeOther)
	state := v.state()
	if got := fmt.Sprint(state["categories"], state["services"]); got != "[marketing] [youtube]" {
		t.Errorf("allowed %s", got)
	}
	if now := consentOf(t, v); now != held {
		t.Errorf("the consent was %q and is %q", held, now)
	}
}

// consentOf returns the visitor's consent ID, "" without one.
func consentOf(t *testing.T, v *visitor) string {
	t.Helper()
	a := v.get("/.privacy/receipt")
	if a.StatusCode != http.StatusOK {
		return ""
	}
	return v.consentID()
}

// TestPlaceholderReturnsToThePageThatFramesIt pins the way back, which only a
// referring page of the same host can name.
func TestPlaceholderReturnsToThePageThatFramesIt(t *testing.T) {
	e := start(t, options{app: "cross_border allow"})
	v := e.visit(t)
	own := "http://shop.test:" + e.port
	for referrer, want := range map[string]string{
		own + "/a/b.html?x=1#y": "/a/b.html?x=1", own: "/", "": "/", own + "/.privacy/": "/", own + "/.privacy/embed/youtube": "/",
		"http://other.test/a": "/", "http://shop.test/a": "/", own + "//other.test/": "/", "%": "/",
		own + "/long?x=" + strings.Repeat("y", 3000): "/long", own + "/" + strings.Repeat("%D0%B0", 300): "/",
	} {
		form := v.get("/.privacy/embed/youtube", "Referer", referrer).fields()
		if got := form.Get("return"); got != want {
			t.Errorf("%.80s: returns to %.80q, want %q", referrer, got, want)
		}
		if size := len(form.Encode()); size > 2<<10 {
			t.Errorf("%.80s: the form has %d bytes", referrer, size)
		}
	}
}

// TestPlaceholderOfWhatNeverRunsOffersNothing pins policy 3.2.6: what would send
// data abroad can't be allowed.
func TestPlaceholderOfWhatNeverRunsOffersNothing(t *testing.T) {
	for name, c := range map[string]struct {
		options options
		words   string
	}{
		"abroad":     {options{}, "it sends data abroad"},
		"not in use": {options{app: "cross_border allow", gate: "service vimeo"}, "this site does not use it"},
	} {
		t.Run(name, func(t *testing.T) {
			e := start(t, c.options)
			e.origin.serve(func(w http.ResponseWriter, r *http.Request) { writePage(w, framedVideo) })
			v := e.visit(t)
			v.get("/").want(t, http.StatusOK, "<iframe src=/.privacy/embed/youtube/at/")
			v.frame("youtube", "/").want(t, http.StatusOK, c.words, `href="/.privacy/?lang=en" target="_top"`, "!<form", "!<button")
		})
	}
}

// TestPlaceholdersOfNothing pins that there are placeholders of embeds only.
func TestPlaceholdersOfNothing(t *testing.T) {
	v := start(t, options{}).visit(t)
	for _, id := range []string{"", "nothing", "youtube/", "youtube/x", "YouTube", "matomo", "meta_pixel", "visits", "%79outube%2f"} {
		v.get("/.privacy/embed/"+id).want(t, http.StatusNotFound)
	}
	v.get("/.privacy/embed").want(t, http.StatusNotFound)
	v.post("embed/youtube", nil).want(t, http.StatusMethodNotAllowed)
	v.do(http.MethodHead, "/.privacy/embed/youtube", "").want(t, http.StatusOK)
}

// TestPlaceholderLinksToTheSource pins the plain link to what the frame would show, and
// that no other address can be put on the site's page.
func TestPlaceholderLinksToTheSource(t *testing.T) {
	e := start(t, options{app: "cross_border allow"})
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		writePage(w, `<iframe src="//www.youtube.com/embed/x?a=1&amp;b=%22"></iframe>`)
	})
	v := e.visit(t)
	at := func(address string) string {
		return "youtube/at/" + base64.RawURLEncoding.EncodeToString([]byte(address))
	}
	own := at("https://www.youtube.com/embed/x?a=1&b=%22")
	v.get("/").want(t, 200, "<iframe src=/.privacy/embed/"+own+" ")
	v.frame(own, "/").want(t, 200, `<a href="https://www.youtube.com/embed/x?a=1&amp;b=%22" target="_blank" rel="noreferrer" class="source">Go on to www.youtube.com</a>`, "Run by Google LLC", "Allow YouTube here")
	for _, path := range []string{
		at("https://evil.example/"), at("https://www.youtube.com.evil.example/embed/x"), at("https://www.youtube.com@evil.example/"), at("javascript://www.youtube.com/embed/%0Aalert(1)"),
		at("//www.youtube.com/embed/x"), at("https://www.youtube.com/embed/x y"), at("https://www.youtube.com/embed/" + strings.Repeat("x", 1100)), "youtube/at/%21", "youtube/at/",
	} {
		v.frame(path, "/").want(t, 200, "Allow YouTube here", "!Go on to", "!evil")
	}
}

// TestChoiceOnAPlaceholderTellsWhatWasShown pins the notice in the evidence: the
// placeholder's, not the banner's.
func TestChoiceOnAPlaceholderTellsWhatWasShown(t *testing.T) {
	v := start(t, options{app: "cross_border allow"}).visit(t)
	notice := func(form url.Values) string {
		t.Helper()
		v.post("choice", form).want(t, http.StatusSeeOther)
		return regexp.MustCompile(`[0-9a-f]{64}`).FindString(v.get("/.privacy/receipt").body)
	}
	embed := v.frame("youtube", "/").fields()
	byBanner := maps.Clone(embed)
	byBanner.Del("from")
	if shown, other := notice(embed), notice(byBanner); shown == "" || shown == other {
		t.Errorf("the notice is %q, the banner's %q", shown, other)
	}
}
