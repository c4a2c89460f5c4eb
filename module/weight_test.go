package module_test

import (
	"bytes"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/andybalholm/brotli"
	"github.com/mamen-ai/consentgate/banner"
)

// The policy's own controller and edition: what the notice of mamen.ai says.
const policyOptions = `
	controller "ТОО «МАК IT»" {
		id 191240029778
		address "РК, Алматы, Бостандыкский район, ул. Байзакова, 280, 050040"
		email info@mamen.ai
	}
	policy 2025-03-12 https://mamen.ai/privacy.pdf
`

// What a page of the edge weighs above the origin's own, compressed whole with
// brotli at its best, as CDNs keep it: banner or control, with the script API, at most
// 2,000 B while it asks and 600 B after a decision. Nothing is fetched beside it.
func TestPagesStayWithinTheirBytes(t *testing.T) {
	weigh := func(page string) int {
		var out bytes.Buffer
		w := brotli.NewWriterLevel(&out, brotli.BestCompression)
		w.Write([]byte(page))
		w.Close()
		return out.Len()
	}
	look, err := banner.New(banner.Options{})
	if err != nil {
		t.Fatal(err)
	}
	api, _, _ := strings.Cut(string(look.API(banner.APIState{})), `{"state":`)
	external := regexp.MustCompile(`(?i)<[^>]*\s(src|href|srcset|poster)=["']?/\.privacy/assets/`)
	for name, test := range map[string]struct {
		app, gate string
		// With guard and consent calls, in bytes: of pages that ask, and of others.
		asked, decided int
	}{
		"alone":                         {"cross_border allow", "", 10900, 9400},
		"unknown block":                 {"", "unknown block", 9300, 9600},
		"named services, unknown block": {"", "unknown block\nservice matomo yandex_metrica", 8400, 8700},
	} {
		t.Run(name, func(t *testing.T) {
			e := start(t, options{app: policyOptions + test.app, gate: "languages kk ru en\n" + test.gate})
			for _, lang := range []string{"kk", "ru", "en"} {
				v := e.visit(t)
				page := strings.Replace(simplePage, "lang=en", "lang="+lang, 1)
				e.origin.serve(func(w http.ResponseWriter, r *http.Request) { writePage(w, page) })
				plain := weigh(page)
				measure := func(state string, most, mostWhole int) {
					body := v.get("/", "Accept-Language", lang).body
					if asked := external.FindString(body); asked != "" {
						t.Errorf("%s: the page asks for more: %s", state, asked)
					}
					before, _, found := strings.Cut(body, api+`{"state":"`+state+`"`)
					if !found {
						t.Fatalf("%s: the page is without its script API", state)
					}
					_, guard, _ := strings.Cut(before, "<script>")
					without := weigh(strings.Replace(body, guard, "", 1)) - plain
					whole := weigh(body) - plain
					t.Logf("%s %s: %d B, with guard and consent calls (%d characters) %d B", lang, state, without, len(guard), whole)
					if without > most || whole > mostWhole {
						t.Errorf("%s %s: %d B and %d B, want at most %d and %d", lang, state, without, whole, most, mostWhole)
					}
				}
				measure("undecided", 2000, test.asked)
				v.choose("refuse")
				measure("refused", 600, test.decided)
				v.choose("accept")
				measure("allowed", 600, test.decided)
			}
		})
	}
}
