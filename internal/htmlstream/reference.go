package htmlstream

import (
	"bytes"
	"html"
	"strconv"
	"unicode/utf8"
)

// longestReference is the length of the longest named character reference.
const longestReference = len("CounterClockwiseContourIntegral")

// DecodeAttr returns the value of an attribute with its character references
// decoded (WHATWG HTML §13.2.5.72 to 80, in an attribute). Where there is none
// that is raw itself; otherwise it is appended to buf[:0].
func DecodeAttr(raw []byte, buf []byte) []byte {
	at := bytes.IndexByte(raw, '&')
	if at < 0 {
		return raw
	}
	out := buf[:0]
	for at >= 0 {
		out = append(out, raw[:at]...)
		raw = raw[at:]
		var size int
		out, size = appendReference(out, raw)
		raw = raw[size:]
		at = bytes.IndexByte(raw, '&')
	}
	return append(out, raw...)
}

// RawOffset returns where in raw stands what DecodeAttr decodes to its byte with
// the given offset.
func RawOffset(raw []byte, offset int) int {
	var space [8]byte
	at := 0
	for decoded := 0; at < len(raw) && decoded < offset; {
		out, size := space[:1], 1
		if raw[at] == '&' {
			out, size = appendReference(space[:0], raw[at:])
		}
		decoded, at = decoded+len(out), at+size
	}
	return at
}

// appendReference decodes the reference at the start of raw, which is "&", and
// returns its size in bytes. What is none is that one byte.
func appendReference(out, raw []byte) ([]byte, int) {
	var size int
	if len(raw) > 1 && raw[1] == '#' {
		out, size = appendNumeric(out, raw)
	} else {
		out, size = appendNamed(out, raw)
	}
	if size == 0 {
		return append(out, '&'), 1
	}
	return out, size
}

// appendNumeric decodes the reference "&#…" at the start of raw and returns its
// size in bytes, 0 if it is none.
func appendNumeric(out, raw []byte) ([]byte, int) {
	i, base := len("&#"), rune(10)
	if i < len(raw) && raw[i]|0x20 == 'x' {
		i, base = i+1, 16
	}
	digits := i
	var char rune
	for ; i < len(raw); i++ {
		digit := digitValue(raw[i])
		if digit >= base {
			break
		}
		if char <= utf8.MaxRune {
			char = char*base + digit
		}
	}
	if i == digits {
		return out, 0
	}
	if i < len(raw) && raw[i] == ';' {
		i++
	}
	switch {
	case char == 0:
		char = utf8.RuneError
	case 0x80 <= char && char <= 0x9F: // read as windows-1252
		return append(out, html.UnescapeString("&#"+strconv.Itoa(int(char))+";")...), i
	}
	return utf8.AppendRune(out, char), i
}

func digitValue(c byte) rune {
	switch {
	case '0' <= c && c <= '9':
		return rune(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return rune(c|0x20-'a') + 10
	}
	return 16
}

// appendNamed decodes the reference "&name" at the start of raw and returns its
// size in bytes, 0 if it is none. In an attribute a name without semicolon
// counts only if neither a letter, a digit nor "=" follows it.
func appendNamed(out, raw []byte) ([]byte, int) {
	i := 1
	for i < len(raw) && i <= longestReference && (isLetter(raw[i]) || '0' <= raw[i] && raw[i] <= '9') {
		i++
	}
	ended := i < len(raw) && raw[i] == ';'
	if ended {
		i++
	}
	switch {
	case i == 1, !ended && i < len(raw) && raw[i] == '=':
		return out, 0
	case string(raw[:i]) == "&amp;":
		return append(out, '&'), i
	}
	text := html.UnescapeString(string(raw[:i]))
	// UnescapeString decodes a prefix too ("&notit;"): then a rest is left.
	whole := text[0] != '&' || text == "&"
	if ended {
		whole = whole && (text == ";" || text[len(text)-1] != ';')
	} else {
		whole = whole && utf8.RuneCountInString(text) == 1
	}
	if !whole {
		return out, 0
	}
	return append(out, text...), i
}
