package banner

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

//go:embed texts
var textFiles embed.FS

// Supported returns the languages that have texts, in the order in which a site
// without a setting shows them.
func Supported() []string { return []string{"ru", "kk", "en"} }

// texts are all words of one language. The names follow the JSON files; {name}
// in a text is replaced by fill.
type texts struct {
	lang          string
	Name          string                  `json:"name"`
	Date          string                  `json:"date"` // layout of package time
	Time          string                  `json:"time"` // layout of package time
	Months        numberForms             `json:"months"`
	And           string                  `json:"and"`
	Site          string                  `json:"site"` // subject of a sentence, where no controller is named
	Operator      string                  `json:"operator"`
	OperatorID    string                  `json:"operator_id"`
	Policy        string                  `json:"policy"`
	Edition       string                  `json:"edition"`
	AbroadDenied  string                  `json:"abroad_denied"`
	AbroadAllowed string                  `json:"abroad_allowed"`
	Categories    map[string]categoryText `json:"categories"`
	Choice        choiceTexts             `json:"choice"`
	News          newsTexts               `json:"news"`
	Control       string                  `json:"control"`
	Embed         embedTexts              `json:"embed"`
	Page          pageTexts               `json:"page"`
}

type numberForms struct {
	One  string `json:"one"`
	Few  string `json:"few"`
	Many string `json:"many"`
}

type categoryText struct {
	Name    string `json:"name"`
	Purpose string `json:"purpose"` // continues "for …"
	About   string `json:"about"`
}

type choiceTexts struct {
	Title  string `json:"title"`
	Text   string `json:"text"`
	Page   string `json:"page"`
	Choose string `json:"choose"`
	Terms  string `json:"terms"`
	Save   string `json:"save"`
	Refuse string `json:"refuse"`
	Accept string `json:"accept"`
	Failed string `json:"failed"`
}

// loadTexts reads and checks the texts of one language.
func loadTexts(lang string) (*texts, error) {
	raw, err := textFiles.ReadFile("texts/" + lang + ".json")
	if err != nil {
		return nil, fmt.Errorf("texts of %q: %w", lang, err)
	}
	return parseTexts(lang, raw)
}

// parseTexts refuses unknown and missing keys.
func parseTexts(lang string, raw []byte) (*texts, error) {
	t := &texts{lang: lang}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(t); err != nil {
		return nil, fmt.Errorf("texts of %q: %w", lang, err)
	}
	if missing := missingText(reflect.ValueOf(*t), ""); missing != "" {
		return nil, fmt.Errorf("texts of %q: %s is missing", lang, missing)
	}
	for path, want := range t.lists() {
		for _, key := range want.keys {
			if want.has(key) == "" {
				return nil, fmt.Errorf("texts of %q: %s.%s is missing", lang, path, key)
			}
		}
	}
	return t, nil
}

// missingText returns the path of the first empty text within v.
func missingText(v reflect.Value, path string) string {
	switch v.Kind() {
	case reflect.String:
		if v.String() == "" {
			return strings.TrimPrefix(path, ".")
		}
	case reflect.Struct:
		for i := range v.NumField() {
			field := v.Type().Field(i)
			if !field.IsExported() {
				continue
			}
			if missing := missingText(v.Field(i), path+"."+field.Tag.Get("json")); missing != "" {
				return missing
			}
		}
	case reflect.Map:
		for key, value := range v.Seq2() {
			if missing := missingText(value, path+"."+key.String()); missing != "" {
				return missing
			}
		}
	}
	return ""
}

// keyed is a map of texts with the keys it must have.
type keyed struct {
	keys []string
	has  func(key string) string
}

func (t *texts) lists() map[string]keyed {
	of := func(m map[string]string, keys ...string) keyed {
		return keyed{keys, func(key string) string { return m[key] }}
	}
	return map[string]keyed{
		"categories":     {consent.CategoryNames(), func(key string) string { return t.Categories[key].Name }},
		"embed.reasons":  of(t.Embed.Reasons, "cross_border", "not_in_use"),
		"page.messages":  of(t.Page.Messages, "saved", "refused", "withdrawn", "erased", "failed", "cookieless"),
		"page.states":    of(t.Page.States, "undecided", "refused", "allowed", "stale"),
		"page.keeps":     of(t.Page.Keeps, "here", "all", "cookies", "data", "recordings", "unsaid"),
		"page.deletions": of(t.Page.Deletions, "deleted", "unset", "none"),
		"page.statuses":  of(t.Page.Statuses, Working, Blocked, Never),
		"page.reasons": of(t.Page.Reasons,
			"necessary", "allowed", "undecided", "refused", "stale", "gpc", "dnt", "unchosen", "never", "unplaced", "not_in_use"),
		"page.own_services": of(t.Page.OwnServices, "visits"),
		"page.whats":        of(t.Page.Whats, "ip", "visits"),
		"page.kinds":        of(t.Page.Kinds, "visits"),
		"page.events":       of(t.Page.Events, "given", "refused", "withdrawn", "erased", "blocked", "unblocked"),
		"page.methods":      of(t.Page.Methods, "banner", "page", "api", "admin"),
	}
}

// fill replaces {name} by its value, for pairs of names and values.
func fill(text string, pairs ...string) string {
	for i := 0; i < len(pairs); i += 2 {
		pairs[i] = "{" + pairs[i] + "}"
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// months returns the number of months in words ("14 months").
func (t *texts) months(n int) string {
	return fill(t.form(t.Months, n), "n", strconv.Itoa(n))
}

// form returns the form for the number, by the rules of the language (CLDR).
func (t *texts) form(forms numberForms, n int) string {
	switch plural.Cardinal.MatchPlural(language.Make(t.lang), n, 0, 0, 0, 0) {
	case plural.One:
		return forms.One
	case plural.Few:
		return forms.Few
	}
	return forms.Many
}

// day returns the day as the language writes it, nothing for the zero day.
func (t *texts) day(d policy.Day) string {
	if d.IsZero() {
		return ""
	}
	return d.Start(time.UTC).Format(t.Date)
}

// join lists the words as a sentence does: "a, b and c".
func (t *texts) join(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + t.And + words[last]
}

// subject returns the controller's name, or a word for the site where none is
// configured.
func (t *texts) subject(c Controller) string {
	if c.Name != "" {
		return t.isolated(c.Name)
	}
	return t.Site
}

// operator names the controller as policy 7.2 does, nothing when it has no name.
func (t *texts) operator(c Controller) string {
	if c.Name == "" {
		return ""
	}
	parts := []string{c.Name}
	if c.ID != "" {
		parts = append(parts, fill(t.OperatorID, "id", c.ID))
	}
	if c.Address != "" {
		parts = append(parts, c.Address)
	}
	return fill(t.Operator, "operator", t.isolated(strings.Join(parts, ", ")))
}

// policyName names the policy with its edition, where one is configured.
func (t *texts) policyName(edition policy.Day) string {
	if edition.IsZero() {
		return t.Policy
	}
	return fill(t.Edition, "edition", t.day(edition))
}

// abroad says whether data crosses the border (policy 3.2.6).
func (t *texts) abroad(crossBorder string) string {
	switch crossBorder {
	case "deny":
		return t.AbroadDenied
	case "allow":
		return t.AbroadAllowed
	}
	return ""
}
