package report

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/mamen-ai/consentgate/internal/policy"
	"golang.org/x/text/language"
)

//go:embed overview.html
var overviewSource string

// Overview is what an operator looks at every day: the running month, and what
// needs attention next. It holds sums only, as [Month] does.
type Overview struct {
	Month
	Blocked []Count // things stopped, by service, the most first
	Drops   []Drop  // what goes next, the first first

	// Of the visits since a day that visitors allowed to be recorded. What only few
	// share has the name "" and comes last.
	Since                    policy.Day
	Visits                   int64
	Pages, Browsers, Devices []Count
}

// Count is how many have a name.
type Count struct {
	Name  string
	Count int64
}

// Drop is what must be gone at a time.
type Drop struct {
	At      time.Time
	Kind    string
	Records int64
}

// dropsShown and countsShown bound the lists.
const (
	dropsShown  = 8
	countsShown = 10
)

// NextDrops sums up day tables by when they go.
func NextDrops(parts []Part) []Drop {
	drops := []Drop{}
	for _, part := range parts {
		i := slices.IndexFunc(drops, func(d Drop) bool { return d.Kind == part.Kind && d.At.Equal(part.DropAt) })
		switch {
		case part.Rows == 0:
		case i >= 0:
			drops[i].Records += part.Rows
		default:
			drops = append(drops, Drop{part.DropAt, part.Kind, part.Rows})
		}
	}
	slices.SortFunc(drops, func(x, y Drop) int { return cmp.Or(x.At.Compare(y.At), cmp.Compare(x.Kind, y.Kind)) })
	return drops[:min(len(drops), dropsShown)]
}

// Languages are those of the overview, the default first.
func Languages() []string { return []string{"en", "kk", "ru"} }

// Language returns the language of the overview that suits best: chosen if the
// overview has it, else by Accept-Language (RFC 9110 §12.5.4).
func Language(chosen, acceptLanguage string) string {
	if slices.Contains(Languages(), chosen) {
		return chosen
	}
	tags := []language.Tag{}
	for _, name := range Languages() {
		tags = append(tags, language.Make(name))
	}
	wanted, _, err := language.ParseAcceptLanguage(acceptLanguage)
	if err != nil || len(wanted) == 0 {
		return Languages()[0]
	}
	_, i, _ := language.NewMatcher(tags).Match(wanted...)
	return Languages()[i]
}

// OverviewCSP is the Content-Security-Policy of the page: nothing but its own style.
func OverviewCSP() string {
	hash := sha256.Sum256([]byte(overviewStyle()))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(hash[:]) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
}

func overviewStyle() string { return "\n" + pageStyle }

// overview is what the template shows.
type overview struct {
	Overview
	*words
	Language, MadeAt, RateText string
	Good                       bool
	States                     []state
	ByDay, ByMonth             figure
	ByAge                      []figure
	BlockedBars                figure
	DropRows, RequestRows      [][]string
	Shares                     []share
}

// state is one promise, and whether it is kept.
type state struct {
	Kept bool
	Name string
	Says string
}

// share is a list of what visits have in common.
type share struct {
	Title string
	Rows  [][]string
}

// HTML writes the overview as one document that loads nothing and runs nothing.
func (o Overview) HTML(out io.Writer, language string) error {
	w := wordsIn(language)
	o.Month = o.Month.anonymous()
	for _, list := range []*[]Count{&o.Blocked, &o.Pages, &o.Browsers, &o.Devices} {
		each(list, func(c *Count) { c.Name = anonymous(c.Name) })
	}
	parsed, err := template.New("page").Funcs(o.Month.functions()).Parse(pageSource)
	if err == nil {
		parsed, err = parsed.New("overview").Funcs(template.FuncMap{
			"style": func() template.HTML { return template.HTML("<style>" + overviewStyle() + "</style>") },
			"languages": func() map[string]string {
				return map[string]string{"en": "English", "kk": "Қазақша", "ru": "Русский"}
			},
		}).Parse(overviewSource)
	}
	if err != nil {
		return fmt.Errorf("page of the overview: %w", err)
	}
	var whole bytes.Buffer
	if err := parsed.Execute(&whole, o.page(w, language)); err != nil {
		return fmt.Errorf("page of the overview: %w", err)
	}
	_, err = whole.WriteTo(out)
	return err
}

