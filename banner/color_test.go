package banner

import (
	"math"
	"strings"
	"testing"
)

func TestContrastIsThatOfWCAG(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want float64
	}{
		{"#000", "#fff", 21},
		{"#fff", "#000", 21},
		{"#777777", "#fff", 4.48},
		{"#767676", "#fff", 4.54},
		{"#0b6bcb", "#fff", 5.28},
		{"#f00", "#f00", 1},
	} {
		a, errA := parseColor(c.a)
		b, errB := parseColor(c.b)
		if errA != nil || errB != nil {
			t.Fatal(errA, errB)
		}
		if got := contrast(a, b); math.Abs(got-c.want) > 0.005 {
			t.Errorf("contrast of %s and %s is %.3f, want %.2f", c.a, c.b, got, c.want)
		}
	}
}

func TestTextOnEveryAccentIsReadable(t *testing.T) {
	for r := 0; r < 256; r += 5 {
		for g := 0; g < 256; g += 5 {
			for b := 0; b < 256; b += 5 {
				accent := color{uint8(r), uint8(g), uint8(b)}
				if got := contrast(accent, textOn(accent)); got < 4.5 {
					t.Fatalf("text on %s has a contrast of %.2f, want 4.5", accent, got)
				}
			}
		}
	}
}

func TestAccentReachesTheButtonsWithReadableText(t *testing.T) {
	for accent, want := range map[string]string{
		"#0b6bcb": "background:#0b6bcb;color:#fff;",
		"#fc0":    "background:#fc0;color:#000;",
	} {
		b := newBanner(t, Options{Accent: accent})
		for where, style := range map[string]string{"banner": string(b.Ask("ru").HTML), "page": b.style} {
			if !strings.Contains(style, want) {
				t.Errorf("%s: the %s has no button with %s", accent, where, want)
			}
		}
	}
}

// The focus ring stands on the cards and on the page, in both schemes (WCAG
// 2.2 §1.4.11), and the soft text on the same (§1.4.3).
func TestFixedColorsAreReadable(t *testing.T) {
	for _, c := range []struct {
		front, back string
		least       float64
	}{
		{"#3b82f6", "#ffffff", 3}, {"#3b82f6", "#1d2127", 3}, {"#3b82f6", "#f5f6f8", 3}, {"#3b82f6", "#14171b", 3},
		{"#56606b", "#f5f6f8", 4.5}, {"#aab3bd", "#1d2127", 4.5}, {"#4a525c", "#ffffff", 4.5}, {"#c3cad2", "#1d2127", 4.5},
		{"#12692f", "#ffffff", 4.5}, {"#6fd58d", "#1d2127", 4.5}, {"#a3231c", "#ffffff", 4.5}, {"#ff9a92", "#1d2127", 4.5},
	} {
		front, _ := parseColor(c.front)
		back, _ := parseColor(c.back)
		if got := contrast(front, back); got < c.least {
			t.Errorf("%s on %s has a contrast of %.2f, want %.1f", c.front, c.back, got, c.least)
		}
	}
}

func FuzzParseColor(f *testing.F) {
	for _, seed := range []string{"#0b6bcb", "#fff", "", "#", "#+12345", "#0x1", "red", "#ffff", "яяя"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseColor(text)
		if err != nil {
			return
		}
		if again, err := parseColor(c.String()); err != nil || again != c {
			t.Errorf("%q gave %s, which reads as %s, %v", text, c, again, err)
		}
	})
}
