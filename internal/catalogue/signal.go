package catalogue

import (
	"errors"
	"fmt"
	"strings"

	"github.com/tdewolff/parse/v2"
	"github.com/tdewolff/parse/v2/js"
)

// Signal is a vendor's own consent call, as JavaScript for the very start of a
// page, before the vendor's code and whatever loads it. It counts where that code
// runs although nothing told the edge so: bundled, proxied, or loaded by a tag
// manager.
//
// A page runs the Denied of each service that isn't allowed, each distinct text
// once, and then the Granted of each that is. Products that share one call, such
// as those under Google's Consent Mode, share Denied byte for byte: what one of
// them denies its allowed sibling grants for its own purposes after it.
//
// Each text is complete statements in ASCII, of at most 600 bytes. It makes the
// vendor's queue where there is none yet, never replaces one, and leaves no other
// global behind. Where the vendor's snippet loads nothing once its queue exists,
// Granted is empty: the vendor's default is granted there.
type Signal struct {
	Denied  string `json:"denied"`
	Granted string `json:"granted,omitempty"`
}

// maxSignal bounds each text of a signal, in bytes: every page carries it.
const maxSignal = 600

func (s Signal) check() error {
	problems := []error{checkCall("denied", s.Denied)}
	if s.Granted != "" {
		problems = append(problems, checkCall("granted", s.Granted))
	}
	return errors.Join(problems...)
}

// checkCall accepts what can stand in any page's script element (WHATWG HTML
// §4.12.1.3) beside other calls.
func checkCall(what, code string) error {
	wrong := func(words string, args ...any) error {
		return fmt.Errorf("signal %s %q: "+words, append([]any{what, code}, args...)...)
	}
	lower := strings.ToLower(code)
	switch {
	case len(code) > maxSignal:
		return wrong("write at most %d bytes", maxSignal)
	case strings.ContainsFunc(code, func(r rune) bool { return r < ' ' || r >= 0x7f }):
		return wrong("write printable ASCII on one line")
	case strings.Contains(lower, "</script") || strings.Contains(lower, "<!--"):
		return wrong(`"</script" and "<!--" would end or change the script element around it`)
	case !strings.HasSuffix(code, ";"):
		return wrong(`write complete statements that end in ";"`)
	}
	ast, err := js.Parse(parse.NewInputString(code), js.Options{})
	if err != nil {
		return wrong("it isn't JavaScript: %w", err)
	}
	if len(ast.Declared) > 0 {
		return wrong("it declares the global %s: put it into a function", ast.Declared[0].Data)
	}
	return nil
}
