package redact

import (
	"net/netip"
	"strings"

	"github.com/mamen-ai/consentgate/storage"
)

// addresses4 replaces the fourth and every further of numbers in a row by 0: an
// IPv4 address becomes its /24, with or without leading zeros, and also within the
// names that providers give to the devices of their customers.
func addresses4(text string) string {
	if strings.Count(text, ".")+strings.Count(text, "-")+strings.Count(text, "_") < 3 {
		return text
	}
	const own = "127.0.0.1"
	var kept strings.Builder
	inRow := 0 // numbers of at most 3 digits, one separator apart
	for i := 0; i < len(text); {
		n := 0
		for i+n < len(text) && isDigit(text[i+n]) {
			n++
		}
		switch {
		case n == 0:
			kept.WriteByte(text[i])
			// A second separator, or anything else, ends the row.
			if !isSeparator(text[i]) || i+1 == len(text) || !isDigit(text[i+1]) {
				inRow = 0
			}
			i++
			continue
		case n > 3:
			inRow = 0
		default:
			inRow++
		}
		if inRow >= 4 && !(strings.HasSuffix(text[:i+n], own) && !digitAt(text, i+n-len(own)-1)) {
			kept.WriteByte('0')
		} else {
			kept.WriteString(text[i : i+n])
		}
		i += n
	}
	return kept.String()
}

func isSeparator(b byte) bool { return b == '.' || b == '-' || b == '_' }

// digitAt reports whether a number, or a separator of one, stands at i.
func digitAt(text string, i int) bool {
	return i >= 0 && (isDigit(text[i]) || isSeparator(text[i]))
}

// addresses6 replaces IPv6 addresses, with what follows as their zone (RFC 4007
// §11), by their /48, and what resembles one without being one by "*": hardware
// addresses among them.
func addresses6(text string) string {
	if strings.Count(text, ":") < 2 {
		return text
	}
	var kept strings.Builder
	for i := 0; i < len(text); {
		n := 0
		for i+n < len(text) && isOf6(text[i+n]) {
			n++
		}
		if n == 0 {
			kept.WriteByte(text[i])
			i++
			continue
		}
		run := text[i : i+n]
		i += n
		replaced, changed := address6(run)
		kept.WriteString(replaced)
		if changed && i < len(text) && text[i] == '%' {
			for i++; i < len(text) && (isWord(text[i]) || isSeparator(text[i])); i++ {
			}
		}
	}
	return kept.String()
}

func isOf6(b byte) bool {
	return isDigit(b) || 'a' <= b|0x20 && b|0x20 <= 'f' || b == ':' || b == '.'
}

// address6 judges a run of hexadecimal digits, colons and points.
func address6(run string) (replaced string, changed bool) {
	colons := strings.Count(run, ":")
	if colons < 2 {
		return run, false
	}
	body := strings.TrimRight(run, ".")
	ip, err := netip.ParseAddr(body)
	if err != nil {
		body = strings.TrimSuffix(body, ":")
		ip, err = netip.ParseAddr(body)
	}
	tail := run[len(body):]
	switch {
	case err == nil && (ip.IsUnspecified() || ip == netip.IPv6Loopback()):
		return run, true
	case err == nil:
		return storage.MaskIP(ip).String() + tail, true
	case strings.Contains(run, "::") && strings.ContainsFunc(run, func(r rune) bool { return r < 0x80 && isDigit(byte(r)) }), colons >= 5:
		return hidden, true
	}
	return run, false
}
