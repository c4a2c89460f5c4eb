package banner

import (
	"strings"
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/policy"
)

func day(year, month, day int) policy.Day {
	return policy.Day{Year: year, Month: time.Month(month), Day: day}
}

// withHistory is a site whose policy had two editions before.
func withHistory() Options {
	o := seed()
	o.Editions = []Edition{
		{Day: day(2023, 5, 1)},
		{Day: day(2025, 3, 12), Changes: map[string]string{"en": "Records go after 14 months.", "ru": "Записи хранятся 14 месяцев.", "kk": "Жазбалар 14 ай сақталады."}},
		{Day: day(2024, 1, 10), URL: "/privacy-2024.pdf", Changes: map[string]string{"ru": "Названы сервисы."}},
	}
	return o
}

func TestPageTellsWhatEachEditionChanged(t *testing.T) {
	b := newBanner(t, withHistory())
	list := nodes(t, render(t, b, PageData{Lang: "en"}))
	var got []string
	for _, item := range named(list, "li") {
		line := strings.Join(strings.Fields(text(item)), " ")
		for n := range item.Descendants() {
			if href, found := attribute(n, "href"); found {
				line += " -> " + href
			}
			if lang, found := attribute(n, "lang"); found {
				line += " [" + lang + "]"
			}
		}
		got = append(got, line)
	}
	want := []string{
		"Policy of 12 March 2025 in force Records go after 14 months. -> https://mamen.ai/privacy.pdf",
		"Policy of 10 January 2024 Названы сервисы. -> /privacy-2024.pdf [ru]",
		"Policy of 1 May 2023",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// The banner's "What changed" leads there, with a history or without.
func TestTheLinkToWhatChangedHasATarget(t *testing.T) {
	for name, o := range map[string]Options{"history": withHistory(), "none": seed()} {
		page := string(render(t, newBanner(t, o), PageData{State: "stale", News: News{Edition: true}}))
		if !strings.Contains(page, `<h2 id="editions">`) || !strings.Contains(page, `<a href="#editions">`) {
			t.Errorf("%s: the page has no place #editions, or no link to it", name)
		}
	}
}

func TestImpossibleHistoriesAreRefused(t *testing.T) {
	for want, e := range map[string][]Edition{
		"has no day":                       {{}},
		"later than the one in force":      {{Day: day(2025, 3, 13)}},
		"stands behind policy":             {{Day: day(2025, 3, 12), URL: "/old.pdf"}},
		"is given twice":                   {{Day: day(2024, 1, 1)}, {Day: day(2024, 1, 1)}},
		"write an https URL":               {{Day: day(2024, 1, 1), URL: "javascript:alert(1)"}},
		"is no language":                   {{Day: day(2024, 1, 1), Changes: map[string]string{"english": "x"}}},
		"write what changed in en":         {{Day: day(2024, 1, 1), Changes: map[string]string{"en": " "}}},
		"edition 2024-01-01: policy URL":   {{Day: day(2024, 1, 1), URL: "//elsewhere"}},
		"edition number 2 has no day":      {{Day: day(2024, 1, 1)}, {}},
		"is later than the one in force, ": {{Day: day(2026, 1, 1)}},
	} {
		o := seed()
		o.Editions = e
		if _, err := New(o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: error %v, want %q", e, err, want)
		}
	}
}

func TestUntoldChangesAreDoubts(t *testing.T) {
	got := strings.Join(newBanner(t, withHistory()).Doubts(), "\n")
	want := `policy edition 2024-01-10: what it changed isn't told in kk and is shown in ru
policy edition 2024-01-10: what it changed isn't told in en and is shown in ru`
	if got != want {
		t.Errorf("doubts\n%s\nwant\n%s", got, want)
	}
}
