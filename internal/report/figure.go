package report

import (
	"fmt"
	"math"
	"strings"
)

// figure is a plot as SVG draws it, in units of its view box. Its colours are the
// page's, by class.
type figure struct {
	Number   int
	Title    string
	Describe string // for who can't see it
	Width    int
	Height   int
	Lines    []line
	Bars     []bar
	Paths    []string
	Dots     []dot
	Labels   []label
}

type line struct {
	X1, Y1, X2, Y2 int
	Class          string
}

type bar struct {
	X, Y, W, H int
	Class      string
	Says       string
}

type dot struct {
	X, Y int
	Says string
}

type label struct {
	X, Y   int
	Anchor string // of SVG: start, middle or end
	Class  string
	Text   string
}

// plotWords are the words of plots in a language, with the verbs of package fmt.
type plotWords struct {
	Rate, Answers, Point, Nobody, Allowed             string
	Ages, AgesSum, Records, Age, AgePoint, WindowEnds string
}

// The frame of every plot.
const (
	figureWidth = 720
	left, right = 52, 708
	rateTop     = 30
	rateBottom  = 150
	countTop    = 196
	countBottom = 256
	axisNames   = 292
)

// rates plots the opt-in rate of each tally, and below it how many answered. There
// is a slot for each name, which may be empty; tallies may still be missing.
func (w plotWords) rates(title, axis string, list []Tally, names []string) figure {
	f := figure{Title: title, Width: figureWidth, Height: axisNames + 10, Describe: w.describeRates(list)}
	f.text(left-44, rateTop-14, "start", "axis", w.Rate)
	f.text(left-44, countTop-14, "start", "axis", w.Answers)
	f.text((left+right)/2, axisNames, "middle", "axis", axis)
	for percent := 0; percent <= 100; percent += 25 {
		f.gridline(rateBottom-(rateBottom-rateTop)*percent/100, percent == 0, fmt.Sprint(percent))
	}
	most := int64(0)
	for _, t := range list {
		most = max(most, t.Asked())
	}
	top := roundUp(most)
	f.gridline(countBottom, true, "0")
	f.gridline(countTop, false, grouped(top))
	f.fill(w, list, len(names), top)
	for i, name := range names {
		if name != "" {
			f.text(middle(i, len(names)), countBottom+16, "middle", "tick", name)
		}
	}
	return f
}

// fill draws the rates and the counts.
func (f *figure) fill(w plotWords, list []Tally, slots int, top int64) {
	var path strings.Builder
	joined := false
	for i, t := range list {
		rate, known := t.Rate()
		if !known {
			joined = false
			continue
		}
		x, y := middle(i, slots), rateBottom-int(math.Round(rate*(rateBottom-rateTop)))
		says := fmt.Sprintf(w.Point, t.Name, percent(t), grouped(t.Given), grouped(t.Asked()))
		command := "M"
		if joined {
			command = "L"
		}
		fmt.Fprintf(&path, "%s%d %d", command, x, y)
		joined = true
		f.Dots = append(f.Dots, dot{x, y, says})
		f.column(i, slots, countTop, countBottom, t.Asked(), top, "count", says)
	}
	if path.Len() > 0 {
		f.Paths = append(f.Paths, path.String())
	}
}

// describeRates says in words what a plot of rates shows.
func (w plotWords) describeRates(list []Tally) string {
	var all Tally
	for _, t := range list {
		all.Given, all.Refused = all.Given+t.Given, all.Refused+t.Refused
	}
	if all.Asked() == 0 {
		return w.Nobody
	}
	return fmt.Sprintf(w.Allowed, grouped(all.Given), grouped(all.Asked()), percent(all))
}

const (
	agesTop    = 30
	agesBottom = 130
	agesNames  = 166
)

// ages plots the records of a kind by age over so many months, with the end of
// their window.
func (w plotWords) ages(h Holding, months int) figure {
	f := figure{
		Title: fmt.Sprintf(w.Ages, h.Kind, h.Window),
		Width: figureWidth, Height: agesNames + 10,
		Describe: fmt.Sprintf(w.AgesSum, grouped(h.Records()), h.Oldest, grouped(h.pastWindow())),
	}
	f.text(left-44, agesTop-14, "start", "axis", w.Records)
	f.text((left+right)/2, agesNames, "middle", "axis", w.Age)
	most := int64(0)
	for _, records := range h.Ages {
		most = max(most, records)
	}
	top := roundUp(most)
	f.gridline(agesTop, false, grouped(top))
	f.gridline(agesBottom, true, "0")
	for age := range months {
		if age%2 == 0 {
			f.text(middle(age, months), agesBottom+16, "middle", "tick", fmt.Sprint(age))
		}
	}
	for age, records := range h.Ages {
		class := "held"
		if age >= int(h.Window) {
			class = "past"
		}
		f.column(age, months, agesTop, agesBottom, records, top, class, fmt.Sprintf(w.AgePoint, age, grouped(records)))
	}
	end := left + (right-left)*int(h.Window)/months
	f.Lines = append(f.Lines, line{end, agesTop - 18, end, agesBottom, "window"})
	f.text(end-6, agesTop-10, "end", "window", fmt.Sprintf(w.WindowEnds, h.Window))
	return f
}

// pastWindow returns how many records are older than their window.
func (h Holding) pastWindow() (records int64) {
	for age, n := range h.Ages {
		if age >= int(h.Window) {
			records += n
		}
	}
	return records
}

// shownMonths returns how many months of age the plots of all holdings share.
func shownMonths(holdings []Holding) int {
	months := 0
	for _, h := range holdings {
		months = max(months, int(h.Window)+2, len(h.Ages))
	}
	return months
}

// column draws a bar in the slot i of n; one of a value above 0 is always seen.
func (f *figure) column(i, n, top, bottom int, value, most int64, class, says string) {
	if value == 0 {
		return
	}
	slot := (right - left) / n
	width := max(slot*7/10, 2)
	height := max(int(float64(bottom-top)*float64(value)/float64(most)), 1)
	f.Bars = append(f.Bars, bar{middle(i, n) - width/2, bottom - height, width, height, class, says})
}

// middle returns where the slot i of n has its middle.
func middle(i, n int) int { return left + (right-left)*(2*i+1)/(2*n) }

func (f *figure) gridline(y int, axis bool, text string) {
	class := "grid"
	if axis {
		class = "base"
	}
	f.Lines = append(f.Lines, line{left, y, right, y, class})
	f.text(left-8, y+4, "end", "tick", text)
}

func (f *figure) text(x, y int, anchor, class, text string) {
	f.Labels = append(f.Labels, label{x, y, anchor, class, text})
}

// roundUp returns a round number from n on, at least 1, as a plot's upper end.
func roundUp(n int64) int64 {
	for unit := int64(1); ; unit *= 10 {
		for _, factor := range []int64{1, 2, 3, 4, 5, 6, 8} {
			if n <= factor*unit || factor*unit == 8e18 { // the next would overflow
				return factor * unit
			}
		}
	}
}

// grouped writes a number with a narrow space between thousands.
func grouped(n int64) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "\u202f" + text[i:]
	}
	return text
}
