package banner

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// File is a file of the operator's, with the name by which messages call it.
type File struct {
	Name string
	Body []byte
}

// maxTexts bounds a file of texts, in bytes: the built-in ones have under 16 KiB.
const maxTexts = 128 << 10

// ownTexts are the texts of one language in an operator's file.
type ownTexts struct {
	lang, file string
	words      map[string]any
}

// readTexts reads the operator's texts, in the order of the files. It refuses
// what no text is called and texts whose {placeholders} aren't those of the
// English one, with file and key.
func readTexts(files []File) ([]ownTexts, error) {
	model, err := builtinWords("en")
	if err != nil {
		return nil, err
	}
	var all []ownTexts
	for _, f := range files {
		own, err := parseOwnTexts(f, model)
		if err != nil {
			return nil, fmt.Errorf("texts %s: %w", f.Name, err)
		}
		if i := indexOwnTexts(all, own.lang); i >= 0 {
			return nil, fmt.Errorf("texts %s: the language %s has its texts in %s already", f.Name, own.lang, all[i].file)
		}
		all = append(all, own)
	}
	return all, nil
}

func indexOwnTexts(all []ownTexts, lang string) int {
	return slices.IndexFunc(all, func(own ownTexts) bool { return own.lang == lang })
}

func parseOwnTexts(f File, model map[string]any) (ownTexts, error) {
	own := ownTexts{file: f.Name}
	if len(f.Body) > maxTexts {
		return own, fmt.Errorf("more than %d KiB", maxTexts>>10)
	}
	if err := json.Unmarshal(f.Body, &own.words); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) {
			return own, fmt.Errorf("line %d: %w", 1+bytes.Count(f.Body[:syntax.Offset], []byte("\n")), err)
		}
		return own, fmt.Errorf("write a JSON object of texts: %w", err)
	}
	own.lang, _ = own.words["language"].(string)
	delete(own.words, "language")
	if !ValidLanguage(own.lang) {
		return own, fmt.Errorf(`language: write the code of a language alone, for example "language": "uz", not %q`, own.lang)
	}
	if err := checkWords(own.words, model, ""); err != nil {
		return own, err
	}
	for _, key := range []string{"date", "time"} {
		if layout, given := own.words[key].(string); given && !tellsDay(layout) {
			return own, fmt.Errorf("%s: %q doesn't show day, month and year: write a layout of Go's package time, for example 02.01.2006", key, layout)
		}
	}
	return own, nil
}

// ValidLanguage reports whether the text is the canonical code of one language,
// without script and region (BCP 47): "uz", "ar".
func ValidLanguage(text string) bool {
	tag, err := language.Parse(text)
	if err != nil {
		return false
	}
	base, confidence := tag.Base()
	return confidence == language.Exact && base.String() == text && tag.String() == text
}

// checkWords holds an operator's words to the shape of the model's.
func checkWords(own, model map[string]any, path string) error {
	for _, key := range slices.Sorted(maps.Keys(own)) {
		known, found := model[key]
		if !found {
			return fmt.Errorf("%s: no text is called so: use one of %s", path+key, strings.Join(slices.Sorted(maps.Keys(model)), ", "))
		}
		group, isGroup := known.(map[string]any)
		words, hasGroup := own[key].(map[string]any)
		text, isText := own[key].(string)
		switch {
		case isGroup && !hasGroup:
			return fmt.Errorf("%s: write an object with some of %s", path+key, strings.Join(slices.Sorted(maps.Keys(group)), ", "))
		case isGroup:
			if err := checkWords(words, group, path+key+"."); err != nil {
				return err
			}
		case !isText || strings.TrimSpace(text) == "":
			return fmt.Errorf("%s: write a text", path+key)
		default:
			if err := checkPlaceholders(text, known.(string)); err != nil {
				return fmt.Errorf("%s: %w", path+key, err)
			}
		}
	}
	return nil
}

var placeholder = regexp.MustCompile(`\{\w+\}`)

// checkPlaceholders wants the text to say what the model says, in any order and
// number.
func checkPlaceholders(text, model string) error {
	in := func(text string) []string {
		found := placeholder.FindAllString(text, -1)
		slices.Sort(found)
		return slices.Compact(found)
	}
	wanted := in(model)
	for _, name := range wanted {
		if !strings.Contains(text, name) {
			return fmt.Errorf("%s is missing", name)
		}
	}
	for _, name := range in(text) {
		if !slices.Contains(wanted, name) {
			return fmt.Errorf("%s stands for nothing here%s", name, usable(wanted))
		}
	}
	if strings.ContainsAny(placeholder.ReplaceAllString(text, ""), "{}") {
		return fmt.Errorf("a single { or } is no placeholder%s", usable(wanted))
	}
	return nil
}

func usable(names []string) string {
	if len(names) == 0 {
		return ": this text has none"
	}
	return ": use " + strings.Join(names, ", ")
}

// tellsDay reports whether the layout shows a day so that it can be read again.
func tellsDay(layout string) bool {
	day := time.Date(2025, 11, 23, 0, 0, 0, 0, time.UTC)
	read, err := time.Parse(layout, day.Format(layout))
	return err == nil && read.Equal(day)
}

// withOwn returns the texts of a language, an operator's on top of the built-in
// ones or, for a language that has none, of the English ones. fallbacks are the
// keys of those that stay English; a name of its own every language has (CLDR).
func withOwn(lang string, own ownTexts) (t *texts, fallbacks []string, err error) {
	base := lang
	isNew := !slices.Contains(Supported(), lang)
	if isNew {
		base = "en"
	}
	words, err := builtinWords(base)
	if err != nil {
		return nil, nil, err
	}
	if isNew {
		fallbacks = missingWords(own.words, words, "")
		if name := display.Self.Name(language.Make(lang)); name != "" {
			words["name"] = name
			fallbacks = slices.DeleteFunc(fallbacks, func(key string) bool { return key == "name" })
		}
	}
	overlay(words, own.words)
	raw, err := json.Marshal(words)
	if err != nil {
		return nil, nil, fmt.Errorf("texts %s: %w", own.file, err)
	}
	t, err = parseTexts(lang, raw)
	return t, fallbacks, err
}

// builtinWords returns the texts of a language as they stand in their file.
func builtinWords(lang string) (words map[string]any, err error) {
	raw, err := textFiles.ReadFile("texts/" + lang + ".json")
	if err == nil {
		err = json.Unmarshal(raw, &words)
	}
	if err != nil {
		return nil, fmt.Errorf("texts of %q: %w", lang, err)
	}
	return words, nil
}

// overlay writes words over those of the base.
func overlay(base, words map[string]any) {
	for key, value := range words {
		group, isGroup := value.(map[string]any)
		if under, found := base[key].(map[string]any); isGroup && found {
			overlay(under, group)
			continue
		}
		base[key] = value
	}
}

// missingWords returns the keys of the model's texts that the words lack, sorted.
func missingWords(words, model map[string]any, path string) (missing []string) {
	for _, key := range slices.Sorted(maps.Keys(model)) {
		if group, isGroup := model[key].(map[string]any); isGroup {
			under, _ := words[key].(map[string]any)
			missing = append(missing, missingWords(under, group, path+key+".")...)
		} else if _, found := words[key]; !found {
			missing = append(missing, path+key)
		}
	}
	return missing
}

// Fallback tells which texts of an operator's language are shown in English.
type Fallback struct {
	Language string
	File     string   // that describes the language
	Keys     []string // "choice.accept", sorted
}

// Fallbacks returns the languages of which not everything has a text.
func (b *Banner) Fallbacks() []Fallback { return slices.Clone(b.fallbacks) }
