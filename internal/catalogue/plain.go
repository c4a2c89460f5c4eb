package catalogue

import "bytes"

// locatePlain is locateOdd for the spellings in which nearly all references are
// written: https://host/path?query, /path?query and path?query, where nothing needs
// to be dropped, decoded or resolved but the query. It reports false for every
// other one.
func locatePlain(raw []byte, base Base, scratch []byte) (l Location, ok bool) {
	buffer, directory, rest := scratch[:0], "", raw
	if authority, found := cutAuthority(raw); found {
		end := span(authority, hostByte)
		l.Host, rest = authority[:end], authority[end:]
		if len(rest) > 0 && rest[0] != '/' && rest[0] != '?' && rest[0] != '#' {
			return l, false
		}
	} else {
		l.Host = append(buffer, base.Host...)
		buffer = l.Host[len(l.Host):]
		if span(l.Host, hostByte) < len(l.Host) {
			return l, false
		}
		if len(raw) == 0 || raw[0] != '/' {
			directory = base.directory()
		}
	}
	if len(l.Host) == 0 || l.Host[len(l.Host)-1] == '.' {
		return l, false
	}
	end := plainPath(rest)
	l.Path, rest = rest[:end], rest[end:]
	switch {
	case directory != "":
		if end == 0 || bytes.IndexByte(l.Path, ':') >= 0 || plainPath(directory) < len(directory) {
			return l, false
		}
		l.Path = append(append(buffer, directory...), l.Path...)
		buffer = l.Path[len(l.Path):]
	case end == 0:
		l.Path = append(buffer, '/')
		buffer = l.Path[1:]
	}
	if len(rest) > 0 && rest[0] != '#' {
		query, _, _ := bytes.Cut(rest[1:], []byte("#"))
		if rest[0] != '?' || hasBreak(query) {
			return l, false
		}
		l.Query = cleanQuery(query, buffer)
	}
	l.Kind = base.kindOf(l.Host)
	return l, true
}

// cutAuthority returns what follows the two slashes of a reference with a host.
// More slashes leave an empty host, which isn't plain.
func cutAuthority(raw []byte) (rest []byte, found bool) {
	rest, secure := bytes.CutPrefix(raw, []byte("https:"))
	if !secure {
		rest = bytes.TrimPrefix(raw, []byte("http:"))
	}
	return bytes.CutPrefix(rest, []byte("//"))
}

// byteClass says what a byte means in a URL's parts.
type byteClass uint8

const (
	hostByte byteClass = 1 << iota // it stands for itself in a host
	pathByte                       // it stands for itself anywhere in a path
)

// classes are those of all bytes. A "." is no pathByte: a segment of it is dropped.
var classes = func() (classes [256]byteClass) {
	for i := range classes {
		switch b := byte(i); {
		case 'a' <= b && b <= 'z', '0' <= b && b <= '9', b == '-', b == '_':
			classes[i] = hostByte | pathByte
		case b == '.':
			classes[i] = hostByte
		case bytes.IndexByte([]byte("\t\n\r?#%\\"), b) < 0:
			classes[i] = pathByte
		}
	}
	return classes
}()

// span returns how many bytes at the start of text are of the class.
func span(text []byte, class byteClass) int {
	for i, b := range text {
		if classes[b]&class == 0 {
			return i
		}
	}
	return len(text)
}

// plainPath returns the length of the path at the start of rest as far as it needs
// no change: up to the first byte that does, or its end.
func plainPath[T string | []byte](rest T) int {
	for i := range len(rest) {
		b := rest[i]
		if classes[b]&pathByte == 0 && (b != '.' || i == 0 || rest[i-1] == '/') {
			return i
		}
	}
	return len(rest)
}
