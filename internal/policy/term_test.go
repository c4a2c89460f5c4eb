package policy

import "testing"

func TestTermsAreReadAndWritten(t *testing.T) {
	for text, want := range map[string]Term{
		"30min": {Minutes, 30, 30}, "1h": {Hours, 1, 1}, "90d": {Days, 90, 90}, "13mo": {Months, 13, 13}, "999y": {Years, 999, 999},
		"1-24mo": {Months, 1, 24}, "2-2d": {Days, 2, 2},
		"session": {Unit: Session}, "deleted": {Unit: UntilDeleted}, "configured": {Unit: AsConfigured}, "none": {Unit: NotKept},
	} {
		got, err := ParseTerm(text)
		if err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", text, got, err, want)
		}
		if again, err := ParseTerm(got.String()); err != nil || again != got {
			t.Errorf("%s is written as %s", text, got)
		}
	}
	for _, text := range []string{"", "1", "mo", "0d", "-1d", "1.5y", "1000d", "1w", "24-1mo", "1d-2mo", "1-d", "forever", "session ", "1 y", "1Y"} {
		if got, err := ParseTerm(text); err == nil {
			t.Errorf("%q is read as %+v", text, got)
		}
	}
}
