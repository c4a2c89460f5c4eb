package catalogue

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
)

var update = flag.Bool("update", false, "write docs/catalogue.md")

const documentation = "../../docs/catalogue.md"

// TestDocumentationIsUpToDate holds the page that is written from services.json.
func TestDocumentationIsUpToDate(t *testing.T) {
	services, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	got := document(services)
	if *update {
		if err := os.WriteFile(documentation, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(documentation)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("docs/catalogue.md isn't what services.json says: run go generate ./internal/catalogue")
	}
}

// document writes the page, by category and name.
func document(services []Service) []byte {
	var page bytes.Buffer
	page.WriteString(`# The catalogue

<!-- Written by go generate ./internal/catalogue from services.json. -->

The services that consentgate knows without being told, by the category under which a visitor allows them. The ID is what ` + "`service`" + ` in a Caddyfile and ` + "`consentgate consent catalogue`" + ` take. How to add services, or to describe one otherwise, is in [caddyfile.md](caddyfile.md).

In addresses, ` + "`*.example.com`" + ` is every host below, ` + "`mc.example.*`" + ` the host under any country's ending, ` + "`/path`" + ` a path of the site itself and ` + "`*/path`" + ` of any host. "Told of a refusal by" is JavaScript that reaches the vendor's code where it runs although nothing told the edge what it is; where there is none, the doubt says why. Countries are ISO 3166-1 codes. "A visitor is told" what ` + "`keeps`" + ` says, in the visitor's language. Where no deletion of a single visitor is named, the vendor has none that consentgate can use.

The facts were gathered with care, and what no public document confirms is marked. Check them before you print them in a notice.
`)
	for _, category := range slices.Concat(consent.Optional(), []consent.Category{consent.Necessary}) {
		group := slices.DeleteFunc(slices.Clone(services), func(s Service) bool { return s.Category != category })
		slices.SortFunc(group, func(a, b Service) int {
			return strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name))
		})
		name := category.String()
		fmt.Fprintf(&page, "\n## %s%s (%d)\n", strings.ToUpper(name[:1]), name[1:], len(group))
		if category == consent.Necessary {
			page.WriteString("\nAlways reachable; a visitor isn't asked about them.\n")
		}
		for _, s := range group {
			documentService(&page, s)
		}
	}
	return page.Bytes()
}

func documentService(page *bytes.Buffer, s Service) {
	fmt.Fprintf(page, "\n### %s\n\n`%s`, run by %s. Processes data %s.\n\n", prose(s.Name), s.ID, prose(strings.TrimSuffix(s.Vendor, ".")), where(s.Countries))
	item := func(label, text string) {
		if text != "" {
			fmt.Fprintf(page, "- %s: %s\n", label, text)
		}
	}
	item("Loads from", code(s.Scripts))
	item("Sends to", code(s.Collect))
	item("Cookies", code(s.Cookies))
	item("Retention", prose(s.Retention))
	var kept []string
	for _, keep := range s.Keeps {
		kept = append(kept, keep.String())
	}
	item("A visitor is told", code(kept))
	item("Deletion of a single visitor", map[string]string{"matomo": "by Matomo's API (`downstream`)", "posthog": "by PostHog's API (`downstream`)"}[s.Deletion])
	if s.Window != 0 {
		item("Window of its records here", s.Window.String())
	}
	for _, signal := range s.Signals {
		item("Told of a refusal by", code([]string{signal.Denied}))
		if signal.Granted != "" {
			item("Told of a consent by", code([]string{signal.Granted}))
		}
	}
	item("In doubt", prose(s.Doubt))
	if s.Source != "" {
		var links []string
		for part := range strings.SplitSeq(s.Source, "; ") {
			title, address, _ := strings.Cut(part, ", https://")
			links = append(links, fmt.Sprintf("[%s](https://%s)", prose(title), address))
		}
		item("Source", strings.Join(links, ", "))
	}
}

func where(countries []string) string {
	const operator = "operator"
	abroad := slices.DeleteFunc(slices.Clone(countries), func(country string) bool { return country == operator })
	var list []string
	if len(abroad) < len(countries) {
		list = append(list, "where the operator runs it")
	}
	if len(abroad) > 0 {
		list = append(list, "in "+strings.Join(abroad, ", "))
	}
	return strings.Join(list, ", or ")
}

// prose keeps names such as _ga and <ID> from being read as Markdown.
func prose(text string) string {
	return strings.NewReplacer("_", `\_`, "*", `\*`, "<", `\<`, "[", `\[`, "]", `\]`).Replace(text)
}

func code(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return "`" + strings.Join(list, "`, `") + "`"
}
