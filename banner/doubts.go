package banner

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/css"
)

// noticeWords are beginnings of the words by which a notice says what the policy
// has it say, by language and by demand.
func noticeWords(lang string) []demand {
	return map[string][]demand{
		"en": {
			{"5, cookies", []string{"cookie"}}, {"5, beacons", []string{"beacon"}}, {"5, pixels", []string{"pixel"}},
			{"5, tags", []string{"tag"}}, {"5, scripts", []string{"script"}},
			{"5.1.1, refusal", []string{"refus", "reject", "declin"}}, {"5.1.2, the browser's settings", []string{"browser"}},
		},
		"ru": {
			{"5, cookies", []string{"cookie", "куки"}}, {"5, beacons", []string{"маяк"}}, {"5, pixels", []string{"пиксел"}},
			{"5, tags", []string{"тег", "тэг"}}, {"5, scripts", []string{"скрипт"}},
			{"5.1.1, refusal", []string{"отказ", "запре"}}, {"5.1.2, the browser's settings", []string{"браузер"}},
		},
		"kk": {
			{"5, cookies", []string{"cookie"}}, {"5, beacons", []string{"маяк"}}, {"5, pixels", []string{"пиксел"}},
			{"5, tags", []string{"тег", "тэг"}}, {"5, scripts", []string{"скрипт"}},
			{"5.1.1, refusal", []string{"бас тарт"}}, {"5.1.2, the browser's settings", []string{"браузер"}},
		},
	}[lang]
}

// demand is something that the notice must say, by the policy's paragraph, and the
// words of which one says it.
type demand struct {
	what  string
	words []string
}

// textDoubts lists what an operator's text of the banner doesn't seem to say. Of
// languages that aren't built in no word is known.
func textDoubts(own ownTexts) (doubts []string) {
	choice, _ := own.words["choice"].(map[string]any)
	text, given := choice["text"].(string)
	if !given {
		return nil
	}
	demands := noticeWords(own.lang)
	if demands == nil {
		return []string{fmt.Sprintf("texts %s: choice.text: nobody but you can tell whether it names cookies, beacons, pixels, tags and scripts, the right to refuse and the browser's settings (policy 5, 5.1.1, 5.1.2)", own.file)}
	}
	text = strings.ToLower(text)
	for _, d := range demands {
		if !slices.ContainsFunc(d.words, func(word string) bool { return strings.Contains(text, word) }) {
			doubts = append(doubts, fmt.Sprintf("texts %s: choice.text doesn't seem to tell of what the policy demands (%s): there is no word that begins with %q", own.file, d.what, strings.Join(d.words, `" or "`)))
		}
	}
	return doubts
}

// hiding are declarations that take something out of view, without spaces.
var hiding = [...]string{
	"display:none", "visibility:hidden", "visibility:collapse", "content-visibility:hidden",
	"opacity:0", "opacity:0%", "font-size:0", "font-size:0px", "transform:scale(0)", "scale:0",
}

// styleDoubts lists what in an operator's style could hide the notice or an answer.
// Only a browser can tell whether it does.
func styleDoubts(f File) (doubts []string) {
	lexer := css.NewLexer(parse.NewInputBytes(bytes.Clone(f.Body)))
	var declaration strings.Builder
	for {
		kind, data := lexer.Next()
		switch kind {
		case css.ErrorToken, css.SemicolonToken, css.LeftBraceToken, css.RightBraceToken:
			text := strings.TrimSuffix(strings.ToLower(declaration.String()), "!important")
			if slices.Contains(hiding[:], text) {
				doubts = append(doubts, fmt.Sprintf("css %s: %s could hide the notice or an answer: this finds oversights, not intent, so look at the gallery", f.Name, text))
			}
			declaration.Reset()
			if kind == css.ErrorToken {
				return doubts
			}
		case css.CommentToken, css.WhitespaceToken:
		default:
			declaration.Write(data)
		}
	}
}

// Doubts returns what in an operator's texts and style may not be as the policy
// demands and can't be told for sure: each with file, place and reason.
func (b *Banner) Doubts() []string { return slices.Clone(b.doubts) }
