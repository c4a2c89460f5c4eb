package policy

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

func builtinDocument(t *testing.T) Document {
	t.Helper()
	document, err := Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return document
}

// Policy 3.1: the edge holds data for row 7 only, and for its two windows.
func TestOnlyAnalyticsIsHeld(t *testing.T) {
	for _, purpose := range builtinDocument(t).Purposes {
		if (purpose.Row == 7) != (len(purpose.Edge.Tables) == 2) {
			t.Errorf("row %d is held in %q", purpose.Row, purpose.Edge.Tables)
		}
		want := []Window(nil)
		if purpose.Row == 7 {
			want = []Window{Months14, Months24}
		}
		if len(purpose.Windows) != len(want) || len(want) > 0 && (purpose.Windows[0] != want[0] || purpose.Windows[1] != want[1]) {
			t.Errorf("row %d has the windows %v", purpose.Row, purpose.Windows)
		}
	}
}

// TestEveryParagraphIsShownByATestThatExists pins that no row of the table claims
// what nothing holds.
func TestEveryParagraphIsShownByATestThatExists(t *testing.T) {
	root := filepath.Join("..", "..")
	sources := make(map[string]string)
	for _, paragraph := range append(builtinDocument(t).Paragraphs, gdprRows(t, filepath.Join(root, "docs", "gdpr.md"))...) {
		for _, shown := range paragraph.ShownBy {
			folder, test, named := strings.Cut(shown, " ")
			if _, known := sources[folder]; !known {
				sources[folder] = goFiles(t, filepath.Join(root, filepath.FromSlash(folder)))
			}
			if !strings.Contains(sources[folder], "*testing.T)") && !strings.Contains(sources[folder], "*testing.T,") {
				t.Errorf("%s: %s has no tests", paragraph.Paragraph, folder)
			}
			if named && !strings.Contains(sources[folder], "\nfunc "+test+"(") {
				t.Errorf("%s: %s has no %s", paragraph.Paragraph, folder, test)
			}
		}
	}
}

// gdprRows returns the articles of the GDPR with the tests that a page names for them.
func gdprRows(t *testing.T, page string) (rows []Paragraph) {
	t.Helper()
	raw, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		cells := strings.Split(line, " | ")
		if !strings.HasPrefix(line, "| ") || len(cells) != 4 || !strings.Contains(cells[3], "`") {
			continue
		}
		tests := strings.Split(strings.Trim(cells[3], "`| \n"), "`<br>`")
		rows = append(rows, Paragraph{Paragraph: cells[0], ShownBy: tests})
	}
	if len(rows) < 15 {
		t.Fatalf("%s has only %d rows", page, len(rows))
	}
	return rows
}

// goFiles returns what the Go files of a folder say.
func goFiles(t *testing.T, folder string) string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all.Write(raw)
	}
	return all.String()
}

// TestWrongDocumentsAreRefused pins that each rule of the document is held.
func TestWrongDocumentsAreRefused(t *testing.T) {
	for want, spoil := range map[string]func(*Document){
		"has no edition":                      func(d *Document) { d.Editions = nil },
		"9 purposes":                          func(d *Document) { d.Purposes = d.Purposes[:9] },
		"purpose 2 stands at row 1":           func(d *Document) { d.Purposes[0], d.Purposes[1] = d.Purposes[1], d.Purposes[0] },
		"name or edge is missing":             func(d *Document) { d.Purposes[3].Name.Russian = "" },
		"bases or terms are missing":          func(d *Document) { d.Purposes[3].Bases = nil },
		"data without a window":               func(d *Document) { d.Purposes[6].Windows = nil },
		"paragraph 2 stands twice":            func(d *Document) { d.Paragraphs[1] = d.Paragraphs[0] },
		"no edition has paragraph 9.9 (1)":    func(d *Document) { d.Paragraphs[0].Paragraph = "9.9 (1)" },
		"what shows it is missing":            func(d *Document) { d.Paragraphs[0].ShownBy = nil },
		`contradiction "b" stands at place 1`: func(d *Document) { d.Contradictions = d.Contradictions[1:] },
		"resolution or paragraphs":            func(d *Document) { d.Contradictions[0].Resolved = "" },
		"contradiction a: no edition has":     func(d *Document) { d.Contradictions[0].Paragraphs = []string{"8"} },
	} {
		document := builtinDocument(t)
		spoil(&document)
		if err := document.check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q: %v", want, err)
		}
	}
}

// TestTextsAreInTheirLanguage pins that no text stands in the other's place.
func TestTextsAreInTheirLanguage(t *testing.T) {
	cyrillic := regexp.MustCompile(`\p{Cyrillic}`)
	for _, purpose := range builtinDocument(t).Purposes {
		if cyrillic.MatchString(purpose.Name.English) || !cyrillic.MatchString(purpose.Name.Russian) {
			t.Errorf("row %d: %+v", purpose.Row, purpose.Name)
		}
	}
}

func TestEditionIsFoundByItsDay(t *testing.T) {
	document := builtinDocument(t)
	if edition, known := document.Edition(mustDay(t, "2025-03-12")); !known || edition.Controller != "ТОО «МАК IT»" {
		t.Errorf("%+v, %v", edition, known)
	}
	if _, known := document.Edition(mustDay(t, "2025-03-13")); known {
		t.Error("an edition that doesn't exist is known")
	}
}
