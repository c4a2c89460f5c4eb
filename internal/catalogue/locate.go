package catalogue

import (
	"bytes"
	"strings"
)

// Kind says whose address a URL is.
type Kind uint8

const (
	// Opaque URLs lead to no host: data:, blob:, javascript:, about:, mailto: and
	// what no browser can load.
	Opaque Kind = iota
	// FirstParty URLs lead to a host of the site.
	FirstParty
	// ThirdParty URLs lead to any other host.
	ThirdParty
)

// HostSet is the hosts of a site, in lower case and without port: exact names
// ("mamen.ai") or every host below a name ("*.mamen.ai").
type HostSet []string

// Has reports whether the host, in lower case, is in the set.
func (s HostSet) Has(host []byte) bool {
	for _, known := range s {
		if below, ok := strings.CutPrefix(known, "*"); ok {
			if len(host) > len(below) && string(host[len(host)-len(below):]) == below {
				return true
			}
		} else if string(host) == known {
			return true
		}
	}
	return false
}

// Base is the URL against which a reference is resolved (WHATWG HTML, document
// base URL). A <base href> changes it, not FirstParty.
type Base struct {
	Scheme     string  // "http" or "https"; empty is "https"
	Host       string  // without port
	Path       string  // of the document, starting with "/"
	FirstParty HostSet // the site's hosts; empty: everything is a third party's
}

// kindOf returns the kind of a URL that leads to the host.
func (b Base) kindOf(host []byte) Kind {
	if b.FirstParty.Has(host) {
		return FirstParty
	}
	return ThirdParty
}

// directory returns the path against which relative paths are resolved.
func (b Base) directory() string {
	if i := strings.LastIndexByte(b.Path, '/'); i >= 0 {
		return b.Path[:i+1]
	}
	return "/"
}

// Location is the part of a URL by which services are told apart. Its slices lie
// in the reference or in the scratch space that Locate was given.
type Location struct {
	Kind  Kind
	Host  []byte // lower case ASCII, without port and trailing dot
	Path  []byte // starts with "/", without "." and ".." segments
	Query []byte // without "?"
}

// Locate resolves a reference as browsers do (WHATWG URL §4.4). The reference is
// the attribute's value after character references were decoded. Percent-encoded
// letters, digits, "-", ".", "_" and "~" of path and query are decoded, since both
// spellings mean the same (RFC 3986 §6.2.2.2). With 512 bytes of scratch it
// allocates only for longer URLs and for hosts beyond ASCII.
func Locate(raw []byte, base Base, scratch []byte) Location {
	raw = trimControls(raw)
	if l, ok := locatePlain(raw, base, scratch); ok {
		return l
	}
	return locateOdd(raw, base, scratch)
}

// locateOdd is Locate for every spelling.
func locateOdd(raw []byte, base Base, scratch []byte) Location {
	scheme, rest := cutScheme(raw)
	if scheme == opaqueScheme {
		return Location{Kind: Opaque}
	}
	buffer := scratch[:0]
	if hasBreak(rest) {
		for _, b := range rest {
			if !isBreak(b) {
				buffer = append(buffer, b)
			}
		}
		rest, buffer = buffer, buffer[len(buffer):]
	}
	slashes := 0
	for slashes < len(rest) && isSlash(rest[slashes]) {
		slashes++
	}
	// A scheme that is the base's own, without two slashes, is relative.
	relative := slashes < 2 && (scheme == noScheme || scheme == schemeOf(base))
	if relative {
		return resolve(rest, base, buffer)
	}
	authority := rest[slashes:]
	end := bytes.IndexAny(authority, `/\?#`)
	if end < 0 {
		end = len(authority)
	}
	authority, rest = authority[:end], authority[end:]
	var host []byte
	if host, buffer = appendHost(buffer, authority); len(host) == 0 {
		return Location{Kind: Opaque}
	}
	return place(host, "", rest, base, buffer)
}

// resolve locates a reference that has no host of its own.
func resolve(rest []byte, base Base, buffer []byte) Location {
	host, buffer := appendHost(buffer, []byte(base.Host))
	switch {
	case len(rest) == 0 || rest[0] == '?' || rest[0] == '#':
		return place(host, base.Path, rest, base, buffer)
	case isSlash(rest[0]):
		return place(host, "", rest, base, buffer)
	}
	return place(host, base.directory(), rest, base, buffer)
}

// place puts host, path and query together. The path is prefix and what rest
// holds before its "?" or "#".
func place(host []byte, prefix string, rest []byte, base Base, buffer []byte) Location {
	l := Location{Kind: base.kindOf(host), Host: host}
	path := rest
	if i := bytes.IndexByte(path, '#'); i >= 0 {
		path = path[:i]
	}
	if i := bytes.IndexByte(path, '?'); i >= 0 {
		path, l.Query = path[:i], path[i+1:]
	}
	if prefix == "" && len(path) > 0 && isPlain(path) {
		l.Path = path
	} else {
		start := len(buffer)
		buffer = append(append(buffer, prefix...), path...)
		if len(buffer) == start {
			buffer = append(buffer, '/')
		}
		l.Path = cleanPath(buffer[start:])
		buffer = buffer[len(buffer):]
	}
	l.Query = cleanQuery(l.Query, buffer)
	return l
}

// scheme is the part of a URL's scheme that matters here.
type scheme uint8

const (
	noScheme scheme = iota
	opaqueScheme
	httpScheme
	httpsScheme
	otherNetworkScheme // ws, wss, ftp
)

func schemeOf(base Base) scheme {
	if base.Scheme == "http" {
		return httpScheme
	}
	return httpsScheme
}

// cutScheme splits the scheme off. It passes over tabs and line breaks, so that a
// long data: URL need not be copied.
func cutScheme(raw []byte) (scheme, []byte) {
	var name [len("https")]byte
	n := 0
	for i, b := range raw {
		switch {
		case isBreak(b):
			continue
		case b == ':' && n > 0:
			return knownScheme(name[:min(n, len(name))], n), raw[i+1:]
		case 'a' <= b|0x20 && b|0x20 <= 'z':
			b |= 0x20
		case n > 0 && ('0' <= b && b <= '9' || b == '+' || b == '-' || b == '.'):
		default:
			return noScheme, raw
		}
		if n < len(name) {
			name[n] = b
		}
		n++
	}
	return noScheme, raw
}

func knownScheme(name []byte, length int) scheme {
	if length > len(name) {
		return opaqueScheme
	}
	switch string(name) {
	case "http":
		return httpScheme
	case "https":
		return httpsScheme
	case "ws", "wss", "ftp":
		return otherNetworkScheme
	}
	return opaqueScheme
}
