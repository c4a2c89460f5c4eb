package banner

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// maxRadius is the most by which corners are rounded, in CSS pixels.
const maxRadius = 32

// look is how the operator wants things to look, ready for the styles.
type look struct {
	accent color
	radius int    // of panels, in CSS pixels
	font   string // "system" or "inherit"
	logo   string // data: URL, "" for none
	css    string // for the banner
	rtl    bool   // the site speaks a language that is written from right to left
}

// look checks the options that say how things look.
func (o Options) look() (l look, err error) {
	if l.accent, err = parseColor(o.Accent); err != nil {
		return l, fmt.Errorf("accent: %w", err)
	}
	l.radius = 12
	if o.Radius != nil {
		l.radius = *o.Radius
	}
	if l.radius < 0 || l.radius > maxRadius {
		return l, fmt.Errorf("radius %d: use 0 to %d CSS pixels", l.radius, maxRadius)
	}
	l.font = cmp.Or(o.Font, "system")
	if !slices.Contains(fonts(), l.font) {
		return l, fmt.Errorf("font %q: use one of %s", o.Font, strings.Join(fonts(), ", "))
	}
	if l.logo, err = logoURL(o.Logo); err != nil {
		return l, err
	}
	if l.css, err = ownStyle(o.CSS); err != nil {
		return l, err
	}
	l.rtl = slices.ContainsFunc(o.Languages, func(lang string) bool { return direction(lang) != "" })
	return l, nil
}

func fonts() []string { return []string{"inherit", "system"} }

// fill replaces what styles leave open. Corners of buttons are rounded by two
// thirds of a panel's.
func (l look) fill(style string) string {
	hover := ".92"
	if textOn(l.accent) == black {
		hover = "1.08" // darker, black text could become unreadable
	}
	small := int(math.Round(float64(l.radius) * 2 / 3))
	return strings.NewReplacer(
		"var(--accent)", l.accent.String(), "var(--on-accent)", textOn(l.accent).String(), "var(--hover)", hover,
		"var(--radius)", fmt.Sprintf("%dpx", l.radius), "var(--radius-small)", fmt.Sprintf("%dpx", small),
	).Replace(style)
}

// The backgrounds of buttons in the styles that come nearest to the other scheme:
// that of the placeholder among the light ones, that of panels among the dark ones.
var (
	lightBack = color{0xec, 0xef, 0xf2}
	darkBack  = color{0x1d, 0x21, 0x27}
)

// edges gives the buttons an edge in the schemes in which their colour is hard to
// tell from what is behind (under 3, WCAG 2.2 §1.4.11). That of their text stands out
// there: what contrasts with the accent contrasts with what is like it.
func (l look) edges() string {
	const edge = "button { border-color: currentColor }"
	light, dark := contrast(l.accent, lightBack) < 3, contrast(l.accent, darkBack) < 3
	switch {
	case light:
		return "@media not all and (prefers-color-scheme: dark) { " + edge + " }"
	case dark:
		return "@media (prefers-color-scheme: dark) { " + edge + " }"
	}
	return ""
}

// additions returns the assets that extend the style of that name.
func (l look) additions(name string) []string {
	var files []string
	if l.font == "inherit" {
		files = append(files, name+"-inherit.css")
	}
	if l.logo != "" {
		files = append(files, name+"-logo.css")
	}
	if l.rtl {
		files = append(files, name+"-rtl.css")
	}
	return files
}
