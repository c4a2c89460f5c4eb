package banner

import (
	"slices"

	"golang.org/x/text/language"
)

// direction returns "rtl" for a language that is usually written from right to
// left, else nothing: the scripts are those to which Unicode gives the classes R
// and AL (UAX #9) and in which languages of today are written.
func direction(lang string) string {
	script, _ := language.Make(lang).Script()
	if slices.Contains([]string{"Adlm", "Arab", "Hebr", "Mand", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa"}, script.String()) {
		return "rtl"
	}
	return ""
}

// isolated keeps a name of another script from being mixed up with a text that is
// written from right to left (UAX #9 §2.4: FSI, PDI).
func (t *texts) isolated(name string) string {
	if direction(t.lang) == "" {
		return name
	}
	return "\u2068" + name + "\u2069"
}
