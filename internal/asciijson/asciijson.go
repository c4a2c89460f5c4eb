// Package asciijson encodes values as JSON that can stand inside a script element
// of any page: pure ASCII, so that it is right under every ASCII-compatible
// encoding, and without "<", ">" and "&", so that it can't end the element.
//
// It is a leaf.
package asciijson

import (
	"encoding/json"
	"fmt"
	"unicode/utf16"
)

// Marshal returns the JSON encoding of v. Everything beyond ASCII can only stand
// in strings, where it's written as \u escapes (RFC 8259 §7). The errors are those
// of [json.Marshal].
func Marshal(v any) ([]byte, error) {
	raw, err := json.Marshal(v) // escapes "<", ">" and "&"
	if err != nil {
		return nil, err
	}
	out := make([]byte, 0, len(raw))
	for _, r := range string(raw) {
		switch {
		case r < 0x7f:
			out = append(out, byte(r))
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return out, nil
}
