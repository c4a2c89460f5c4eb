package banner

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mamen-ai/consentgate/internal/policy"
)

// Edition is one edition of the privacy policy, as its history tells of it.
type Edition struct {
	Day policy.Day
	// URL is where it can be read: an http or https URL or a path of the site. The
	// edition in force has that of Options.PolicyURL.
	URL string
	// Changes is what it changed, by language (BCP 47). A language without one is
	// shown that of another.
	Changes map[string]string
}

// checkEditions refuses a history that can't be: editions without a day, of the
// future of the one in force, or told of twice.
func (o Options) checkEditions() error {
	for i, e := range o.Editions {
		switch {
		case e.Day.IsZero():
			return fmt.Errorf("edition number %d has no day", i+1)
		case o.Edition.Before(e.Day):
			return fmt.Errorf("edition %s: it is later than the one in force, of %s", e.Day, o.Edition)
		case e.Day == o.Edition && e.URL != "":
			return fmt.Errorf("edition %s: it is the one in force, whose address stands behind policy", e.Day)
		case slices.ContainsFunc(o.Editions[:i], func(other Edition) bool { return other.Day == e.Day }):
			return fmt.Errorf("edition %s is given twice", e.Day)
		}
		if err := checkPolicyURL(e.URL); err != nil {
			return fmt.Errorf("edition %s: %w", e.Day, err)
		}
		for lang, text := range e.Changes {
			if !ValidLanguage(lang) {
				return fmt.Errorf("edition %s: %q is no language: write the code of one alone, for example kk, ru or en", e.Day, lang)
			}
			if strings.TrimSpace(text) == "" {
				return fmt.Errorf("edition %s: write what changed in %s", e.Day, lang)
			}
		}
	}
	return nil
}

// history returns the editions, the newest first: that in force is among them
// whether it was told of or not.
func (o Options) history() []Edition {
	list := slices.Clone(o.Editions)
	if i := slices.IndexFunc(list, func(e Edition) bool { return e.Day == o.Edition }); i >= 0 {
		list[i].URL = o.PolicyURL
	} else if !o.Edition.IsZero() {
		list = append(list, Edition{Day: o.Edition, URL: o.PolicyURL})
	}
	slices.SortFunc(list, func(a, b Edition) int { return cmp.Compare(b.Day.Number(), a.Day.Number()) })
	return list
}

// changes returns what the edition changed in the first of the languages that
// tells, else in any. Both are empty where nothing is told.
func (e Edition) changes(languages []string) (text, lang string) {
	for _, lang := range slices.Concat(languages, slices.Sorted(maps.Keys(e.Changes))) {
		if text := e.Changes[lang]; text != "" {
			return text, lang
		}
	}
	return "", ""
}

// editionDoubts lists the languages of the site in which nobody is told what an edition
// changed, although others are.
func (o Options) editionDoubts() (doubts []string) {
	for _, e := range o.history() {
		for _, lang := range o.Languages {
			if _, shown := e.changes([]string{lang}); shown != "" && shown != lang {
				_, shown = e.changes(o.Languages)
				doubts = append(doubts, fmt.Sprintf("policy edition %s: what it changed isn't told in %s and is shown in %s", e.Day, lang, shown))
			}
		}
	}
	return doubts
}

// pageEdition is an edition in words.
type pageEdition struct {
	Name, URL     string
	Changes, Lang string
	Dir           string // of Changes
	InForce       bool
}

func (b *Banner) editions(t *texts) (list []pageEdition) {
	for _, e := range b.options.history() {
		shown := pageEdition{Name: t.policyName(e.Day), URL: e.URL, InForce: e.Day == b.options.Edition}
		shown.Changes, shown.Lang = e.changes(slices.Concat([]string{t.lang}, b.languages))
		shown.Dir = cmp.Or(direction(shown.Lang), "ltr")
		list = append(list, shown)
	}
	return list
}
