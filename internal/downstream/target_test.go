package downstream

import (
	"net/url"
	"strings"
	"testing"
)

func TestVisitorIsReadFromTheVendorsCookie(t *testing.T) {
	const (
		uuid  = "0198f0f0-1111-7222-8333-444444444444"
		older = "17f1c3a7b5c6d8-0a1b2c3d4e5f-1f2e3d4c-1fa400-17f1c3a7b5d9e2"
	)
	for _, test := range []struct{ api, value, want string }{
		{Matomo, "0123456789abcdef.1764000000.", "0123456789abcdef"},
		{Matomo, "0123456789abcdef.1764000000.1.1764000000.1764000000.", "0123456789abcdef"},
		{Matomo, "0123456789abcdef", "0123456789abcdef"},
		{Matomo, "", ""},
		{Matomo, "0123456789ABCDEF.1", ""},
		{Matomo, "0123456789abcde.1", ""},
		{Matomo, "0123456789abcdef,visitorId!=0.1", ""}, // "or" in a segment
		{Matomo, "0123456789abcdef;siteId==2.1", ""},
		{PostHog, url.QueryEscape(`{"$sesid":[1,null,2],"distinct_id":"` + uuid + `"}`), uuid},
		{PostHog, `{"distinct_id":"` + uuid + `"}`, uuid},
		{PostHog, url.QueryEscape(`{"distinct_id":"` + older + `"}`), older},
		{PostHog, url.QueryEscape(`{"distinct_id":"somebody@example.kz","$device_id":"` + uuid + `"}`), uuid},
		{PostHog, url.QueryEscape(`{"distinct_id":"somebody@example.kz"}`), ""}, // could be guessed
		{PostHog, url.QueryEscape(`{"distinct_id":12345678901234567890123456789012}`), ""},
		{PostHog, uuid, uuid},
		{PostHog, "%7B%22distinct_id%22%3A%22" + uuid, ""}, // cut off
		{PostHog, "%zz", ""},
		{PostHog, "null", ""},
		{PostHog, url.QueryEscape(`{"a":"` + strings.Repeat("x", maxCookie) + `","distinct_id":"` + uuid + `"}`), ""},
		{"ga4", "0123456789abcdef", ""},
		{"", uuid, ""},
	} {
		got, ok := Visitor(test.api, test.value)
		if ok != (test.want != "") || ok && got != test.want {
			t.Errorf("%s %q: %q, %v; want %q", test.api, test.value, got, ok, test.want)
		}
		if again, ok2 := Visitor(test.api, got); ok && (!ok2 || again != got) {
			t.Errorf("%s %q: then %q, %v", test.api, got, again, ok2)
		}
	}
}

func FuzzVisitor(f *testing.F) {
	f.Add("0123456789abcdef.1")
	f.Add(`%7B%22distinct_id%22%3A%220198f0f0-1111-7222-8333-444444444444%22%7D`)
	f.Fuzz(func(t *testing.T, value string) {
		for _, api := range []string{Matomo, PostHog} {
			if visitor, ok := Visitor(api, value); ok && (strings.Trim(visitor, "0123456789abcdefABCDEF-") != "" || len(visitor) < 16) {
				t.Errorf("%s %q: %q", api, value, visitor)
			}
		}
	})
}
