package banner

import (
	"fmt"
	"strconv"

	"github.com/mamen-ai/consentgate/internal/policy"
)

// pageKept is how long something is kept, in words. Cookie is the name of the cookie
// that it is about, if it is about one.
type pageKept struct{ Cookie, Text string }

// kept tells how long we keep what a service shows, and how long the service itself
// keeps what. Where it isn't known, that is said.
func (t *texts) kept(row ServiceRow) (list []pageKept) {
	say := func(what, term string) pageKept { return pageKept{Text: fill(t.Page.Keeps[what], "term", term)} }
	if row.Months > 0 {
		list = append(list, say("here", t.months(row.Months)))
	}
	for _, keep := range row.Keeps {
		term := t.term(keep.For)
		switch {
		case keep.What == "":
			list = append(list, say("all", term))
		case t.Page.Keeps[keep.What] == "":
			list = append(list, pageKept{Cookie: keep.What, Text: term})
		default:
			list = append(list, say(keep.What, term))
		}
	}
	switch {
	case len(row.Keeps) > 0:
	case row.Retention != "":
		list = append(list, pageKept{Text: row.Retention})
	case t.Page.OwnServices[row.ID] == "": // of the edge's own we have said it
		list = append(list, pageKept{Text: t.Page.Keeps["unsaid"]})
	}
	return list
}

// term returns the length in words ("13 months", "1–24 months", "until the browser is
// closed").
func (t *texts) term(term policy.Term) string {
	forms, counted := map[policy.Unit]numberForms{
		policy.Minutes: t.Page.Terms.Minutes, policy.Hours: t.Page.Terms.Hours, policy.Days: t.Page.Terms.Days,
		policy.Months: t.Months, policy.Years: t.Page.Terms.Years,
	}[term.Unit]
	if !counted {
		return map[policy.Unit]string{
			policy.Session: t.Page.Terms.Session, policy.UntilDeleted: t.Page.Terms.Deleted,
			policy.AsConfigured: t.Page.Terms.Configured, policy.NotKept: t.Page.Terms.None,
		}[term.Unit]
	}
	number := strconv.Itoa(term.Most)
	if term.Least != term.Most {
		number = fmt.Sprintf("%d–%d", term.Least, term.Most)
	}
	return fill(t.form(forms, term.Most), "n", number)
}

// termTexts are lengths of time, beside those in months.
type termTexts struct {
	Minutes    numberForms `json:"minutes"`
	Hours      numberForms `json:"hours"`
	Days       numberForms `json:"days"`
	Years      numberForms `json:"years"`
	Session    string      `json:"session"`
	Deleted    string      `json:"deleted"`
	Configured string      `json:"configured"`
	None       string      `json:"none"`
}
