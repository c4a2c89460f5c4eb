package redact

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/storage"
)

func TestTextHasNoQueriesAddressesAndMails(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "handled request": "handled request", "who? me": "who? me", "C# or F#": "C# or F#",
		"/a?code=1&state=2":                                 "/a?…",
		`Get "http://a.kz/x?email=i%40a.kz": EOF`:           `Get "http://a.kz/x?…": EOF`,
		`parse "/x?a=\"b&c=Иван": bad`:                      `parse "/x?…": bad`,
		"/a%3Femail=i b":                                    "/a?… b",
		"/a%253Femail=i b":                                  "/a?… b",
		"/a#access_token=1":                                 "/a?…",
		"/a;jsessionid=1/b":                                 "/a?…",
		"text/html; charset=utf-8":                          "text/html; charset=utf-8",
		"read tcp 10.0.0.1:443->203.0.113.77:51234: reset":  "read tcp 10.0.0.0:443->203.0.113.0:51234: reset",
		"from [2001:db8:1:2::5]:51234: EOF":                 "from [2001:db8:1::]:51234: EOF",
		"from 2001:db8:1:2::5: EOF":                         "from 2001:db8:1::: EOF",
		"fe80::1%eth0 went":                                 "fe80:: went",
		"a ::ffff:203.0.113.77 b":                           "a 203.0.113.0 b",
		"::ffff:cb00:714d":                                  "203.0.113.0",
		"2002:cb00:714d::1":                                 "2002:cb00:7100::",
		"00:1a:2b:3c:4d:5e":                                 "*",
		"1:2:3:4:5:6:7:8:443":                               "*",
		"at 12:34:56":                                       "at 12:34:56",
		"listening on 127.0.0.1:8080 and [::1]:80, [::]:80": "listening on 127.0.0.1:8080 and [::1]:80, [::]:80",
		"203.127.0.0.1":                                     "203.127.0.0.0",
		"127.0.0.12":                                        "127.0.0.0",
		"ip-203-0-113-77.isp.kz":                            "ip-203-0-113-0.isp.kz",
		"203.000.113.077":                                   "203.000.113.0",
		"1.203.0.113.77":                                    "1.203.0.0.0",
		"Chrome/131.0.6778.85":                              "Chrome/131.0.6778.85",
		"std::string":                                       "std::string",
		"mail ivan@example.kz, or <i@a.kz>":                 "mail *, or <*>",
		"x=ivan%40example.kz&y":                             "x=*&y",
		"x=ivan%2540example.kz&y":                           "x=*&y",
		"open /srv/20261125/a: no such file":                "open /srv/20261125/a: no such file",
	} {
		if got := Text(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

func TestWebHasNoPathsThatIdentify(t *testing.T) {
	for text, want := range map[string]string{
		"open /srv/user/ivan@example.kz: no such file": "open /srv/user/*: no such file",
		"http://ivan:pw@a.kz/u/123456/x?y":             "http://a.kz/u/*/x?…",
		"http://a.kz:8080/b":                           "http://a.kz:8080/b",
		"http://a.kz":                                  "http://a.kz",
		"/user/ivan%40example.kz":                      "/user/*",
		"/user/ivan%2540example.kz":                    "/user/*",
		"/call/+7%20701%20123%2045%2067":               "/call/*",
		"/v6/2001%3Adb8%3A%3A1/x":                      "/v6/*/x",
		"/v4/203%2E0%2E113%2E77/x":                     "/v4/*/x",
		"/a/%zz/x":                                     "/a/*/x",
		"/тауар/кітап":                                 "/тауар/кітап",
		"text/html,application/xhtml+xml,*/*":          "text/html,application/xhtml+xml,*/*",
		"ИНН 123456789012":                             "ИНН *",
		"<a/b>; rel=x":                                 "<a/b>; rel=x",
		"/":                                            "/",
	} {
		if got := Web(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// A client may send a target with bytes that end a word elsewhere.
func TestURIIsOneWord(t *testing.T) {
	for target, want := range map[string]string{
		"/a?b":                           "/a" + Cut,
		`/a"?email=1"&name=Иван`:         "/a_" + Cut,
		"/a?x\ty=Иван":                   "/a" + Cut,
		"*":                              "*",
		"a.kz:443":                       "a.kz:443",
		"http://a.kz/b?c":                "http://a.kz/b" + Cut,
		`/user/iv"an@example.kz`:         "/user/*",
		"/" + strings.Repeat("%25", 500): "/*",
	} {
		if got := URI(target); got != want {
			t.Errorf("%q becomes %q, want %q", target, got, want)
		}
	}
}

func TestAddressIsANetworkOrNothing(t *testing.T) {
	for text, want := range map[string]string{
		"203.0.113.77": "203.0.113.0", "203.0.113.77:80": "203.0.113.0", "[2001:db8::1]:80": "2001:db8::", "2001:db8::1": "2001:db8::",
		"fe80::1%eth0": "fe80::", "[fe80::1%eth0]:80": "fe80::", "::ffff:203.0.113.77": "203.0.113.0", "127.0.0.1": "127.0.0.0", "::1": "::",
		"": "", "@": "", "203.0.113": "", "203.0.113.077": "", "host:80": "", "203.0.113.77, 10.0.0.1": "",
	} {
		if got := Address(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

// shapes are ways in which text from outside spells an address.
func shapes(ip netip.Addr) []string {
	list := []string{ip.String(), ip.StringExpanded(), netip.AddrPortFrom(ip, 51234).String(), "[" + ip.String() + "]", "/ip/" + url.PathEscape(ip.String()), "x?ip=" + ip.String()}
	if ip.Is4() {
		mapped := netip.AddrFrom16(ip.As16())
		b := ip.As4()
		return append(list, mapped.String(), mapped.StringExpanded(), netip.AddrPortFrom(mapped, 1).String(), strings.ReplaceAll(ip.String(), ".", "-"),
			fmt.Sprintf("%03d.%03d.%03d.%03d", b[0], b[1], b[2], b[3]), fmt.Sprintf("64:ff9b::%s", ip))
	}
	return append(list, ip.WithZone("eth0.1").String(), netip.AddrPortFrom(ip.WithZone("1"), 80).String(), strings.ToUpper(ip.String()))
}

func FuzzNoAddressPasses(f *testing.F) {
	for _, ip := range []string{"203.0.113.77", "127.0.0.2", "2001:db8:1:2::5", "fe80::1", "::ffff:203.0.113.77", "2002:cb00:714d::1", "1:2:3:4:5:6:7:8", "::2"} {
		f.Add(netip.MustParseAddr(ip).AsSlice(), "from ", ": connection reset")
	}
	f.Fuzz(func(t *testing.T, raw []byte, before, after string) {
		ip, ok := netip.AddrFromSlice(raw)
		if ip = ip.Unmap(); !ok || ip.IsLoopback() || storage.MaskIP(ip) == ip {
			return // no address, the machine's own, or a network
		}
		for _, shape := range shapes(ip) {
			// What stands around is apart from it, and doesn't spell it itself.
			text := before + " " + shape + " " + after
			if strings.Contains(before+" "+after, shape) {
				return
			}
			for name, redacted := range map[string]string{"Text": Text(text), "Web": Web(text), "Web alone": Web(shape), "URI": URI(shape), "Address": Address(shape)} {
				if strings.Contains(redacted, shape) || name != "Text" && strings.Contains(redacted, ip.String()) {
					t.Errorf("%s of %q: %q", name, text, redacted)
				}
			}
		}
	})
}

func FuzzNoQueryPasses(f *testing.F) {
	f.Add("/a", "code=4%2F0Ab&state=x")
	f.Add(`/a"b c`, "q=Иван Иванов")
	f.Fuzz(func(t *testing.T, path, query string) {
		query = "Secret" + strings.Map(visible, query)
		if strings.Contains(path, "ecret") {
			return
		}
		for _, text := range []string{Text(path + "?" + query), Web(path + "?" + query), URI(path + "?" + query), Queries(path + "%3f" + query)} {
			if strings.Contains(text, "ecret") {
				t.Errorf("%q ? %q: %q", path, query, text)
			}
		}
	})
}