func (o Overview) page(w *words, language string) overview {
	location := o.Location()
	p := overview{
		Overview: o, words: w, Language: language, MadeAt: moment(o.Made, minute, location), RateText: percent(o.Choices),
		ByDay:       w.rates(w.ByDayTitle, w.Day, o.Days, o.dayNames()),
		ByMonth:     w.rates(w.ByMonthTitle, w.MonthName, o.Months, o.monthNumbers()),
		BlockedBars: bars(w.BlockedTitle, o.Blocked[:min(len(o.Blocked), countsShown)]),
		States:      o.states(w),
	}
	p.Good = !slices.ContainsFunc(p.States, func(s state) bool { return !s.Kept })
	for _, h := range o.Holdings {
		p.ByAge = append(p.ByAge, w.ages(h, shownMonths(o.Holdings)))
	}
	for _, d := range o.Drops {
		p.DropRows = append(p.DropRows, []string{moment(d.At, minute, location), d.Kind, grouped(d.Records)})
	}
	today := policy.DayOf(o.Made, location)
	for _, r := range o.Requests {
		if !r.Closed.IsZero() {
			continue
		}
		left := fmt.Sprint(r.Due.Number() - today.Number())
		if r.Due.Before(today) {
			left += " (" + w.Overdue + ")"
		}
		p.RequestRows = append(p.RequestRows, []string{fmt.Sprint(r.ID), cmp.Or(w.kinds[r.Kind], r.Kind), r.Received.String(), r.Due.String(), left})
	}
	for _, s := range []struct {
		title string
		list  []Count
	}{{w.PageName, o.Pages}, {w.Browser, o.Browsers}, {w.Device, o.Devices}} {
		p.Shares = append(p.Shares, share{s.title, shareRows(s.list, o.Visits, w)})
	}
	return p
}

// shareRows are the names with the most; the others are summed up.
func shareRows(list []Count, all int64, w *words) (rows [][]string) {
	var rest int64
	for i, c := range list {
		if c.Name == "" || i >= countsShown {
			rest += c.Count
			continue
		}
		rows = append(rows, []string{cmp.Or(w.devices[c.Name], c.Name), grouped(c.Count), fmt.Sprintf("%.1f%%", 100*float64(c.Count)/float64(all))})
	}
	if rest > 0 {
		rows = append(rows, []string{w.Rest, grouped(rest), fmt.Sprintf("%.1f%%", 100*float64(rest)/float64(all))})
	}
	return rows
}

// monthNumbers labels each month, as "10.26": names of months differ by language.
func (m Month) monthNumbers() []string {
	names := m.monthNames()
	for i, t := range m.Months {
		if year, month, ok := strings.Cut(t.Name, "-"); ok {
			names[i] = month + "." + year[2:]
		}
	}
	return names
}

// states says of each promise whether it is kept.
func (o Overview) states(w *words) []state {
	var overdue, late, copies, vendors int
	for _, h := range o.Holdings {
		overdue += h.Overdue
	}
	today := policy.DayOf(o.Made, o.Location())
	for _, r := range o.Requests {
		if r.Closed.IsZero() && r.Due.Before(today) {
			late++
		}
	}
	for _, c := range o.Copies {
		if c.past(o.Made) {
			copies++
		}
	}
	for _, d := range o.Deletions {
		vendors += d.Overdue
	}
	ledger := w.Whole
	if !o.Ledger.OK {
		ledger = fmt.Sprintf(w.Broken, o.Ledger.FirstBad)
	}
	count := func(n int64) string { return grouped(n) }
	return []state{
		{o.Ledger.OK && o.Ledger.Unresolved == 0, w.Ledger, ledger + ", " + fmt.Sprintf(w.Rows, count(o.Ledger.Rows))},
		{overdue == 0, w.PastWindow, count(int64(overdue))},
		{o.Ledger.Residual == 0, w.Residual, count(o.Ledger.Residual)},
		{late == 0, w.RequestsLate, count(int64(late))},
		{copies == 0, w.CopiesLate, count(int64(copies))},
		{vendors == 0, w.VendorsLate, count(int64(vendors))},
	}
}
