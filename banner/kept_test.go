package banner

import (
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/internal/policy"
)

func TestTermsAreSaidInEachLanguage(t *testing.T) {
	b := newBanner(t, seed())
	for text, want := range map[string]map[string]string{
		"30min":      {"en": "30 minutes", "ru": "30 минут", "kk": "30 минут"},
		"1h":         {"en": "1 hour", "ru": "1 час", "kk": "1 сағат"},
		"22d":        {"en": "22 days", "ru": "22 дня", "kk": "22 күн"},
		"365d":       {"en": "365 days", "ru": "365 дней", "kk": "365 күн"},
		"13mo":       {"en": "13 months", "ru": "13 месяцев", "kk": "13 ай"},
		"1-24mo":     {"en": "1–24 months", "ru": "1–24 месяца", "kk": "1–24 ай"},
		"2y":         {"en": "2 years", "ru": "2 года", "kk": "2 жыл"},
		"1-5y":       {"en": "1–5 years", "ru": "1–5 лет", "kk": "1–5 жыл"},
		"session":    {"en": "until you close the browser", "ru": "до закрытия браузера", "kk": "браузер жабылғанша"},
		"deleted":    {"en": "until deleted", "ru": "до удаления", "kk": "жойылғанша"},
		"configured": {"en": "as this site has set it", "ru": "по настройке этого сайта", "kk": "осы сайттың баптауы бойынша"},
		"none":       {"en": "not kept", "ru": "не хранятся", "kk": "сақталмайды"},
	} {
		term, err := policy.ParseTerm(text)
		if err != nil {
			t.Fatal(err)
		}
		for lang, want := range want {
			if got := b.texts[lang].term(term); got != want {
				t.Errorf("%s in %s is %q, want %q", text, lang, got, want)
			}
		}
	}
}

// Policy 3.1.2: a visitor learns how long what is kept, or that nobody says.
func TestPageTellsHowLongServicesKeepWhat(t *testing.T) {
	b := newBanner(t, seed())
	year := policy.Term{Unit: policy.Years, Least: 1, Most: 1}
	for _, c := range []struct {
		name string
		row  ServiceRow
		want string
	}{
		{"all", ServiceRow{Keeps: []Keep{{"", year}}}, "At the service: 1 year"},
		{"parts", ServiceRow{Keeps: []Keep{{"_x", year}, {"cookies", year}, {"data", policy.Term{Unit: policy.NotKept}}, {"recordings", year}}},
			"_x 1 year|Cookies: 1 year|Data at the service: not kept|Recordings of visits: 1 year"},
		{"our records", ServiceRow{Months: 14, Keeps: []Keep{{"", year}}}, "Our records: 14 months|At the service: 1 year"},
		{"in the operator's words", ServiceRow{Months: 24, Retention: "until autumn"}, "Our records: 24 months|until autumn"},
		{"nobody says", ServiceRow{Months: 14}, "Our records: 14 months|The service does not say for how long."},
		{"the edge's own", ServiceRow{ID: "visits", Months: 14}, "Our records: 14 months"},
	} {
		var got []string
		for _, kept := range b.texts["en"].kept(c.row) {
			got = append(got, strings.TrimSpace(kept.Cookie+" "+kept.Text))
		}
		if strings.Join(got, "|") != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}
