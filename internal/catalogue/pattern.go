package catalogue

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/net/idna"
)

// hostKind says which hosts a pattern covers.
type hostKind uint8

const (
	siteHosts    hostKind = iota // /path: the hosts of the site
	anyHost                      // */path
	exactHost                    // mc.example.com
	hostsBelow                   // *.example.com
	countryHosts                 // mc.example.*
)

// pattern is one compiled entry of Scripts or Collect.
type pattern struct {
	webSocket bool
	kind      hostKind
	host      string // without "*." or ".*"
	path      string // as written; "" covers the whole host
	glob      glob   // of path
	query     []parameter
}

// parameter is a pair that a query must hold.
type parameter struct {
	pair []byte // key=start
	bare []byte // the key alone, which is enough where every value is covered
}

// minPathLiteral keeps a pattern without a host from covering ordinary pages.
const minPathLiteral = 4

func parsePattern(text string) (pattern, error) {
	var p pattern
	rest, webSocket := strings.CutPrefix(text, "wss://")
	p.webSocket = webSocket
	if strings.Contains(rest, "://") {
		return p, errors.New("leave out the scheme: only wss:// may stand before the host")
	}
	if strings.ContainsAny(rest, " \t\r\n\\#\"'<>") {
		return p, errors.New(`a pattern has no white space and none of \ # " ' < >`)
	}
	rest, query, _ := strings.Cut(rest, "?")
	host, path := cutPath(rest)
	if err := p.setHost(host); err != nil {
		return p, err
	}
	hostless := p.kind == siteHosts || p.kind == anyHost
	if !hostless && strings.Trim(path, "/*") == "" {
		path = "" // host/ and host/* are the whole host
	}
	p.path = string(decodeUnreserved([]byte(path)))
	p.glob = pathGlob(p.path)
	if err := p.setQuery(query); err != nil {
		return p, err
	}
	if hostless && p.glob.literal+p.queryLiteral() < minPathLiteral {
		return p, fmt.Errorf("without a host, path and query need at least %d characters beside \"*\"", minPathLiteral)
	}
	return p, nil
}

func (p *pattern) setHost(host string) error {
	switch below, isBelow := strings.CutPrefix(host, "*."); {
	case (host == "" || host == "*") && p.webSocket:
		return errors.New("wss:// needs a host")
	case host == "":
		p.kind = siteHosts
		return nil
	case host == "*":
		p.kind = anyHost
		return nil
	case isBelow:
		p.kind, p.host = hostsBelow, below
	case strings.HasSuffix(host, ".*"):
		p.kind, p.host = countryHosts, strings.TrimSuffix(host, ".*")
	default:
		p.kind, p.host = exactHost, host
	}
	if !isASCII(p.host) {
		ascii, err := hostProfile.ToASCII(p.host)
		if err != nil {
			return fmt.Errorf("host %q: %w", host, err)
		}
		p.host = ascii
	}
	return checkHost(p.host, p.kind)
}

func checkHost(host string, kind hostKind) error {
	if strings.Contains(host, ":") {
		return fmt.Errorf("host %q: leave out the port", host)
	}
	for label := range strings.SplitSeq(host, ".") {
		if label == "" || len(label) > 63 {
			return fmt.Errorf("host %q: a label has 1 to 63 characters", host)
		}
		for i := range len(label) {
			if b := label[i]; !('a' <= b && b <= 'z' || '0' <= b && b <= '9' || b == '-' || b == '_') {
				return fmt.Errorf("host %q: write small letters, digits, \"-\" and \".\"; \"*\" may only be the whole first or last label", host)
			}
		}
	}
	if kind != countryHosts && !strings.Contains(host, ".") {
		return fmt.Errorf("host %q: at least two labels are needed, for example example.com", host)
	}
	return nil
}

func (p *pattern) setQuery(query string) error {
	if query == "" {
		return nil
	}
	for pair := range strings.SplitSeq(query, "&") {
		key, start, _ := strings.Cut(pair, "=")
		if key == "" || strings.Contains(pair, "*") {
			return fmt.Errorf("query %q: write key=start pairs joined by \"&\", without \"*\"", query)
		}
		want := parameter{pair: []byte(key + "=" + start)}
		if start == "" {
			want.bare = []byte(key)
		}
		p.query = append(p.query, want)
	}
	return nil
}

// queryLiteral returns how many bytes the query conditions fix.
func (p *pattern) queryLiteral() int {
	sum := 0
	for _, want := range p.query {
		sum += len(want.pair)
	}
	return sum
}

// matches reports whether path and query fit; the host is looked up before.
func (p *pattern) matches(path, query []byte) bool {
	if !p.glob.match(path) {
		return false
	}
	for _, want := range p.query {
		if !want.in(query) {
			return false
		}
	}
	return true
}

func (want parameter) in(query []byte) bool {
	for {
		if bytes.HasPrefix(query, want.pair) {
			return true
		}
		end := bytes.IndexByte(query, '&')
		if end < 0 {
			return want.bare != nil && bytes.Equal(query, want.bare)
		}
		if want.bare != nil && bytes.Equal(query[:end], want.bare) {
			return true
		}
		query = query[end+1:]
	}
}

// hostProfile maps a host as browsers do: UTS #46, non-transitional (WHATWG URL
// §3.3). It is an immutable value.
var hostProfile = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.StrictDomainName(false))

func isASCII[T string | []byte](text T) bool {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return false
		}
	}
	return true
}
