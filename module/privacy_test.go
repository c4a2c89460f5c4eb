package module_test

import (
	"net/http"
	"strings"
	"testing"
)

// serviceRow returns what the privacy page says of a service.
func (v *visitor) serviceRow(t *testing.T, name string) string {
	t.Helper()
	body := v.get("/.privacy/?lang=en").body
	for row := range strings.SplitSeq(body, `<tr role="row">`) {
		head, _, _ := strings.Cut(row, "</th>")
		row, _, _ = strings.Cut(row, "</tr>")
		if strings.HasPrefix(tag.ReplaceAllString(head, ""), name) {
			return tag.ReplaceAllString(strings.ReplaceAll(row, "</td>", "|"), " ")
		}
	}
	return ""
}

// TestPageSaysWhyEachServiceDoesNotRun pins, over a running edge, every reason for
// which a service doesn't run, and who runs it where.
func TestPageSaysWhyEachServiceDoesNotRun(t *testing.T) {
	const own = "service own_counter {\nname \"Own counter\"\nvendor \"Counter LLP\"\ncategory statistics\nscript stat.example.kz\n}"
	e := start(t, options{gate: "service matomo\nservice yandex_metrica\nservice zero_kz\n" + own})
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		writePage(w, `<html lang=en><body><script src="https://static.hotjar.com/c/hotjar-1.js"></script>`)
	})
	v := e.visit(t)
	want := func(state, name string, parts ...string) {
		t.Helper()
		row := v.serviceRow(t, name)
		for _, part := range parts {
			if !strings.Contains(row, part) {
				t.Errorf("%s: %s: %q doesn't say %q", state, name, row, part)
			}
		}
	}
	if row := v.serviceRow(t, "Hotjar"); row != "" {
		t.Errorf("a service that nobody met is listed: %q", row)
	}
	v.get("/").want(t, 200)
	want("undecided", "Hotjar", "Run by Hotjar Ltd.", "Ireland", "Always blocked", "this site does not use it")
	want("undecided", "Yandex", "Run by Yandex LLC", "Russia", "Always blocked", "it sends data abroad (policy, 3.2.6)")
	want("undecided", "Own counter", "Run by Counter LLP", "Always blocked", "in which country it processes data is not known")
	want("undecided", "Matomo", "Run by this site", "Blocked", "you have not chosen yet")
	v.header.Set("DNT", "1")
	want("DNT", "Matomo", "your browser refuses for you: Do Not Track")
	v.header.Set("Sec-GPC", "1")
	want("GPC", "Matomo", "your browser refuses for you: Global Privacy Control")
	v.header.Del("DNT")
	v.header.Del("Sec-GPC")
	v.choose("refuse")
	want("refused", "Matomo", "Blocked", "you refused")
	v.choose("save", "zero_kz")
	want("one allowed", "Matomo", "Blocked", "you did not allow it")
	want("one allowed", "Zero.kz", "Kazakhstan", "Works", "you allowed it")
	want("one allowed", "Yandex", "Always blocked", "it sends data abroad")
}
