package report

import (
	"bytes"
	"cmp"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"

	"github.com/mamen-ai/consentgate/internal/policy"
)

var (
	//go:embed page.html
	pageSource string
	//go:embed page.css
	pageStyle string
)

// page is what the template shows: the report, and what is said of it in words.
type page struct {
	Month
	Title, Period, MadeAt string
	ByDay, ByMonth        figure
	ByAge                 []figure
	Held, Destroyed       int64
	RateText              string
	ChainText, SignedText string
	RequestRows, CopyRows [][]string
	DeletionRows          [][]string
	ServiceRows           [][]string
	PurposeRows           []purposeRow

	NoRequests, NoCopies, NoDeletions string // why there is none
}

type purposeRow struct {
	policy.Purpose
	Holds bool
}

// HTML writes the report as one document that loads nothing: no script, no foreign
// asset. It fits A4 when it is printed.
func (m Month) HTML(out io.Writer) error {
	parsed, err := template.New("page").Funcs(m.functions()).Parse(pageSource)
	if err != nil {
		return fmt.Errorf("page of the report: %w", err)
	}
	var whole bytes.Buffer
	if err := parsed.Execute(&whole, m.anonymous().page()); err != nil {
		return fmt.Errorf("page of the report: %w", err)
	}
	_, err = whole.WriteTo(out)
	return err
}

// functions are what the templates call.
func (m Month) functions() template.FuncMap {
	return template.FuncMap{
		"style":   func() template.HTML { return template.HTML("<style>\n" + pageStyle + "</style>") },
		"n":       grouped,
		"percent": percent,
		"join":    func(list []string) string { return strings.Join(list, "; ") },
		"day":     func(t time.Time) string { return moment(t, dayShown, m.Location()) },
		"minute":  func(t time.Time) string { return moment(t, minute, m.Location()) },
		"slowest": slowest,
		"marked":  marked,
		"isDate":  isDate,
		"named":   func(name string) string { return cmp.Or(name, "not said") },
		"tallies": func(title, caption string, list []Tally) map[string]any {
			return map[string]any{"Title": title, "Caption": caption, "List": list}
		},
		"rows": func(caption, none string, rows [][]string, head ...string) map[string]any {
			return map[string]any{"Caption": caption, "None": none, "Rows": rows, "Head": head}
		},
	}
}

func (m Month) page() page {
	location := m.Location()
	p := page{
		Month: m, Title: m.title(), Period: m.period(), MadeAt: moment(m.Made, minute, location),
		RateText: percent(m.Choices), ChainText: m.chain(), SignedText: m.checkpoint(),
		NoRequests: absent(m.Requests == nil), NoCopies: absent(m.Copies == nil), NoDeletions: absent(m.Deletions == nil),
		ByDay:   english().rates("Opt-in rate and answers by day", "Day of "+m.From.In(location).Format("January 2006"), m.Days, m.dayNames()),
		ByMonth: english().rates("Opt-in rate and answers of the month and the twelve before", "Month", m.Months, m.monthNames()),
	}
	p.ByDay.Number, p.ByMonth.Number = 1, 2
	for i, h := range m.Holdings {
		p.Held += h.Records()
		plot := english().ages(h, shownMonths(m.Holdings))
		plot.Number = 3 + i
		p.ByAge = append(p.ByAge, plot)
	}
	for _, act := range m.Acts {
		p.Destroyed += act.Rows
	}
	for _, purpose := range m.Purposes {
		p.PurposeRows = append(p.PurposeRows, purposeRow{purpose, len(purpose.Edge.Tables) > 0})
	}
	today := policy.DayOf(m.Made, location)
	for _, r := range m.Requests {
		p.RequestRows = append(p.RequestRows, []string{fmt.Sprint(r.ID), r.Kind, r.Channel, r.Received.String(), r.Due.String(),
			moment(r.Closed, minute, location), r.state(today, location), r.Result})
	}
	for _, c := range m.Copies {
		p.CopyRows = append(p.CopyRows, []string{c.Path, moment(c.Made, minute, location), moment(c.DeleteBy, minute, location), c.gone(m.Made, location)})
	}
	for _, d := range m.Deletions {
		p.DeletionRows = append(p.DeletionRows, []string{d.Service, d.API, fmt.Sprint(d.Open), fmt.Sprint(d.Overdue), fmt.Sprint(d.Done)})
	}
	for _, s := range m.Services {
		p.ServiceRows = append(p.ServiceRows, []string{s.Name, cmp.Or(s.Category, "-"), countries(s), s.Status, deletable(s)})
	}
	return p
}

// dayNames labels the first day of the month and each fifth.
func (m Month) dayNames() []string {
	first := policy.DayOf(m.From, m.Location())
	names := make([]string, first.AddMonths(1).Number()-first.Number())
	for i := range names {
		if day := i + 1; day == 1 || day%5 == 0 {
			names[i] = fmt.Sprint(day)
		}
	}
	return names
}

// monthNames labels each month, as "Oct 26".
func (m Month) monthNames() []string {
	names := make([]string, len(m.Months))
	for i, t := range m.Months {
		names[i] = t.Name
		if first, err := time.Parse(monthFormat, t.Name); err == nil {
			names[i] = first.Format("Jan 06")
		}
	}
	return names
}

// marked shows what stands between backquotes as code.
func marked(text string) template.HTML {
	var out strings.Builder
	for i, part := range strings.Split(text, "`") {
		part = template.HTMLEscapeString(part)
		if i%2 == 1 {
			part = "<code>" + part + "</code>"
		}
		out.WriteString(part)
	}
	return template.HTML(out.String())
}

// isDate reports whether a cell begins with a date, which must not be broken.
func isDate(cell string) bool {
	_, err := time.Parse(dayShown, cell[:min(len(cell), len(dayShown))])
	return err == nil
}
