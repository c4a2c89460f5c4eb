package htmlstream

import (
	"strings"
	"testing"

	"golang.org/x/net/html"
)

func TestDecodeAttr(t *testing.T) {
	for _, test := range []struct{ raw, want string }{
		{"", ""},
		{"plain", "plain"},
		{"a?b=1&amp;c=2", "a?b=1&c=2"},
		{"a?b=1&c=2", "a?b=1&c=2"},
		{"&AMP;&lt;&quot;", "&<\""},
		{"&#104;ttps&colon;&sol;&sol;x", "https://x"},
		{"&#x68;&#X68;&#0000104;", "hhh"},
		{"&#104&#104x", "hhx"},
		{"ja&Tab;va&NewLine;script", "ja\tva\nscript"},
		{"&semi;&period;", ";."},
		{"&copy&copy=1&copyx&copy1&copy.", "©&copy=1&copyx&copy1©."},
		{"&notit;&not;", "&notit;¬"},
		{"&notin;&NotEqualTilde;", "∉≂̸"},
		{"&amp", "&"},
		{"&ampx", "&ampx"},
		{"&nosuch;&nosuch", "&nosuch;&nosuch"},
		{"&;&&# &#;&#x;&#xg", "&;&&# &#;&#x;&#xg"},
		{"&#0;&#xD800;&#x110000;&#99999999999999999999;&#4294967354;", "\uFFFD\uFFFD\uFFFD\uFFFD\uFFFD"},
		{"&#x80;&#x99;&#129;", "€™\u0081"},
		{"&CounterClockwiseContourIntegral;", "∳"},
		{"&" + strings.Repeat("a", 100) + ";", "&" + strings.Repeat("a", 100) + ";"},
		{"&", "&"},
	} {
		if got := string(DecodeAttr([]byte(test.raw), nil)); got != test.want {
			t.Errorf("DecodeAttr(%q) = %q, want %q", test.raw, got, test.want)
		}
	}
}

func TestDecodeAttrWithoutReferencesAllocatesNothing(t *testing.T) {
	raw := []byte("https://example.org/a?b=c")
	buffer := make([]byte, 0, 64)
	references := []byte("https&#58;//example.org/?a=b&amp;c")
	if n := testing.AllocsPerRun(10, func() {
		DecodeAttr(raw, nil)
		DecodeAttr(references, buffer)
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// FuzzDecodeAttr compares references that end in a semicolon, where the rules
// for text and attributes are the same, with x/net/html.
func FuzzDecodeAttr(f *testing.F) {
	f.Add("amp")
	f.Add("#58")
	f.Add("#x3a")
	f.Add("Tab")
	f.Fuzz(func(t *testing.T, name string) {
		DecodeAttr([]byte(name), nil)
		if strings.ContainsAny(name, "&;") {
			return
		}
		raw := "&" + name + ";"
		want := html.UnescapeString(raw)
		if strings.HasSuffix(want, ";") && want != ";" {
			return // a prefix of the name was decoded, or nothing
		}
		if got := string(DecodeAttr([]byte(raw), nil)); got != want {
			t.Errorf("DecodeAttr(%q) = %q, want %q", raw, got, want)
		}
	})
}
