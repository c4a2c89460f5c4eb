package inventory

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxHost   = 253 // RFC 1035 §2.3.4
	maxLabel  = 63
	maxCookie = 64
	maxPath   = 128
	// maxSegment is how long a piece of a path may be to be kept.
	maxSegment = 48
)

// valid reports whether the name can be of its kind and the source is known.
func valid(kind Kind, source Source, name []byte) bool {
	if source != Page && source != Header && source != Report {
		return false
	}
	switch kind {
	case Host:
		// A host that spells out an address is, in a report, as likely the
		// visitor's own: devices at home have such names.
		return validHost(name) && !(source == Report && holdsAddress(name))
	case Cookie:
		return len(name) > 0 && len(name) <= maxCookie
	case Collector:
		return len(name) > 0 && len(name) <= maxPath
	case Own:
		return len(name) == 0
	}
	return false
}

// validHost reports whether a host consists of small letters, digits, "-" and "_"
// in labels. Hosts that aren't are no hosts, or IPv6 addresses.
func validHost(host []byte) bool {
	label := 0
	for _, b := range host {
		switch {
		case b == '.' && label > 0:
			label = 0
			continue
		case 'a' <= b && b <= 'z', '0' <= b && b <= '9', b == '-', b == '_':
			label++
		default:
			return false
		}
		if label > maxLabel {
			return false
		}
	}
	return label > 0 && len(host) <= maxHost
}

// holdsAddress reports four numbers in a row, as an IPv4 address has them, between
// "." or "-".
func holdsAddress(host []byte) bool {
	numbers, digits := 0, 0
	for i := 0; i <= len(host); i++ {
		switch {
		case i < len(host) && isDigit(host[i]):
			digits++
			continue
		case digits > 0 && digits <= 3:
			numbers++
		default:
			numbers = 0
		}
		digits = 0
		if numbers >= 4 {
			return true
		}
		if i < len(host) && host[i] != '.' && host[i] != '-' {
			numbers = 0
		}
	}
	return false
}

// blurName appends a cookie's name to dst as it is remembered: what may identify a
// visitor replaced by "*", and cut to maxCookie bytes. It returns nothing for what
// is no name (RFC 6265 §4.1.1); "[", "]" and ":" are let through, since sites use
// them.
func blurName(dst, name []byte) []byte {
	for i := 0; i < len(name) && len(dst) < maxCookie; {
		if n := identifier(name, i); n > 0 {
			dst, i = append(dst, '*'), i+n
			continue
		}
		if b := name[i]; b <= ' ' || b >= 0x7f || strings.IndexByte(`()<>@,;\"/?={}`, b) >= 0 {
			return nil
		}
		dst, i = append(dst, name[i]), i+1
	}
	return dst
}

const (
	manyDigits    = 4
	manyHexDigits = 8
	longWord      = 16 // with a digit in it
	// scatteredDigits is how many digits a segment of a path may not have, wherever
	// they stand: "+7 701 123 45 67".
	scatteredDigits = 7
)

// identifier returns the length of what stands at i and may identify a visitor: 4
// or more digits, 8 or more hexadecimal digits, a UUID, or a long word that holds a
// digit. It is asked about one i after the other.
func identifier(text []byte, i int) int {
	rest := text[i:]
	if i == 0 || !isWord(text[i-1]) {
		word := runOf(isWord, rest)
		if word == manyHexDigits && isUUID(rest) {
			return uuidLength
		}
		if word >= longWord && bytes.ContainsAny(rest[:word], "0123456789") {
			return word
		}
	}
	if n := runOf(isHex, rest); n >= manyHexDigits {
		return n
	}
	if n := runOf(isDigit, rest); n >= manyDigits {
		return n
	}
	return 0
}

func runOf(in func(byte) bool, text []byte) int {
	n := 0
	for n < len(text) && in(text[n]) {
		n++
	}
	return n
}

func countDigits(text []byte) (n int) {
	for _, b := range text {
		if isDigit(b) {
			n++
		}
	}
	return n
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }
func isHex(b byte) bool   { return isDigit(b) || 'a' <= b|0x20 && b|0x20 <= 'f' }
func isWord(b byte) bool  { return isDigit(b) || 'a' <= b|0x20 && b|0x20 <= 'z' }

// uuidLength is that of 8-4-4-4-12 hexadecimal digits (RFC 9562 §4).
const uuidLength = 36

func isUUID(text []byte) bool {
	if len(text) < uuidLength {
		return false
	}
	for i, b := range text[:uuidLength] {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash && b != '-' || !dash && !isHex(b) {
			return false
		}
	}
	return true
}

// place returns host and path of a page as they are remembered. The path is
// decoded; segments that may identify somebody are "*". A host that is an address
// is left out. Without both it is "".
func place(host, path string) string {
	if host == "" && path == "" {
		return ""
	}
	if h := []byte(host); !validHost(h) || holdsAddress(h) {
		host = ""
	}
	var kept strings.Builder
	for segment := range strings.SplitSeq(strings.TrimPrefix(path, "/"), "/") {
		segment = clean(segment)
		if kept.Len()+len("/")+len(segment) > maxPath {
			break
		}
		kept.WriteString("/" + segment)
	}
	return host + kept.String()
}

// BlurPath returns a decoded path as the inventory remembers it: without a query,
// with "*" for segments that may identify somebody, and cut to 128 bytes.
func BlurPath(path string) string {
	path, _, _ = strings.Cut(path, "?")
	return place("", path)
}

// clean returns a segment of a path without what may identify somebody or act on
// a terminal.
func clean(segment string) string {
	raw := []byte(segment)
	// Mail, IPv6 and IPv4 addresses, telephone numbers; what is encoded twice.
	if len(raw) > maxSegment || bytes.ContainsAny(raw, "@:%") || holdsAddress(raw) || countDigits(raw) >= scatteredDigits {
		return "*"
	}
	for i := range raw {
		if identifier(raw, i) > 0 {
			return "*"
		}
	}
	return strings.Map(func(r rune) rune {
		if r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("-._~", r)) {
			return r
		}
		return '_'
	}, segment)
}
