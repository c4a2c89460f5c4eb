package policy

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write docs/policy.md")

const documentation = "../../docs/policy.md"

// TestDocumentationIsUpToDate holds the page that is written from policy.json.
func TestDocumentationIsUpToDate(t *testing.T) {
	got := page(builtinDocument(t))
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
		t.Error("docs/policy.md isn't what policy.json says: run go generate ./internal/policy")
	}
}

func page(d Document) []byte {
	var out bytes.Buffer
	newest := d.Editions[len(d.Editions)-1]
	fmt.Fprintf(&out, `# The policy's paragraphs, and what keeps them

<!-- Written by go generate ./internal/policy from policy.json. -->

The policy is that of %s for %s, edition of %s. This page is written from [policy.json](../internal/policy/policy.json), from which `+"`consentgate consent report`"+` takes the same tables. It is in this project's words; what counts is the policy's own text.

## What is processed, and what the edge holds of it

The ten rows of table 3.1.

`, newest.Controller, newest.Site, newest.Day)
	row := func(cells ...string) { fmt.Fprintf(&out, "| %s |\n", strings.Join(cells, " | ")) }
	head := func(cells ...string) {
		row(cells...)
		fmt.Fprintf(&out, "|%s\n", strings.Repeat("---|", len(cells)))
	}
	head("row", "purpose", "of whom", "on which basis", "for how long", "what the edge holds")
	for _, p := range d.Purposes {
		held := p.Edge.What
		if len(p.Edge.Tables) > 0 {
			held = "`" + strings.Join(p.Edge.Tables, "`, `") + "`: " + held
		}
		row(fmt.Sprint(p.Row), p.Name.English+"<br>"+p.Name.Russian, strings.Join(p.Subjects, ", "),
			strings.Join(p.Bases, "; "), strings.Join(p.Terms, "; "), held)
	}
	fmt.Fprint(&out, "\n## Paragraphs that bear on an edge\n\n")
	head("paragraph", "what it demands", "what does it", "shown by")
	for _, p := range d.Paragraphs {
		row(p.Paragraph, p.Demands, p.KeptBy, "`"+strings.Join(p.ShownBy, "`<br>`")+"`")
	}
	fmt.Fprint(&out, "\n## Contradictions\n\nWhere the policy contradicts itself or the law, the edge does what protects the visitor more. The owner of the policy decides.\n\n")
	head("", "paragraphs", "contradiction", "what the edge does")
	for _, c := range d.Contradictions {
		row(c.Letter, strings.Join(c.Paragraphs, ", "), c.Says, c.Resolved)
	}
	return out.Bytes()
}
