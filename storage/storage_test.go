package storage

import (
	"net/netip"
	"strings"
	"testing"
)

func TestMaskIPKeepsTheNetwork(t *testing.T) {
	for address, want := range map[string]string{
		"203.0.113.77":             "203.0.113.0",
		"::ffff:203.0.113.77":      "203.0.113.0",
		"2001:db8:1:2:3:4:5:6":     "2001:db8:1::",
		"fe80::1%eth0":             "fe80::",
		"255.255.255.255":          "255.255.255.0",
		"2001:db8:ffff:ffff::ffff": "2001:db8:ffff::",
		"2002:cb00:714d:1::1":      "2002:cb00:7100::",
	} {
		if got := MaskIP(netip.MustParseAddr(address)).String(); got != want {
			t.Errorf("MaskIP(%s) = %s, want %s", address, got, want)
		}
	}
	if got := MaskIP(netip.Addr{}); got.IsValid() {
		t.Errorf("MaskIP of no address = %s", got)
	}
}

func TestValidKindAllowsOnlyPlainNames(t *testing.T) {
	for kind, want := range map[string]bool{
		"visits": true, "a": true, "a1_b": true, "a" + strings.Repeat("b", 40): true,
		"": false, "a" + strings.Repeat("b", 41): false, "1a": false, "_a": false, "Visits": false,
		"a-b": false, "a b": false, `a"`: false, "a\n": false, "ё": false, "a\x00": false,
	} {
		if got := ValidKind(kind); got != want {
			t.Errorf("ValidKind(%q) = %v", kind, got)
		}
	}
}

func FuzzMaskIP(f *testing.F) {
	f.Add([]byte{203, 0, 113, 77})
	f.Add([]byte("0123456789abcdef"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		address, _ := netip.AddrFromSlice(raw)
		masked := MaskIP(address)
		if masked.IsValid() != address.IsValid() || MaskIP(masked) != masked {
			t.Errorf("MaskIP(%v) = %v", address, masked)
		}
	})
}

func FuzzValidKind(f *testing.F) {
	f.Add("visits")
	f.Fuzz(func(t *testing.T, kind string) {
		if ValidKind(kind) && strings.ContainsAny(kind, "\"'`;- \x00\n") {
			t.Errorf("%q can't be a table name", kind)
		}
	})
}
