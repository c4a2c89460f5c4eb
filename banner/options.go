package banner

import (
	"cmp"
	"fmt"
	"net/mail"
	"net/url"
	"slices"
	"strings"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
)

// Options say how the banner of one site looks and who asks.
type Options struct {
	// Languages is a subset of ru, kk, en and the languages of Texts without
	// repetition; the first is the default. Empty: ru, kk, en and those of Texts.
	Languages []string
	// Texts are JSON files of the form of texts/en.json with "language" beside its
	// keys, up to 128 KiB each and one for a language. Any text may be left out: it is the
	// built-in one then, in English where the language has none.
	Texts []File
	// Categories are those the visitor is asked about, a subset of
	// consent.Optional. Empty: all of them.
	Categories []consent.Category
	Controller Controller
	// Edition is the date of the privacy policy; zero leaves it out.
	Edition policy.Day
	// PolicyURL is an http or https URL or a path of the site; empty leaves the
	// link out.
	PolicyURL string
	// Editions are what the page tells of the policy's history. None is later than
	// Edition, which may be among them.
	Editions []Edition
	// Position is "bottom" (default), "top" or "corner".
	Position string
	// Accent is the colour of the buttons, #rgb or #rrggbb. Empty: #0b6bcb. The
	// text on it is black or white, with a contrast of at least 4.5, and where the
	// colour is like the background, buttons have an edge.
	Accent string
	// Radius is how far the corners of the banner are rounded, 0 to 32 CSS pixels;
	// buttons are rounded by two thirds of it. Nil: 12.
	Radius *int
	// Font is "system" (default) or "inherit", which is the page's: that of the
	// element in which the banner lies.
	Font string
	// Logo is an SVG or a PNG up to 8 KiB; the zero File leaves it out.
	Logo File
	// CSS is the operator's own for the banner, up to 8 KiB, which stands behind
	// the built-in style. It asks no third party for anything and has no selector
	// that could tell Accept from Refuse.
	CSS File
	// Template is an html/template in the place of the built-in one of the banner,
	// up to 32 KiB, with the fields of [Asked].
	Template File
	// Months is how long a choice is valid, 1 to 12 calendar months. Zero: 6.
	Months int
	// CrossBorder is what the visitor is told about transfer abroad (policy
	// 3.2.6): "deny" says there is none, "allow" that there is, "" nothing.
	CrossBorder string
}

// Controller is who answers for the processing (policy 7.2). Empty fields are
// left out of the texts.
type Controller struct {
	Name    string
	ID      string // registration number (BIN)
	Address string // postal, for requests in writing (policy 3.4.1)
	Email   string // for withdrawals (policy 3.4.1)
}

// complete returns the options with defaults filled in, or an error that names
// the wrong one.
func (o Options) complete(own []ownTexts) (Options, error) {
	known := Supported()
	for _, t := range own {
		if !slices.Contains(known, t.lang) {
			known = append(known, t.lang)
		}
	}
	if len(o.Languages) == 0 {
		o.Languages = known
	}
	o.Languages = slices.Clone(o.Languages)
	for _, t := range own {
		if !slices.Contains(o.Languages, t.lang) {
			return o, fmt.Errorf("texts %s: the site doesn't speak %s: add it to languages", t.file, t.lang)
		}
	}
	for i, lang := range o.Languages {
		if !slices.Contains(known, lang) {
			return o, fmt.Errorf("languages: %q has no texts: use some of %s", lang, strings.Join(known, ", "))
		}
		if slices.Contains(o.Languages[:i], lang) {
			return o, fmt.Errorf("languages: %q is given twice", lang)
		}
	}
	asked := consent.SetOf(o.Categories...)
	for _, c := range o.Categories {
		if !slices.Contains(consent.Optional(), c) {
			return o, fmt.Errorf("categories: a visitor isn't asked about %q: use some of functional, statistics, marketing", c)
		}
	}
	if len(o.Categories) == 0 {
		asked = consent.All
	}
	o.Categories = asked.Categories()

	o.Position = cmp.Or(o.Position, "bottom")
	if !slices.Contains(positions(), o.Position) {
		return o, fmt.Errorf("position %q: use one of %s", o.Position, strings.Join(positions(), ", "))
	}
	o.Accent = cmp.Or(o.Accent, "#0b6bcb")
	o.Months = cmp.Or(o.Months, 6)
	if o.Months < 1 || o.Months > 12 {
		return o, fmt.Errorf("months %d: a choice is valid for 1 to 12 months", o.Months)
	}
	if !slices.Contains([]string{"", "allow", "deny"}, o.CrossBorder) {
		return o, fmt.Errorf("cross_border %q: use allow or deny", o.CrossBorder)
	}
	if err := checkPolicyURL(o.PolicyURL); err != nil {
		return o, err
	}
	if err := o.checkEditions(); err != nil {
		return o, err
	}
	if email := o.Controller.Email; email != "" {
		if parsed, err := mail.ParseAddress(email); err != nil || parsed.Address != email {
			return o, fmt.Errorf("controller email %q: write a plain address, for example privacy@example.kz", email)
		}
	}
	return o, nil
}

// checkPolicyURL refuses everything a link of the banner must not lead to.
func checkPolicyURL(text string) error {
	if text == "" {
		return nil
	}
	u, err := url.Parse(text)
	absolute := err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != ""
	path := err == nil && u.Scheme == "" && u.Host == "" && strings.HasPrefix(u.Path, "/")
	if !absolute && !path {
		return fmt.Errorf("policy URL %q: write an https URL or a path such as /privacy.pdf", text)
	}
	return nil
}

func positions() []string { return []string{"bottom", "top", "corner"} }
