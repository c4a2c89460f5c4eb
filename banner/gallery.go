package banner

import (
	"bytes"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/mamen-ai/consentgate/internal/consent"
)

// Gallery shows an operator what a visitor may meet: every state in every
// language, width and scheme, side by side. Its frames hold no script, and their
// forms are for looking at. It is safe for concurrent use.
type Gallery struct {
	configured *Banner
	placed     map[string]*Banner // by position
	index      *template.Template
	style      string // the index's
	backdrop   *template.Template
}

// GallerySite is what the gallery needs to know of a site.
type GallerySite struct {
	// Page returns the data of /.privacy/ for a visitor of the state: undecided,
	// refused, allowed or stale.
	Page func(state string) PageData
	// Embed is a service that has a placeholder.
	Embed EmbedData
}

// NewGallery renders the banner of the options in each position.
func NewGallery(o Options) (*Gallery, error) {
	g := &Gallery{placed: map[string]*Banner{}}
	var err error
	if g.configured, err = New(o); err != nil {
		return nil, err
	}
	for _, position := range positions() {
		o.Position = position
		if g.placed[position], err = New(o); err != nil {
			return nil, err
		}
	}
	render := newRenderer(g.configured.options, look{})
	if g.style, err = render.style("gallery"); err != nil {
		return nil, err
	}
	if g.index, err = render.document("gallery", g.style, ""); err != nil {
		return nil, err
	}
	backdrop, err := render.style("backdrop")
	if err != nil {
		return nil, err
	}
	g.backdrop, err = render.document("backdrop", backdrop, "")
	return g, err
}

// scene is one thing that a visitor may meet.
type scene struct {
	name   string // in the frame's address
	title  string
	render func(g *Gallery, lang string, site GallerySite) ([]byte, error)
	embed  bool // shaped like a video
}

// galleryNews are services that could be new on a site.
func galleryNews() []NewService {
	return []NewService{
		{ID: "zero_kz", Name: "ZERO.kz counter", Vendor: "Zero.kz", Category: consent.Statistics},
		{ID: "roistat", Name: "Call tracking", Vendor: "Roistat", Category: consent.Marketing},
	}
}

// galleryExtensions are services that could have become more.
func galleryExtensions() []ExtendedService {
	return []ExtendedService{
		{ID: "matomo", Name: "Matomo", Months: 24},
		{ID: "roistat", Name: "Call tracking", Countries: []string{"DE", "US"}},
	}
}

// scenes lists what there is to see, in the order of a visit.
func scenes() []scene {
	var list []scene
	askAgain := func(n News) func(*Gallery, string, GallerySite) ([]byte, error) {
		return func(g *Gallery, lang string, _ GallerySite) ([]byte, error) {
			return g.onBackdrop(lang, g.configured.AskAgain(lang, n), nil)
		}
	}
	for _, position := range positions() {
		list = append(list, scene{"ask-" + position, "Banner, position " + position, func(g *Gallery, lang string, _ GallerySite) ([]byte, error) {
			return g.onBackdrop(lang, g.placed[position].Ask(lang), nil)
		}, false})
	}
	list = append(list,
		scene{"ask-open", "Banner, opened", func(g *Gallery, lang string, _ GallerySite) ([]byte, error) {
			return g.onBackdrop(lang, g.configured.Ask(lang), strings.NewReplacer("<details", "<details open"))
		}, false},
		scene{"ask-again-edition", "Banner, asks again after a new edition", askAgain(News{Edition: true}), false},
		scene{"ask-again-services", "Banner, asks again for new services", askAgain(News{Services: galleryNews()}), false},
		scene{"ask-again-both", "Banner, asks again for both", askAgain(News{Edition: true, Services: galleryNews()}), false},
		scene{"ask-again-terms", "Banner, asks again for what has become more", askAgain(News{Extended: galleryExtensions()}), false},
		scene{"ask-again-expired", "Banner, asks again after its time", askAgain(News{Expired: true}), false},
		scene{"ask-failed", "Banner, when the choice can’t be saved", func(g *Gallery, lang string, _ GallerySite) ([]byte, error) {
			return g.onBackdrop(lang, g.configured.Ask(lang), strings.NewReplacer("<p role=alert hidden", "<p role=alert"))
		}, false},
		scene{"control", "Control, once decided", func(g *Gallery, lang string, _ GallerySite) ([]byte, error) {
			return g.onBackdrop(lang, g.configured.Control(lang), nil)
		}, false},
	)
	for _, page := range []struct {
		name, title, state string
		change             func(*PageData)
	}{
		{"undecided", "not decided", "undecided", func(*PageData) {}},
		{"gpc", "Global Privacy Control", "undecided", func(d *PageData) { d.GPC = true }},
		{"dnt", "Do Not Track", "undecided", func(d *PageData) { d.DNT = true }},
		{"refused", "just refused", "refused", func(d *PageData) { d.Message = "refused" }},
		{"allowed", "just allowed", "allowed", func(d *PageData) { d.Message = "saved" }},
		{"stale", "choice out of date", "stale", func(d *PageData) { d.News = News{Edition: true, Services: galleryNews()} }},
		{"withdrawn", "just withdrawn", "refused", func(d *PageData) { d.Message = "withdrawn" }},
		{"erased", "just erased", "refused", func(d *PageData) { d.Message = "erased" }},
		{"failed", "nothing could be saved", "allowed", func(d *PageData) { d.Message = "failed" }},
		{"cookieless", "the browser keeps no cookies", "undecided", func(d *PageData) { d.Message = "cookieless" }},
	} {
		list = append(list, scene{"page-" + page.name, "Privacy page, " + page.title, func(g *Gallery, lang string, site GallerySite) ([]byte, error) {
			data := site.Page(page.state)
			data.Lang, data.State = lang, page.state
			page.change(&data)
			var out bytes.Buffer
			err := g.configured.Page(&out, data)
			before, after, _ := strings.Cut(out.String(), "<script>")
			_, after, _ = strings.Cut(after, "</script>")
			return []byte(before + after), err
		}, false})
	}
	for _, embed := range []struct {
		name, title string
		change      func(*EmbedData)
	}{
		{"blocked", "blocked", func(d *EmbedData) { d.Status = Blocked }},
		{"cross-border", "always blocked, abroad", func(d *EmbedData) { d.Status, d.Reason = Never, "cross_border" }},
		{"not-in-use", "always blocked, not in use", func(d *EmbedData) { d.Status, d.Reason = Never, "not_in_use" }},
		{"running", "allowed meanwhile", func(d *EmbedData) { d.Status = Working }},
		{"redirect", "an address that leads on, in a tab", func(d *EmbedData) { d.Status, d.Target = Blocked, "https://example.com/" }},
		{"leaving", "an address that leads elsewhere, in a tab", func(d *EmbedData) {
			d.ID, d.Name, d.Vendor, d.Countries, d.Target = "", "", "", nil, "https://example.com/"
		}},
	} {
		list = append(list, scene{"embed-" + embed.name, "Placeholder, " + embed.title, func(g *Gallery, lang string, site GallerySite) ([]byte, error) {
			data := site.Embed
			data.Lang = lang
			embed.change(&data)
			var out bytes.Buffer
			err := g.configured.Embed(&out, data)
			return out.Bytes(), err
		}, !strings.HasSuffix(embed.title, "in a tab")})
	}
	return list
}

