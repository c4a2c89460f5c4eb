// Package redact takes out of a line of text what would tell of a visitor: whole
// addresses, queries, mail and telephone numbers, and pieces of paths that may
// identify somebody. What is left still tells an operator what happened.
//
// It knows nothing of a line's source. Text from outside may have any shape, so
// what merely looks like an address is taken for one.
package redact

import (
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/mamen-ai/consentgate/internal/inventory"
	"github.com/mamen-ai/consentgate/storage"
)

// Cut stands where a query was.
const Cut = "?…"

// hidden stands for what may identify somebody, as in the inventory.
const hidden = "*"

// Queries returns a text without the queries and fragments of URLs in it (policy
// 3.7.4), also where they are percent-encoded. A query ends at white space or at a
// quotation mark that isn't escaped.
func Queries(text string) string {
	at := query(text)
	if at < 0 {
		return text
	}
	var kept strings.Builder
	for ; at >= 0; at = query(text) {
		kept.WriteString(text[:at])
		kept.WriteString(Cut)
		text = text[at+wordLength(text[at:]):]
	}
	kept.WriteString(text)
	return kept.String()
}

// query returns where the first query, fragment or path parameter begins that is
// not empty, or -1.
func query(text string) int {
	for i := range len(text) {
		mark := 1
		switch text[i] {
		case '%':
			if !isEncoded(text[i:], "3f", "23", "3b") {
				continue
			}
			mark = len("%3F")
		case '?', '#':
		case ';':
			// A parameter of a path; elsewhere a semicolon ends something.
			if !strings.Contains(text[lastSpace(text[:i])+1:i], "/") {
				continue
			}
		default:
			continue
		}
		if wordLength(text[i+mark:]) > 0 {
			return i
		}
	}
	return -1
}

// isEncoded reports whether the text begins with one of the bytes,
// percent-encoded, however often its "%" is encoded itself.
func isEncoded(text string, bytes ...string) bool {
	text = strings.TrimPrefix(text, "%")
	for strings.HasPrefix(text, "25") {
		text = text[len("25"):]
	}
	for _, b := range bytes {
		if len(text) >= len(b) && strings.EqualFold(text[:len(b)], b) {
			return true
		}
	}
	return false
}

func lastSpace(text string) int { return strings.LastIndexFunc(text, isSpace) }

func isSpace(r rune) bool { return r <= ' ' }

// wordLength is the length up to white space or a quotation mark, unless that is
// escaped as Go's %q does.
func wordLength(text string) int {
	for i := range len(text) {
		if text[i] <= ' ' || text[i] == '"' && (i == 0 || text[i-1] != '\\') {
			return i
		}
	}
	return len(text)
}

// Address returns the network of an address, /24 or /48, without port and zone;
// "" for what is none.
func Address(text string) string {
	if host, _, err := net.SplitHostPort(text); err == nil {
		text = host
	}
	ip, err := netip.ParseAddr(strings.Trim(text, "[] "))
	if err != nil {
		return ""
	}
	return storage.MaskIP(ip).String()
}

// Text returns a text without queries, and with networks for addresses and "*" for
// mail addresses. The machine's own 127.0.0.1 and ::1 stay.
func Text(text string) string {
	return mails(addresses4(addresses6(Queries(text))))
}

// Web is Text for what tells of a request: the credentials of URLs, pieces of
// paths that may identify somebody and numbers of 7 or more digits go too.
func Web(text string) string {
	if !strings.ContainsAny(text, "/%@0123456789:?#") {
		return text
	}
	text = Queries(text)
	var kept strings.Builder
	for len(text) > 0 {
		n := wordLength(text)
		kept.WriteString(path(text[:n]))
		text = text[n:]
		for n = 0; n < len(text) && wordLength(text[n:]) == 0; n++ {
		}
		kept.WriteString(text[:n])
		text = text[n:]
	}
	return numbers(Text(kept.String()))
}

// URI is Web for a whole request target (RFC 9112 §3.2), whatever it contains.
func URI(target string) string {
	target = strings.Map(visible, target)
	if at := query(target); at >= 0 {
		return numbers(Text(path(target[:at]))) + Cut
	}
	return numbers(Text(path(target)))
}

// visible maps what ends a word to what doesn't.
func visible(r rune) rune {
	if r <= ' ' || r == '"' {
		return '_'
	}
	return r
}

// path returns a word whose path, if it has one, is as the inventory remembers
// paths.
func path(word string) string {
	start := pathStart(word)
	if start < 0 {
		return word
	}
	end := len(strings.TrimRight(word, ":,;.)>]}'\\"))
	if at := strings.Index(word, Cut); at >= 0 {
		end = at
	}
	end = max(end, start+1)
	decoded := word[start:end]
	for strings.Contains(decoded, "%") {
		once, err := url.PathUnescape(decoded)
		if err != nil || once == decoded {
			break
		}
		decoded = once
	}
	authority := word[:start]
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		scheme, _, _ := strings.Cut(authority, "//")
		authority = scheme + "//" + authority[at+1:]
	}
	return authority + inventory.BlurPath(decoded) + word[end:]
}

// pathStart returns where the path of a word begins: at a slash that follows no
// word, or after the authority of a URL; or -1.
func pathStart(word string) int {
	for i := range len(word) {
		if word[i] != '/' || i > 0 && isWord(word[i-1]) {
			continue
		}
		if !strings.HasPrefix(word[i:], "//") {
			return i
		}
		after := i + len("//")
		if slash := strings.IndexByte(word[after:], '/'); slash >= 0 {
			return after + slash
		}
		return -1
	}
	return -1
}

func isWord(b byte) bool {
	return b >= 0x80 || '0' <= b && b <= '9' || 'a' <= b|0x20 && b|0x20 <= 'z' || b == '*' || b == '+' || b == '.'
}

// mails replaces what stands around an "@", raw or percent-encoded.
func mails(text string) string {
	if !strings.ContainsAny(text, "@%") {
		return text
	}
	var kept strings.Builder
	begin := 0 // of the piece between separators
	flush := func(end int) {
		piece := text[begin:end]
		if holdsAt(piece) {
			piece = hidden
		}
		kept.WriteString(piece)
	}
	for i := range len(text) {
		if text[i] <= ' ' || strings.IndexByte("\"'<>(),;=&/", text[i]) >= 0 {
			flush(i)
			kept.WriteByte(text[i])
			begin = i + 1
		}
	}
	flush(len(text))
	return kept.String()
}

func holdsAt(text string) bool {
	for i := range len(text) {
		if text[i] == '@' || text[i] == '%' && isEncoded(text[i:], "40") {
			return true
		}
	}
	return false
}

// numbers replaces runs of 7 or more digits: telephone numbers, taxpayer numbers,
// codes.
func numbers(text string) string {
	const many = 7
	var kept strings.Builder
	for i := 0; i < len(text); {
		n := 0
		for i+n < len(text) && isDigit(text[i+n]) {
			n++
		}
		switch {
		case n >= many:
			kept.WriteString(hidden)
		case n > 0:
			kept.WriteString(text[i : i+n])
		default:
			n = 1
			kept.WriteByte(text[i])
		}
		i += n
	}
	return kept.String()
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }
