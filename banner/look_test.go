package banner

import (
	"bytes"
	"encoding/base64"
	"image"
	"image/png"
	"strings"
	"testing"
)

const svgLogo = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><title>Знак</title><path fill="#0b6bcb" d="M0 0h8v8z"/></svg>`

func pngLogo(t testing.TB, side int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, side, 1))); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func radius(px int) *int { return &px }

// themed are options that change everything that can be changed.
func themed() Options {
	o := seed()
	o.Languages = []string{"ru", "kk", "en", "ar"}
	o.Texts = []File{{"ar.json", []byte(`{"language": "ar", "choice": {"title": "ملفات تعريف الارتباط", "refuse": "رفض", "accept": "سماح"}}`)}}
	o.Position, o.Accent, o.Radius, o.Font = "corner", "#fc0", radius(3), "inherit"
	o.Logo = File{"logo.svg", []byte(svgLogo)}
	o.CSS = File{"own.css", []byte("h2 { text-transform: uppercase }\nh2::after { content: \" ·\" }")}
	return o
}

func TestThemeIsAsReviewed(t *testing.T) {
	b := newBanner(t, themed())
	golden(t, "theme-ask-ar.html", b.Ask("ar").HTML)
	golden(t, "theme-control-ar.html", b.Control("ar").HTML)
	golden(t, "theme-page-ar.html", render(t, b, allowed("ar")))
}

func TestThemeIsASCIIAndAdmittedByItsHash(t *testing.T) {
	b := newBanner(t, themed())
	for _, lang := range b.Languages() {
		f := b.Ask(lang)
		if i := bytes.IndexFunc(f.HTML, func(r rune) bool { return r > 0x7e }); i >= 0 {
			t.Errorf("%s: byte %d isn't ASCII", lang, i)
		}
		style := between(t, f.HTML, "<style>", "</style>")
		if f.StyleHashes[0] != source(style) {
			t.Errorf("%s: the style isn't what the hash admits", lang)
		}
		if !strings.HasSuffix(style, `h2{text-transform:uppercase}h2::after{content:" \b7 "}`) {
			t.Errorf("%s: the operator's style isn't the last: %s", lang, style)
		}
	}
}

// Records refer to what was shown by its hash: nothing of a look may change it
// unseen.
func TestEveryLookHasANoticeOfItsOwn(t *testing.T) {
	seen := map[string]string{newBanner(t, seed()).Ask("en").NoticeSHA256: "the default"}
	for name, change := range map[string]func(*Options){
		"position": func(o *Options) { o.Position = "top" },
		"accent":   func(o *Options) { o.Accent = "#b00" },
		"radius":   func(o *Options) { o.Radius = radius(0) },
		"font":     func(o *Options) { o.Font = "inherit" },
		"logo":     func(o *Options) { o.Logo = File{"a.svg", []byte(svgLogo)} },
		"css":      func(o *Options) { o.CSS = File{"a.css", []byte("h2{color:red}")} },
		"template": func(o *Options) { o.Template = ownTemplate(nil) },
		"texts":    func(o *Options) { o.Texts = []File{textFile(`{"language":"en","control":"x","choice":{"title":"y"}}`)} },
	} {
		o := seed()
		change(&o)
		b := newBanner(t, o)
		if other, found := seen[b.Ask("en").NoticeSHA256]; found {
			t.Errorf("%s gives the same notice as %s", name, other)
		}
		seen[b.Ask("en").NoticeSHA256] = name
	}
}

func TestDefaultsGivenInWordsAreTheDefaults(t *testing.T) {
	o := seed()
	o.Position, o.Accent, o.Radius, o.Font = "bottom", "#0b6bcb", radius(12), "system"
	if newBanner(t, o).Revision() != newBanner(t, seed()).Revision() {
		t.Error("the documented defaults aren't the defaults")
	}
}

func TestRadiusReachesPanelsAndButtons(t *testing.T) {
	for px, want := range map[int][]string{0: {"border-radius:0"}, 6: {"border-radius:6px", "border-radius:4px"}, 32: {"border-radius:32px", "border-radius:21px"}} {
		b := newBanner(t, Options{Radius: radius(px)})
		for where, style := range map[string]string{"banner": string(b.Ask("ru").HTML), "page": b.style} {
			for _, rule := range want {
				if !strings.Contains(style, rule) {
					t.Errorf("%d: the %s lacks %s", px, where, rule)
				}
			}
		}
	}
}

// Buttons stay visible as such on the panels of both schemes (3, WCAG 2.2
// §1.4.11): by their colour or by the edge, which has the colour of their text.
func TestButtonsOfEveryAccentStandOutInBothSchemes(t *testing.T) {
	for r := 0; r < 256; r += 15 {
		for g := 0; g < 256; g += 15 {
			for b := 0; b < 256; b += 15 {
				accent := color{uint8(r), uint8(g), uint8(b)}
				edges := look{accent: accent}.edges()
				for scheme, panel := range map[string]color{"@media not all and (prefers-color-scheme: dark)": lightBack, "@media (prefers-color-scheme: dark)": darkBack} {
					best := contrast(accent, panel)
					if strings.HasPrefix(edges, scheme) {
						best = contrast(textOn(accent), panel)
					}
					if best < 3 {
						t.Fatalf("%s: %s: a contrast of %.2f", accent, scheme, best)
					}
				}
			}
		}
	}
}

func TestLogoIsPartOfThePage(t *testing.T) {
	for name, raw := range map[string][]byte{"SVG": []byte(svgLogo), "SVG with a prolog": []byte(`<?xml version="1.0"?><!-- x -->` + svgLogo), "PNG": pngLogo(t, 8)} {
		o := seed()
		o.Logo = File{"logo", raw}
		b := newBanner(t, o)
		page := render(t, b, PageData{})
		for where, list := range map[string][]byte{"banner": b.Ask("ru").HTML, "page": page} {
			pictures := named(nodes(t, list), "img")
			if len(pictures) != 1 {
				t.Fatalf("%s: %d pictures in the %s", name, len(pictures), where)
			}
			src, _ := attribute(pictures[0], "src")
			if alt, given := attribute(pictures[0], "alt"); !given || alt != "" {
				t.Errorf("%s: the picture in the %s is read out as %q", name, where, alt)
			}
			if strings.HasPrefix(name, "SVG") && !strings.HasPrefix(src, "data:image/svg+xml;base64,") || name == "PNG" && !strings.HasPrefix(src, "data:image/png;base64,"+base64.StdEncoding.EncodeToString(raw)[:20]) {
				t.Errorf("%s: the %s shows %s", name, where, src)
			}
		}
	}
}

func TestWrongLooksAreRefusedWithWhatToWrite(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Options)
		want   []string
	}{
		{"negative radius", func(o *Options) { o.Radius = radius(-1) }, []string{"radius -1", "0 to 32"}},
		{"huge radius", func(o *Options) { o.Radius = radius(33) }, []string{"radius 33", "0 to 32"}},
		{"unknown font", func(o *Options) { o.Font = "Arial" }, []string{"font", "Arial", "inherit, system"}},
		{"GIF", func(o *Options) { o.Logo.Body = []byte("GIF89a") }, []string{"logo own", "SVG or a PNG"}},
		{"no file", func(o *Options) { o.Logo.Body = nil }, []string{"logo own", "SVG or a PNG"}},
		{"HTML", func(o *Options) { o.Logo.Body = []byte("<html><svg/></html>") }, []string{"logo own", "SVG or a PNG"}},
		{"SVG without a namespace", func(o *Options) { o.Logo.Body = []byte("<svg/>") }, []string{"logo own", "xmlns"}},
		{"SVG cut off", func(o *Options) { o.Logo.Body = []byte(svgLogo[:60]) }, []string{"logo own", "SVG"}},
		{"SVG with a script", func(o *Options) { o.Logo.Body = []byte(strings.Replace(svgLogo, "<path", "<script/><path", 1)) }, []string{"logo own", "script"}},
		{"broken PNG", func(o *Options) { o.Logo.Body = []byte("\x89PNG\r\n\x1a\nxxxx") }, []string{"logo own"}},
		{"wide PNG", func(o *Options) { o.Logo.Body = pngLogo(t, 2000) }, []string{"logo own", "1024"}},
		{"large logo", func(o *Options) { o.Logo.Body = []byte(svgLogo + strings.Repeat(" ", maxLogo)) }, []string{"logo own", "8192"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := seed()
			o.Logo = File{"own", []byte(svgLogo)}
			c.change(&o)
			_, err := New(o)
			if err == nil {
				t.Fatal("accepted")
			}
			for _, want := range c.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q doesn't say %q", err, want)
				}
			}
		})
	}
}
