package banner

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/css"
)

// maxCSS bounds an operator's style, in bytes: every undecided visitor's page
// carries it.
const maxCSS = 8 << 10

// ownStyle returns the operator's style for the banner's shadow root, in ASCII, ""
// for no file. It refuses what asks others for something and what could make one
// of the two answers look less than the other (policy 5.1.1).
func ownStyle(f File) (string, error) {
	if f.Name == "" {
		return "", nil
	}
	if err := checkStyle(f.Body); err != nil {
		return "", fmt.Errorf("css %s: %w", f.Name, err)
	}
	return cssEscaped(string(f.Body)), nil
}

func checkStyle(raw []byte) error {
	switch {
	case len(raw) > maxCSS:
		return fmt.Errorf("%d bytes: every page that asks carries it, so at most %d", len(raw), maxCSS)
	case !utf8.Valid(raw):
		return errors.New("not UTF-8")
	case strings.Contains(strings.ToLower(string(raw)), "</style"):
		return errors.New("it contains </style")
	}
	lexer := css.NewLexer(parse.NewInputBytes(raw))
	open := 0
	var prelude []token // since the last end of a rule or declaration
	for {
		kind, data := lexer.Next()
		text := strings.ToLower(string(data))
		if err := checkToken(kind, text); err != nil {
			return err
		}
		switch kind {
		case css.ErrorToken:
			if lexer.Err() != io.EOF {
				return lexer.Err()
			}
			if open != 0 {
				return errors.New("a { isn't closed, or a } too many")
			}
			return nil
		case css.LeftBraceToken:
			open++
			if err := checkSelector(prelude); err != nil {
				return err
			}
			prelude = nil
		case css.RightBraceToken:
			if open--; open < 0 {
				return errors.New("a } too many")
			}
			prelude = nil
		case css.SemicolonToken:
			prelude = nil
		case css.CommentToken, css.WhitespaceToken:
		default:
			prelude = append(prelude, token{kind, text})
		}
	}
}

type token struct {
	kind css.TokenType
	text string
}

// checkToken refuses what loads something from elsewhere.
func checkToken(kind css.TokenType, text string) error {
	switch kind {
	case css.IdentToken, css.FunctionToken, css.AtKeywordToken:
		if strings.Contains(text, `\`) {
			return fmt.Errorf("%s: write names without escapes", text)
		}
	case css.BadStringToken, css.BadURLToken:
		return fmt.Errorf("%s: not closed", text)
	}
	switch {
	case kind == css.AtKeywordToken && text == "@import":
		return errors.New("it contains @import")
	case kind == css.FunctionToken && slices.Contains([]string{"url(", "src(", "image(", "image-set(", "-webkit-image-set("}, text):
		return fmt.Errorf("%s): write an address as url(data:…) or url(/path)", text)
	case kind == css.URLToken && !staysHere(text):
		return fmt.Errorf("%s leads to a third party: use url(data:…) or url(/path)", text)
	}
	return nil
}

// staysHere reports whether a url() is data or a path of the site.
func staysHere(url string) bool {
	inner := strings.Trim(strings.TrimSuffix(strings.TrimPrefix(url, "url("), ")"), " \t\r\n\f\"'")
	if strings.ContainsAny(inner, "\\\t\r\n") {
		return false
	}
	return strings.HasPrefix(inner, "data:") || strings.HasPrefix(inner, "/") && !strings.HasPrefix(inner, "//")
}

// checkSelector refuses what tells the second of two alike elements from the
// first: Accept and Refuse are siblings with the same attributes but for value.
func checkSelector(prelude []token) error {
	if len(prelude) > 0 && prelude[0].kind == css.AtKeywordToken {
		return nil
	}
	for i, t := range prelude {
		var before token
		if i > 0 {
			before = prelude[i-1]
		}
		name := strings.TrimSuffix(t.text, "(")
		pseudo := before.kind == css.ColonToken && (name == "default" ||
			slices.ContainsFunc([]string{"nth-", "first-", "last-", "only-"}, func(start string) bool { return strings.HasPrefix(name, start) }))
		value := before.kind == css.LeftBracketToken && name == "value"
		sibling := t.kind == css.DelimToken && (t.text == "+" || t.text == "~")
		if pseudo || value || sibling {
			return fmt.Errorf("the selector %s could make Refuse look other than Accept (policy 5.1.1): use elements, classes and states. Oversights are found so, not intent: look at the gallery", written(prelude))
		}
	}
	return nil
}

func written(tokens []token) string {
	var out strings.Builder
	for _, t := range tokens {
		out.WriteString(t.text)
	}
	return out.String()
}

// cssEscaped writes everything beyond ASCII as escapes (CSS Syntax 3 §4.3.7).
func cssEscaped(text string) string {
	var out strings.Builder
	for _, r := range text {
		if r < 0x80 {
			out.WriteRune(r)
			continue
		}
		fmt.Fprintf(&out, "\\%x ", r)
	}
	return out.String()
}