// onBackdrop shows a fragment over a page that could be the site's, without its
// script.
func (g *Gallery) onBackdrop(lang string, f *Fragment, change *strings.Replacer) ([]byte, error) {
	shown, _, _ := strings.Cut(string(f.HTML), "<script>")
	if change != nil {
		shown = change.Replace(shown)
	}
	var out bytes.Buffer
	err := g.backdrop.Execute(&out, struct {
		Lang, Dir string
		Fragment  template.HTML
	}{lang, direction(lang), template.HTML(shown)})
	return out.Bytes(), err
}

// Frame returns the page of one frame, in a language of the site (else the default
// one) and in the scheme "light" or "dark" (else the browser's). found is false when no
// scene has the name.
func (g *Gallery) Frame(name, lang, scheme string, site GallerySite) (page []byte, found bool, err error) {
	list := scenes()
	i := slices.IndexFunc(list, func(s scene) bool { return s.name == name })
	if i < 0 {
		return nil, false, nil
	}
	page, err = list[i].render(g, g.configured.known(lang), site)
	if err != nil {
		return nil, true, fmt.Errorf("gallery, %s: %w", name, err)
	}
	return inScheme(page, scheme), true, nil
}

// inScheme answers a page's questions for the visitor's scheme: a page can't tell a
// frame which one to prefer.
func inScheme(page []byte, scheme string) []byte {
	const always, never = "(min-width:0)", "(max-width:0)"
	dark, light := always, never
	switch scheme {
	case "light":
		dark, light = never, always
	case "dark":
	default:
		return page
	}
	return []byte(strings.NewReplacer(
		"(prefers-color-scheme:dark)", dark, "(prefers-color-scheme:light)", light,
		"color-scheme:light dark", "color-scheme:"+scheme, `content="light dark"`, `content="`+scheme+`"`,
	).Replace(string(page)))
}

type galleryView struct {
	Controller string
	Scenes     []galleryScene
}

type galleryScene struct {
	Name, Title string
	Rows        []galleryRow
}

type galleryRow struct {
	Width, Height int // CSS pixels
	Frames        []galleryFrame
}

type galleryFrame struct{ Lang, Name, Scheme string }

// Index returns the page with all frames.
func (g *Gallery) Index() ([]byte, error) {
	b := g.configured
	v := galleryView{Controller: b.options.Controller.Name}
	for _, s := range scenes() {
		shown := galleryScene{Name: s.name, Title: s.title}
		for _, width := range []int{320, 768, 1280} {
			row := galleryRow{Width: width, Height: 720}
			if s.embed {
				row.Height = width * 9 / 16
			}
			for _, scheme := range []string{"light", "dark"} {
				for _, lang := range b.languages {
					row.Frames = append(row.Frames, galleryFrame{lang, b.texts[lang].Name, scheme})
				}
			}
			shown.Rows = append(shown.Rows, row)
		}
		v.Scenes = append(v.Scenes, shown)
	}
	var out bytes.Buffer
	if err := g.index.Execute(&out, v); err != nil {
		return nil, fmt.Errorf("gallery: %w", err)
	}
	return out.Bytes(), nil
}

// IndexHash returns the Content-Security-Policy source of the index's inline style
// (CSP3 §2.3.1, hash-source).
func (g *Gallery) IndexHash() string { return hashSource(g.style) }
