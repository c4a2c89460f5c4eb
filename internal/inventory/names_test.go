package inventory

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestCookieNamesLoseIdentifiers(t *testing.T) {
	for name, want := range map[string]string{
		"_ga":              "_ga",
		"PHPSESSID":        "PHPSESSID",
		"__Host-session":   "__Host-session",
		"cart[items]":      "cart[items]",
		"_hjSession_12345": "_hjSession_*",
		"user123":          "user123",
		"user1234":         "user*",
		"id_1234_5678":     "id_*_*",
		"wp_0a1b2c3d4e":    "wp_*",
		"wp_0A1B2C3":       "wp_0A1B2C3",
		"s-550e8400-e29b-41d4-a716-446655440000-x": "s-*-x",
		"550e8400-e29b-41d4-a716-44665544000g":     "*-e29b-41d4-a716-*g",
		"auth_Xk3jqWZqhiLmPqRt":                    "auth_*",
		"wordpress_logged_in_abcdefghijklmnopq":    "wordpress_logged_in_abcdefghijklmnopq",
		strings.Repeat("q", 200):                   strings.Repeat("q", 64),
		strings.Repeat("q1", 200):                  "*",
		"":                                         "", "a b": "", "a=b": "", "a;b": "", "a\x1b[m": "", "имя": "", "ivan@example.com": "", "a\nb": "", `a"b`: "",
	} {
		if got := string(blurName(nil, []byte(name))); got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
	}
}

func TestPlacesHoldNoIdentifiers(t *testing.T) {
	long := strings.Repeat("/segment", 40)
	for _, c := range []struct{ host, path, want string }{
		{"shop.kz", "/", "shop.kz/"},
		{"shop.kz", "", "shop.kz/"},
		{"", "", ""},
		{"shop.kz", "/shop/cart", "shop.kz/shop/cart"},
		{"shop.kz", "/тауар/кітап", "shop.kz/тауар/кітап"},
		{"shop.kz", "/order/123456/pay", "shop.kz/order/*/pay"},
		{"shop.kz", "/order/123/pay", "shop.kz/order/123/pay"},
		{"shop.kz", "/u/ivan@example.com", "shop.kz/u/*"},
		{"shop.kz", "/u/ivan%40example.com", "shop.kz/u/*"},
		{"shop.kz", "/call/+7 701 123 45 67", "shop.kz/call/*"},
		{"shop.kz", "/call/8(701)12-34", "shop.kz/call/*"},
		{"shop.kz", "/ip/203.0.113.7/x", "shop.kz/ip/*/x"},
		{"shop.kz", "/ip/fe80::1/x", "shop.kz/ip/*/x"},
		{"shop.kz", "/reset/Xk3jqWZqhiLmPqRt", "shop.kz/reset/*"},
		{"shop.kz", "/s/deadbeef0", "shop.kz/s/*"},
		{"shop.kz", "/f/" + strings.Repeat("word-", 20), "shop.kz/f/*"},
		{"shop.kz", "/a b\n# {$HOME}\x1b[31m/\u202ex", "shop.kz/a_b_____HOME___31m/_x"},
		{"shop.kz", "/\xff\xfe", "shop.kz/__"},
		{"shop.kz", long, "shop.kz" + long[:maxPath]},
		{"203.0.113.7", "/x", "/x"},
		{"203-0-113-7.isp.example", "/x", "/x"},
		{"[2001:db8::1]", "/x", "/x"},
		{"2001:db8::1", "/x", "/x"},
		{"evil\n.example", "/x", "/x"},
		{"localhost", "/x", "localhost/x"},
	} {
		got := place(c.host, c.path)
		if got != c.want {
			t.Errorf("%q %q becomes %q, want %q", c.host, c.path, got, c.want)
		}
	}
}

func TestHostsAreHosts(t *testing.T) {
	label := strings.Repeat("a", 63)
	for host, want := range map[string]bool{
		"cdn.example.com": true, "a_b-c.example": true, "localhost": true, "203.0.113.7": true, "xn--80ak6aa92e.com": true,
		label + ".example": true, strings.Join([]string{label, label, label, label[:61]}, "."): true,
		"": false, ".": false, "a..b": false, ".a": false, "a.": false, "CDN.example.com": false, "a b": false, "a\n.example": false,
		"[::1]": false, "a:80": false, "пример.рф": false, "a*": false, "a{$X}": false, label + "a.example": false,
		strings.Join([]string{label, label, label, label[:62]}, "."): false,
	} {
		if got := valid(Host, Page, []byte(host)); got != want {
			t.Errorf("%q: %v, want %v", host, got, want)
		}
	}
}

// TestReportsGiveNoAddresses pins that a host which spells out an address is taken
// from the site's own pages only.
func TestReportsGiveNoAddresses(t *testing.T) {
	for host, want := range map[string]bool{
		"203.0.113.7": true, "192-168-1-20.0123456789.plex.example": true, "ip-203-0-113-7.isp.example": true, "a.203.0.113.7.b": true,
		"1.2.3.example": false, "cdn-1-2-3.example": false, "a1.b2.c3.d4": false, "1234.5678.1234.5678": false, "1-2-x-3-4": false, "": false,
	} {
		if got := holdsAddress([]byte(host)); got != want {
			t.Errorf("%q holds an address: %v, want %v", host, got, want)
		}
		if want && valid(Host, Report, []byte(host)) {
			t.Errorf("%q is taken from a report", host)
		}
	}
}

func TestOnlyKnownKindsAndSources(t *testing.T) {
	for _, c := range []struct {
		kind   Kind
		source Source
		name   string
		want   bool
	}{
		{Host, Page, "a.example", true}, {Host, "x", "a.example", false}, {"x", Page, "a.example", false},
		{Cookie, Header, "", false}, {Cookie, Header, "a", true}, {Collector, Report, "", false}, {Collector, Report, "/a", true},
		{Own, Page, "", true}, {Own, Page, "a", false},
	} {
		if got := valid(c.kind, c.source, []byte(c.name)); got != c.want {
			t.Errorf("%s %s %q: %v, want %v", c.kind, c.source, c.name, got, c.want)
		}
	}
}

func FuzzNote(f *testing.F) {
	f.Add("host", "report", "cdn.example.com", "shop.kz", "/a/b")
	f.Add("cookie", "header", "_ga_1234", "203.0.113.7", "/%00")
	f.Fuzz(func(t *testing.T, kind, source, name, host, path string) {
		v := New()
		v.Note(Sight{Kind: Kind(kind), Source: Source(source), Name: []byte(name), At: noon, Host: host, Path: path})
		for _, s := range v.List() {
			if len(s.Name) > maxHost || len(s.Where) > maxHost+maxPath || !utf8.ValidString(s.Where) || strings.ContainsAny(s.Where, "\n\r\t ?#@{}") {
				t.Errorf("remembered %+v", s)
			}
		}
	})
}

func TestBlurredPathsHaveNoQuery(t *testing.T) {
	for path, want := range map[string]string{
		"": "", "/": "/", "/a?email=x": "/a", "/u/ivan@example.kz/x": "/u/*/x",
	} {
		if got := BlurPath(path); got != want {
			t.Errorf("%q becomes %q, want %q", path, got, want)
		}
	}
}
