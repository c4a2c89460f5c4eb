package report

import (
	"slices"
	"testing"

	"github.com/mamen-ai/consentgate/internal/policy"
)

// TestRatesAreDrawnToScale pins where a rate and a count stand, and that a slot
// without answers breaks the line.
func TestRatesAreDrawnToScale(t *testing.T) {
	f := english().rates("t", "a", []Tally{{Given: 4}, {Refused: 2}, {}, {Given: 1, Refused: 1}}, []string{"1", "", "", "", "5"})
	if want := []string{"M117 30L248 150M511 90"}; !slices.Equal(f.Paths, want) {
		t.Errorf("path %q, want %q", f.Paths, want)
	}
	heights := []int{}
	for _, b := range f.Bars {
		heights = append(heights, b.H)
	}
	if !slices.Equal(heights, []int{60, 30, 30}) || len(f.Dots) != 3 {
		t.Errorf("heights %v, %d dots", heights, len(f.Dots))
	}
}

// TestAgesPastTheWindowStandOut pins the class of a bar on each side of the
// window's end, and where that is.
func TestAgesPastTheWindowStandOut(t *testing.T) {
	records := make([]int64, 15)
	records[0], records[13], records[14] = 1000, 1, 1
	f := english().ages(Holding{Kind: "visits", Window: policy.Months14, Ages: records}, 26)
	var classes []string
	for _, b := range f.Bars {
		classes = append(classes, b.Class)
		if b.H < 1 {
			t.Errorf("%s isn't seen", b.Says)
		}
	}
	if want := []string{"held", "held", "past"}; !slices.Equal(classes, want) {
		t.Errorf("classes %v, want %v", classes, want)
	}
	end := f.Lines[len(f.Lines)-1]
	if before, after := f.Bars[1], f.Bars[2]; end.Class != "window" || end.X1 < before.X+before.W || end.X1 > after.X {
		t.Errorf("the window ends at %d, the bars are at %+v and %+v", end.X1, before, after)
	}
}

func TestUpperEndsAreRound(t *testing.T) {
	for n, want := range map[int64]int64{0: 1, 1: 1, 7: 8, 9: 10, 101: 200, 801: 1000, 4999: 5000, 1 << 62: 5e18} {
		if got := roundUp(n); got != want {
			t.Errorf("%d: %d, want %d", n, got, want)
		}
	}
}

func TestThousandsAreSetApart(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1\u202f000", 1234567: "1\u202f234\u202f567", -1000: "-1\u202f000", -100: "-100"} {
		if got := grouped(n); got != want {
			t.Errorf("%d: %q, want %q", n, got, want)
		}
	}
}
