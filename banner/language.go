package banner

import (
	"slices"

	"golang.org/x/text/language"
)

// maxAcceptLanguage is the length in bytes up to which the header is read.
// Browsers send under 200; matching a long one would cost whole milliseconds.
const maxAcceptLanguage = 1000

func newMatcher(languages []string) language.Matcher {
	tags := make([]language.Tag, len(languages))
	for i, lang := range languages {
		tags[i] = language.Make(lang)
	}
	return language.NewMatcher(tags)
}

// Languages returns the site's languages, the default first.
func (b *Banner) Languages() []string { return slices.Clone(b.languages) }

// Language returns the language to speak: that of <html lang> if the site's
// banner has it, else the best match for Accept-Language (RFC 9110 §12.5.4, RFC
// 4647 lookup with CLDR distances), else the default.
func (b *Banner) Language(htmlLang, acceptLanguage string) string {
	if slices.Contains(b.languages, htmlLang) {
		return htmlLang
	}
	if tag, err := language.Parse(htmlLang); err == nil {
		if base, confidence := tag.Base(); confidence == language.Exact && slices.Contains(b.languages, base.String()) {
			return base.String()
		}
	}
	if len(acceptLanguage) <= maxAcceptLanguage {
		if tags, _, err := language.ParseAcceptLanguage(acceptLanguage); err == nil && len(tags) > 0 {
			if _, i, confidence := b.matcher.Match(tags...); confidence != language.No {
				return b.languages[i]
			}
		}
	}
	return b.languages[0]
}
