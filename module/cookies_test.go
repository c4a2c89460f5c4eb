package module_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

var tableRow = regexp.MustCompile(`<tr role="row"><th role="rowheader" scope="row"><code>(.*?)</code></th>(.*?)</tr>`)
var aDay = regexp.MustCompile(`\d+ [A-Z][a-z]+ 20\d\d`)
var tag = regexp.MustCompile(`<[^>]*>`)

// cookieTable returns the page's table of cookies: name, whose, term, seen.
func (v *visitor) cookieTable(t *testing.T) map[string]string {
	t.Helper()
	_, table, _ := strings.Cut(v.get("/.privacy/?lang=en").body, `<h2 id="cookies">`)
	table, _, _ = strings.Cut(table, "</table>")
	rows := make(map[string]string)
	for _, row := range tableRow.FindAllStringSubmatch(table, -1) {
		if _, twice := rows[row[1]]; twice {
			t.Errorf("%s stands twice", row[1])
		}
		cells := strings.Trim(tag.ReplaceAllString(strings.ReplaceAll(row[2], "</td>", "|"), ""), "|")
		rows[row[1]] = aDay.ReplaceAllString(cells, "a day")
	}
	return rows
}

// TestPageShowsTheCookiesThatWereSeen pins the table from the live inventory: what
// services declare, what the site sets, and nothing that only a browser claims.
func TestPageShowsTheCookiesThatWereSeen(t *testing.T) {
	e := start(t, options{app: "cross_border allow", gate: "service matomo"})
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		for _, line := range []string{
			"theme=dark; Max-Age=31536000", "basket_81234567=1; Path=/", "old=; Max-Age=0", "_fbp=1; Max-Age=7776000", "_pk_ses.1.demo=1; Max-Age=1800",
		} {
			w.Header().Add("Set-Cookie", line)
		}
		writePage(w, "<p>Page</p>")
	})
	v := e.visit(t)
	want := map[string]string{"privacy_choice": "This site: your choice|6 months|once you decide"}
	unseen := func(want ...string) {
		t.Helper()
		_, folded, _ := strings.Cut(v.get("/.privacy/?lang=en").body, "<summary>Declared by services, not seen so far</summary>")
		folded, _, _ = strings.Cut(folded, "</details>")
		if got := strings.Join(strings.Fields(tag.ReplaceAllString(folded, "")), " "); got != strings.Join(want, " ") {
			t.Errorf("not seen so far: %q, want %q", got, want)
		}
	}
	compare := func(when string) {
		t.Helper()
		got := v.cookieTable(t)
		for name, row := range want {
			if got[name] != row {
				t.Errorf("%s: %s is %q, want %q", when, name, got[name], row)
			}
			delete(got, name)
		}
		if len(got) > 0 {
			t.Errorf("%s: also %v", when, got)
		}
	}
	compare("before any traffic")
	unseen("Matomo:", "_pk_cvar.*", "_pk_hsr.*", "_pk_id.*", "_pk_ref.*", "_pk_ses.*", "_pk_testcookie*", "_pk_uid", "mtm_consent", "mtm_consent_removed", "mtm_cookie_consent")

	v.header.Set("Cookie", "_pk_id.1.demo=1; rude_words=1; __utma=1; _ga_RUDEWORDS=1")
	v.get("/").want(t, 200)
	v.header.Del("Cookie")
	want["theme"] = "This site; not described|1 year|a day"
	want["basket_*"] = "This site; not described|until you close the browser|a day"
	want["old"] = "This site; not described|not known|a day"
	want["_fbp"] = "Meta (Facebook) Pixel Marketing|90 days|a day"
	want["_pk_id.*"] = "Matomo Statistics|13 months|a day"
	want["_pk_ses.*"] = "Matomo Statistics|30 minutes|a day"
	want["__utma"] = "Google Universal Analytics Statistics|not known|a day"
	want["_ga_*"] = "Google Analytics 4 Statistics|not known|a day"
	compare("after a page")
	unseen("Matomo:", "_pk_cvar.*", "_pk_hsr.*", "_pk_ref.*", "_pk_testcookie*", "_pk_uid", "mtm_consent", "mtm_consent_removed", "mtm_cookie_consent")
}

// TestCookiesOfOtherSitesAreNotShown pins that the sites of one edge, which share an
// inventory, don't show each other's cookies.
func TestCookiesOfOtherSitesAreNotShown(t *testing.T) {
	e := start(t, options{host: "shop.test", sites: "http://blog.test:" + port + " {\nbind " + ip + "\n" + directive + "\n" + proxy + "\n}"})
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", r.Host[:4]+"_theme=1")
		writePage(w, "<p>Page</p>")
	})
	shop, blog := e.visit(t), e.visit(t)
	blog.host = "blog.test"
	shop.get("/").want(t, 200)
	blog.get("/").want(t, 200)
	for own, v := range map[string]*visitor{"shop_theme": shop, "blog_theme": blog} {
		got := v.cookieTable(t)
		if len(got) != 2 || got[own] == "" {
			t.Errorf("%s shows %v", v.host, got)
		}
	}
}
