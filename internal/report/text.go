package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/mamen-ai/consentgate/internal/policy"
)

// writer writes tables with aligned columns.
type writer struct {
	*tabwriter.Writer
	location *time.Location
}

// Text writes the report for a terminal, without plots.
func (m Month) Text(out io.Writer) error {
	m = m.anonymous()
	w := writer{tabwriter.NewWriter(out, 0, 0, 2, ' ', 0), m.Location()}
	m.textHead(w)
	m.textChoices(w)
	m.textRecords(w)
	m.textPeople(w)
	m.textServices(w)
	m.textPolicy(w)
	return w.Flush()
}

// line writes one without columns.
func (w writer) line(format string, args ...any) {
	w.Flush()
	fmt.Fprintf(w.Writer, format+"\n", args...)
	w.Flush()
}

// row writes cells; those that are empty at the end are left out.
func (w writer) row(cells ...any) {
	texts := make([]string, len(cells))
	for i, cell := range cells {
		texts[i] = fmt.Sprint(cell)
	}
	fmt.Fprintln(w.Writer, strings.TrimRight(strings.Join(texts, "\t"), "\t"))
}

// textWidth is how long a line of prose may be, in characters.
const textWidth = 100

// prose writes a text over several lines, all but the first indented.
func (w writer) prose(first, text string) {
	line, indent := first, strings.Repeat(" ", len(first))
	for _, word := range strings.Fields(text) {
		if len([]rune(line))+1+len([]rune(word)) > textWidth && line != indent {
			w.line("%s", line)
			line = indent
		}
		if line != first && line != indent {
			line += " "
		}
		line += word
	}
	w.line("%s", line)
}

func (w writer) list(title, none string, items []string) {
	w.line("\n%s", title)
	if len(items) == 0 {
		w.line("  %s", none)
	}
	for _, item := range items {
		w.prose("  ", item)
	}
}

// table begins a table of so many rows, or says that there are none.
func (w writer) table(title string, rows int, none string, columns ...any) {
	w.line("\n%s", title)
	if rows == 0 {
		w.line("  %s", none)
		return
	}
	w.row(columns...)
}

const (
	minute   = "2006-01-02 15:04"
	dayShown = time.DateOnly
)

// moment shows an instant, and the zero one as a dash.
func moment(t time.Time, layout string, location *time.Location) string {
	if t.IsZero() {
		return "-"
	}
	return t.In(location).Format(layout)
}

// percent shows a tally's rate.
func percent(t Tally) string {
	rate, known := t.Rate()
	if !known {
		return "-"
	}
	return fmt.Sprintf("%.1f%%", 100*rate)
}

func (m Month) textHead(w writer) {
	w.line("PRIVACY REPORT, %s", m.title())
	w.row("controller", cmp.Or(m.Controller.Name, "not named"))
	w.row("policy", fmt.Sprintf("edition %s, %s", m.Edition, m.PolicyURL))
	w.row("period", m.period())
	w.row("made", moment(m.Made, minute, w.location)+" by consentgate "+m.Version)
	w.list("PROBLEMS", "none: every promise that the edge can check is kept", m.Problems)
	w.list("GAPS", "none", m.Gaps)
}

func (m Month) textChoices(w writer) {
	w.line("\nCHOICES")
	c := m.Choices
	w.row("given", c.Given)
	w.row("refused", c.Refused)
	w.row("withdrawn", c.Withdrawn)
	w.row("erased", c.Erased)
	w.row("opt-in rate", percent(c))
	w.row("refused under Global Privacy Control", m.GPC)
	w.row("refused under Do Not Track", m.DNT)
	for _, table := range []struct {
		title string
		list  []Tally
	}{{"METHOD", m.Methods}, {"LANGUAGE", m.Languages}, {"DAY", m.Days}, {"MONTH", m.Months}} {
		if len(table.list) == 0 {
			continue
		}
		w.line("")
		w.row(table.title, "GIVEN", "REFUSED", "WITHDRAWN", "ERASED", "OPT-IN")
		for _, t := range table.list {
			w.row(cmp.Or(t.Name, "not said"), t.Given, t.Refused, t.Withdrawn, t.Erased, percent(t))
		}
	}
}

