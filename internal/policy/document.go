package policy

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

//go:generate go test -run ^TestDocumentationIsUpToDate$ -update .

//go:embed policy.json
var builtin []byte

// Document is the controller's privacy policy as data: what it says that bears on
// an edge, what keeps it, and where it contradicts itself or the law.
type Document struct {
	Editions       []Edition       `json:"editions"` // the oldest first
	Purposes       []Purpose       `json:"purposes"` // 3.1, in the order of the rows
	Paragraphs     []Paragraph     `json:"paragraphs"`
	Contradictions []Contradiction `json:"contradictions"`
}

// Text is a text in English and Russian.
type Text struct {
	English string `json:"en"`
	Russian string `json:"ru"`
}

// Edition is one dated version of the policy.
type Edition struct {
	Day        Day      `json:"day"`
	Title      Text     `json:"title"`
	Controller string   `json:"controller"`
	Site       string   `json:"site"`
	Paragraphs []string `json:"paragraphs"` // numbers, as they are printed
}

// Purpose is a row of the policy's table 3.1, in the project's own words.
type Purpose struct {
	Row      int      `json:"row"` // 1 to 10
	Name     Text     `json:"name"`
	Subjects []string `json:"subjects"`
	Bases    []string `json:"bases"` // as the policy names them
	Terms    []string `json:"terms"`
	Windows  []Window `json:"windows,omitempty"` // those among the terms that the edge keeps
	Edge     Edge     `json:"edge"`
}

// Edge is what the edge has to do with a purpose.
type Edge struct {
	Tables []string `json:"tables"` // that hold its data; none: it holds nothing
	What   string   `json:"what"`
}

// Paragraph is a demand of the policy that bears on an edge.
type Paragraph struct {
	Paragraph string   `json:"paragraph"` // for example "3.1 row 7" or "3.4.1 (2)"
	Demands   string   `json:"demands"`
	KeptBy    string   `json:"kept_by"`
	ShownBy   []string `json:"shown_by"` // folders of tests, each perhaps with the name of one
}

// Contradiction is a place where the policy contradicts itself or the law.
type Contradiction struct {
	Letter     string   `json:"letter"`
	Paragraphs []string `json:"paragraphs"`
	Says       string   `json:"says"`
	Resolved   string   `json:"resolved"` // by the edge
}

// Builtin returns a fresh copy of the policy that this project implements.
func Builtin() (Document, error) {
	var d Document
	decoder := json.NewDecoder(bytes.NewReader(builtin))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(&d)
	if err == nil {
		err = d.check()
	}
	if err != nil {
		return Document{}, fmt.Errorf("policy.json: %w", err)
	}
	return d, nil
}

// Edition returns the edition of the day, and whether the document knows it.
func (d Document) Edition(day Day) (Edition, bool) {
	i := slices.IndexFunc(d.Editions, func(e Edition) bool { return e.Day == day })
	if i < 0 {
		return Edition{}, false
	}
	return d.Editions[i], true
}

// purposeRows is how many rows table 3.1 has.
const purposeRows = 10

// check tells everything that is wrong with the document.
func (d Document) check() error {
	var errs []error
	wrong := func(is bool, format string, args ...any) {
		if is {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	wrong(len(d.Editions) == 0, "it has no edition")
	wrong(len(d.Purposes) != purposeRows, "%d purposes: table 3.1 has %d rows", len(d.Purposes), purposeRows)
	for i, p := range d.Purposes {
		wrong(p.Row != i+1, "purpose %d stands at row %d", p.Row, i+1)
		wrong(p.Name.English == "" || p.Name.Russian == "" || p.Edge.What == "", "purpose %d: name or edge is missing", p.Row)
		wrong(len(p.Subjects) == 0 || len(p.Bases) == 0 || len(p.Terms) == 0, "purpose %d: subjects, bases or terms are missing", p.Row)
		wrong(len(p.Edge.Tables) > 0 && len(p.Windows) == 0, "purpose %d: the edge holds data without a window", p.Row)
	}
	seen := make(map[string]bool)
	for _, p := range d.Paragraphs {
		wrong(seen[p.Paragraph], "paragraph %s stands twice", p.Paragraph)
		wrong(!d.has(p.Paragraph), "no edition has paragraph %s", p.Paragraph)
		wrong(p.Demands == "" || p.KeptBy == "" || len(p.ShownBy) == 0, "paragraph %s: demand, what keeps it or what shows it is missing", p.Paragraph)
		seen[p.Paragraph] = true
	}
	for i, c := range d.Contradictions {
		wrong(c.Letter != string(rune('a'+i)), "contradiction %q stands at place %d", c.Letter, i+1)
		wrong(c.Says == "" || c.Resolved == "" || len(c.Paragraphs) == 0, "contradiction %s: text, resolution or paragraphs are missing", c.Letter)
		for _, paragraph := range c.Paragraphs {
			wrong(!d.has(paragraph), "contradiction %s: no edition has paragraph %s", c.Letter, paragraph)
		}
	}
	return errors.Join(errs...)
}

// has reports whether an edition has the paragraph, which may name a row or an
// item of it.
func (d Document) has(paragraph string) bool {
	number, _, _ := strings.Cut(paragraph, " ")
	return slices.ContainsFunc(d.Editions, func(e Edition) bool { return slices.Contains(e.Paragraphs, number) })
}
