package module

import (
	"testing"
	"time"

	"github.com/mamen-ai/consentgate/internal/inventory"
)

func TestLifetimesOfCookies(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)
	for attributes, want := range map[string]string{
		"":                                       "session",
		" Path=/; HttpOnly":                      "session",
		" Max-Age=1":                             "1min",
		" max-age=1800":                          "30min",
		" Max-Age=3600":                          "1h",
		" Max-Age=86400":                         "24h",
		" Max-Age=604800":                        "7d",
		" Max-Age=7776000":                       "90d",
		" Max-Age=15552000":                      "180d",
		" Max-Age=31536000":                      "1y",
		" Max-Age=33955200":                      "393d", // Matomo's 13 months
		" Max-Age=34164000":                      "13mo",
		" Max-Age=63072000":                      "2y",
		" Max-Age=99999999999":                   "100y",
		" Max-Age=0":                             "",
		" Max-Age=-1":                            "",
		" Max-Age=soon":                          "session",
		" Expires=Fri, 26 Nov 2027 12:00:00 GMT": "1y",
		" Expires=Fri, 26-Nov-2027 12:00:00 GMT": "1y",
		" Expires=Thu, 01 Jan 1970 00:00:00 GMT": "",
		" Expires=Thu, 26 Nov 2026 12:20:00 GMT; Max-Age=60": "1min",
		" Expires=tomorrow": "session",
	} {
		if got := spoken(lifetime(attributes, now)).String(); got != want {
			t.Errorf("%q is %q, want %q", attributes, got, want)
		}
	}
	if got := lifetime("", now); got != inventory.UntilClosed {
		t.Errorf("without attributes: %v", got)
	}
}
