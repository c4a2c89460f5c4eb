package catalogue

import "bytes"

// appendHost appends the host of an authority to buffer in the one spelling by
// which hosts are compared: without user information and port, percent-decoded,
// lower case, without trailing dot (WHATWG URL §3.5). It returns the host and what
// is left of the buffer.
func appendHost(buffer, authority []byte) (host, rest []byte) {
	if i := bytes.LastIndexByte(authority, '@'); i >= 0 {
		authority = authority[i+1:]
	}
	if len(authority) > 0 && authority[0] == '[' {
		authority = authority[:bytes.IndexByte(authority, ']')+1]
	} else if i := bytes.IndexByte(authority, ':'); i >= 0 {
		authority = authority[:i]
	}
	ascii := true
	for i := 0; i < len(authority); i++ {
		b := authority[i]
		if b == '%' {
			if decoded, ok := decodeHex(authority[i+1:]); ok {
				b, i = decoded, i+2
			}
		}
		if 'A' <= b && b <= 'Z' {
			b |= 0x20
		}
		ascii = ascii && b < 0x80
		buffer = append(buffer, b)
	}
	host, rest = buffer, buffer[len(buffer):]
	if !ascii {
		// A host that can't be mapped is no host to a browser; as written it
		// equals no pattern either.
		if mapped, err := hostProfile.ToASCII(string(host)); err == nil {
			host = []byte(mapped)
		}
	}
	return bytes.TrimSuffix(host, []byte(".")), rest
}

// isPlain reports whether a path is already in the spelling cleanPath returns.
func isPlain(path []byte) bool {
	if path[0] != '/' {
		return false
	}
	for i, b := range path {
		if b == '%' || b == '\\' || b == '.' && path[i-1] == '/' {
			return false
		}
	}
	return true
}

// cleanPath brings a path, in place, into the one spelling by which paths are
// compared: "/" for "\", unreserved characters decoded, "." and ".." resolved
// (WHATWG URL §4.4, path state).
func cleanPath(path []byte) []byte {
	path = decodeUnreserved(path)
	for i, b := range path {
		if b == '\\' {
			path[i] = '/'
		}
	}
	clean := path[:0]
	segment := 0 // where the present segment starts, after its "/"
	for i := 0; i <= len(path); i++ {
		if i < len(path) && path[i] != '/' {
			clean = append(clean, path[i])
			continue
		}
		switch string(clean[segment:]) {
		case ".":
			clean = clean[:segment]
		case "..":
			clean = clean[:bytes.LastIndexByte(clean[:max(segment-1, 0)], '/')+1]
			if len(clean) == 0 {
				clean = append(clean, '/')
			}
		default:
			if i < len(path) {
				clean = append(clean, '/')
			}
		}
		segment = len(clean)
	}
	return clean
}

// cleanQuery returns a query in the one spelling by which queries are compared. It
// lies in the buffer, which is empty, when it isn't query itself.
func cleanQuery(query, buffer []byte) []byte {
	if bytes.IndexByte(query, '%') < 0 {
		return query
	}
	return decodeUnreserved(append(buffer, query...))
}

// decodeUnreserved decodes, in place, the percent-encoded characters that mean
// the same when they are decoded (RFC 3986 §2.3).
func decodeUnreserved(text []byte) []byte {
	if bytes.IndexByte(text, '%') < 0 {
		return text
	}
	decoded := text[:0]
	for i := 0; i < len(text); i++ {
		b := text[i]
		if b == '%' {
			if c, ok := decodeHex(text[i+1:]); ok && (wordByte(c) || c == '-' || c == '.' || c == '_' || c == '~') {
				b, i = c, i+2
			}
		}
		decoded = append(decoded, b)
	}
	return decoded
}

// decodeHex reads the two hexadecimal digits at the start of text.
func decodeHex(text []byte) (byte, bool) {
	if len(text) < 2 {
		return 0, false
	}
	high, low := hexDigit(text[0]), hexDigit(text[1])
	return high<<4 | low, high < 16 && low < 16
}

func hexDigit(b byte) byte {
	switch {
	case '0' <= b && b <= '9':
		return b - '0'
	case 'a' <= b|0x20 && b|0x20 <= 'f':
		return b | 0x20 - 'a' + 10
	}
	return 0xff
}

// trimControls drops what browsers drop around a URL: C0 controls and spaces.
func trimControls(raw []byte) []byte {
	for len(raw) > 0 && raw[0] <= ' ' {
		raw = raw[1:]
	}
	for len(raw) > 0 && raw[len(raw)-1] <= ' ' {
		raw = raw[:len(raw)-1]
	}
	return raw
}

func hasBreak(raw []byte) bool {
	return bytes.IndexByte(raw, '\n') >= 0 || bytes.IndexByte(raw, '\t') >= 0 || bytes.IndexByte(raw, '\r') >= 0
}

// isBreak reports whether browsers drop the byte anywhere in a URL.
func isBreak(b byte) bool { return b == '\t' || b == '\n' || b == '\r' }

func isSlash(b byte) bool { return b == '/' || b == '\\' }
