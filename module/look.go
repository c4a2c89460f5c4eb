package module

import (
	"fmt"
	"io"
	"os"

	"github.com/caddyserver/caddy/v2"
	"github.com/mamen-ai/consentgate/banner"
)

// Banner says how the banner looks. Its files are read when the configuration is
// loaded; paths are relative to the working directory and placeholders are
// replaced.
type Banner struct {
	// Where it stands: "bottom", "top" or "corner". Default: "bottom".
	Position string `json:"position,omitempty"`
	// The colour of its controls, as #rrggbb. Text on it is black or white, whichever
	// is readable, and buttons get an edge where their colour is like the
	// background. Default: "#0b6bcb".
	Accent string `json:"accent,omitempty"`
	// How far the corners of the banner are rounded, 0 to 32 CSS pixels; those of
	// buttons are rounded by two thirds of it. Default: 12.
	Radius *int `json:"radius,omitempty"`
	// "inherit" takes the font of the page's body, "system" that of the visitor's
	// system. Default: "system".
	Font string `json:"font,omitempty"`
	// An SVG or a PNG up to 8 KiB, for the banner and the privacy page. It becomes a
	// part of them, so that no request is made for it. Default: none.
	Logo string `json:"logo,omitempty"`
	// A style sheet up to 8 KiB that follows the banner's own within its shadow
	// root. Default: none.
	CSS string `json:"css,omitempty"`
	// An html/template up to 32 KiB in the place of the banner's. Default: none.
	Template string `json:"template,omitempty"`
}

// maxFile bounds what is read of a file, in bytes; each kind has its own, smaller
// bound.
const maxFile = 1 << 20

// bannerOptions gathers what the banner shows and reads the operator's files.
func (h *Handler) bannerOptions() (banner.Options, error) {
	o := banner.Options{
		Languages:   h.Languages,
		Categories:  h.gate.Categories(),
		Controller:  banner.Controller(*h.app.Controller),
		Edition:     h.app.Policy.Edition,
		PolicyURL:   h.app.Policy.URL,
		Position:    h.Banner.Position,
		Accent:      h.Banner.Accent,
		Radius:      h.Banner.Radius,
		Font:        h.Banner.Font,
		Months:      h.app.ChoiceMonths,
		CrossBorder: h.app.CrossBorder,
	}
	for _, edition := range h.app.Policy.Editions {
		o.Editions = append(o.Editions, banner.Edition(edition))
	}
	for _, file := range []struct {
		option, name string
		target       *banner.File
	}{
		{"logo", h.Banner.Logo, &o.Logo},
		{"css", h.Banner.CSS, &o.CSS},
		{"template", h.Banner.Template, &o.Template},
	} {
		if file.name == "" {
			continue
		}
		var err error
		if *file.target, err = readFile(file.option, file.name); err != nil {
			return o, err
		}
	}
	for _, name := range h.Texts {
		file, err := readFile("texts", name)
		if err != nil {
			return o, err
		}
		o.Texts = append(o.Texts, file)
	}
	return o, nil
}

// readFile reads a file that an option names.
func readFile(option, name string) (banner.File, error) {
	path, err := caddy.NewReplacer().ReplaceOrErr(name, true, true)
	if err != nil {
		return banner.File{}, fmt.Errorf("%s %s: %w", option, name, err)
	}
	opened, err := os.Open(path)
	if err != nil {
		return banner.File{}, fmt.Errorf("%s: %w", option, err)
	}
	defer opened.Close()
	body, err := io.ReadAll(io.LimitReader(opened, maxFile))
	if err != nil {
		return banner.File{}, fmt.Errorf("%s: %w", option, err)
	}
	return banner.File{Name: path, Body: body}, nil
}

// render makes the banner, and says which texts of a language are still English.
func (h *Handler) render() error {
	o, err := h.bannerOptions()
	if err != nil {
		return err
	}
	if h.banner, err = banner.New(o); err != nil {
		return err
	}
	for _, f := range h.banner.Fallbacks() {
		h.logger.Warn("texts of a language are missing and shown in English", "language", f.Language, "file", f.File, "keys", f.Keys)
	}
	for _, doubt := range h.banner.Doubts() {
		h.logger.Warn(doubt)
	}
	if h.Gallery {
		h.gallery, err = banner.NewGallery(o)
	}
	return err
}

// pictures is the directive by which the privacy page may show the logo, which is a
// part of it.
func (h *Handler) pictures() string {
	if h.Banner.Logo == "" {
		return ""
	}
	return "img-src data:; "
}