func (m Month) textRecords(w writer) {
	w.table("RECORDS HELD when the report was made", len(m.Holdings), "none", "KIND", "WINDOW", "IP RECORDS", "VISITS", "OLDEST", "FIRST TO GO", "OVERDUE")
	for _, h := range m.Holdings {
		w.row(h.Kind, h.Window, h.IPs, h.Visits, h.Oldest, moment(h.NextDrop, minute, w.location), h.Overdue)
	}
	for _, h := range m.Holdings {
		w.line("\nRECORDS OF %s BY AGE, window %s", h.Kind, h.Window)
		w.row("MONTHS", "RECORDS")
		for age, records := range h.Ages {
			switch {
			case records == 0:
			case age >= int(h.Window):
				w.row(age, records, "PAST THE WINDOW")
			default:
				w.row(age, records)
			}
		}
	}
	w.table("DESTROYED in the month", len(m.Acts), "nothing", "KIND", "REASON", "ACTS", "RECORDS", "SLOWEST PROOF", "NOT PROVEN")
	for _, a := range m.Acts {
		w.row(a.Kind, a.Reason, a.Acts, a.Rows, slowest(a), a.Unproven)
	}
	w.line("\nLEDGER when the report was made")
	w.row("rows", m.Ledger.Rows)
	w.row("head", cmp.Or(m.Ledger.Head, "-"))
	w.row("chain", m.chain())
	w.row("checkpoint", m.checkpoint())
}

func (m Month) textPeople(w writer) {
	w.table("REQUESTS by letter and mail", len(m.Requests), absent(m.Requests == nil), "ID", "KIND", "CHANNEL", "RECEIVED", "DUE", "CLOSED", "STATE", "RESULT")
	today := policy.DayOf(m.Made, w.location)
	for _, r := range m.Requests {
		w.row(r.ID, r.Kind, r.Channel, r.Received, r.Due, moment(r.Closed, minute, w.location), r.state(today, w.location), r.Result)
	}
	w.table("COPIES of the database", len(m.Copies), absent(m.Copies == nil), "PATH", "MADE", "DELETE BY", "DESTROYED")
	for _, c := range m.Copies {
		w.row(c.Path, moment(c.Made, minute, w.location), moment(c.DeleteBy, minute, w.location), c.gone(m.Made, w.location))
	}
	w.table("DELETION AT VENDORS", len(m.Deletions), absent(m.Deletions == nil), "SERVICE", "BY", "OPEN", "OVERDUE", "DONE")
	for _, d := range m.Deletions {
		w.row(d.Service, d.API, d.Open, d.Overdue, d.Done)
	}
}

func (m Month) textServices(w writer) {
	w.table("SERVICES that the site names or its traffic showed", len(m.Services), "none", "SERVICE", "CATEGORY", "COUNTRIES", "RUNS", "ONE VISITOR CAN BE DELETED")
	for _, s := range m.Services {
		w.row(s.Name, cmp.Or(s.Category, "-"), countries(s), s.Status, deletable(s))
	}
	w.table("UNKNOWN THIRD PARTIES seen in the month or since", len(m.Unknown), "none", "HOST", "IN PAGES", "REPORTED", "SINCE", "LAST")
	for _, h := range m.Unknown {
		w.row(h.Host, h.InPages, h.Reported, moment(h.First, dayShown, w.location), moment(h.Last, dayShown, w.location))
	}
}

func (m Month) textPolicy(w writer) {
	w.line("\nPURPOSES of the policy, table 3.1")
	for _, p := range m.Purposes {
		w.prose(fmt.Sprintf("  %2d  ", p.Row), p.Name.English+" ("+p.Name.Russian+"). "+p.Edge.What)
	}
	w.line("\nCONTRADICTIONS in the policy, and what the edge does")
	for _, c := range m.Contradictions {
		w.prose("  "+c.Letter+"   ", strings.Join(c.Paragraphs, ", ")+": "+c.Says+" -> "+c.Resolved)
	}
}

// deletable says whether a visitor who withdraws is deleted at the service, and how.
func deletable(s Service) string {
	if s.Deletable {
		return "yes: " + s.How
	}
	return "no: " + s.How
}
