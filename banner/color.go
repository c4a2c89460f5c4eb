package banner

import (
	"fmt"
	"math"
	"strconv"
)

// color is an opaque sRGB colour, each channel 0 to 255.
type color [3]uint8

var (
	black = color{0, 0, 0}
	white = color{255, 255, 255}
)

// parseColor reads #rgb or #rrggbb.
func parseColor(text string) (color, error) {
	digits := text
	if len(digits) == 4 {
		digits = string([]byte{text[0], text[1], text[1], text[2], text[2], text[3], text[3]})
	}
	if len(digits) == 7 && digits[0] == '#' {
		if n, err := strconv.ParseUint(digits[1:], 16, 24); err == nil {
			return color{uint8(n >> 16), uint8(n >> 8), uint8(n)}, nil
		}
	}
	return color{}, fmt.Errorf("%q is not a colour: write it as #rgb or #rrggbb, for example #0b6bcb", text)
}

// String returns the colour as #rrggbb.
func (c color) String() string { return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2]) }

// luminance returns the relative luminance, 0 to 1 (WCAG 2.2, "relative
// luminance").
func (c color) luminance() float64 {
	linear := func(channel uint8) float64 {
		v := float64(channel) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c[0]) + 0.7152*linear(c[1]) + 0.0722*linear(c[2])
}

// contrast returns the contrast ratio of two colours, 1 to 21 (WCAG 2.2,
// "contrast ratio").
func contrast(a, b color) float64 {
	lighter, darker := a.luminance(), b.luminance()
	if lighter < darker {
		lighter, darker = darker, lighter
	}
	return (lighter + 0.05) / (darker + 0.05)
}

// textOn returns white where it is readable on c (4.5, WCAG 2.2 §1.4.3), else
// black. One of the two always is: their contrasts multiply to 21.
func textOn(c color) color {
	if contrast(c, white) >= 4.5 {
		return white
	}
	return black
}
