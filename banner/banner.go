// Package banner owns what a visitor sees: the banner that asks for a choice,
// the small control that opens it again, the script API of the site, the
// placeholder of a blocked frame, and the page /.privacy/, in Kazakh, Russian,
// English and the languages an operator adds.
//
// What goes into a page is rendered, minified and hashed once, in New or when
// first a visitor is asked again for a reason: it is the same bytes for every
// visitor of a state, so that a Content-Security-Policy can admit it by hash.
//
// It decides nothing. Whether a visitor is asked, what is stored and what is
// blocked are given to it, and it serves no requests.
package banner

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"html/template"
	"slices"

	"golang.org/x/text/language"
)

// Banner is the rendered banner, control, script API and pages of one site. It is
// safe for concurrent use.
type Banner struct {
	options      Options
	languages    []string
	matcher      language.Matcher
	texts        map[string]*texts
	fallbacks    []Fallback
	doubts       []string
	asks         map[string]*Fragment
	again        again
	controls     map[string]*Fragment
	notices      map[string]notice // of the page, by language
	embedNotices map[string]notice // of the placeholder, by language
	api          apiSource
	page         *template.Template
	style        string // the page's
	script       string // the page's
	embed        *template.Template
	embedStyle   string
	revision     string
	logo         template.URL // data:, "" for none
}

// New renders everything for the options. An error names the option to fix.
func New(o Options) (*Banner, error) {
	own, err := readTexts(o.Texts)
	if err != nil {
		return nil, err
	}
	o, err = o.complete(own)
	if err != nil {
		return nil, err
	}
	b := &Banner{
		options:      o,
		languages:    o.Languages,
		matcher:      newMatcher(o.Languages),
		texts:        map[string]*texts{},
		asks:         map[string]*Fragment{},
		controls:     map[string]*Fragment{},
		notices:      map[string]notice{},
		embedNotices: map[string]notice{},
	}
	l, err := o.look()
	if err != nil {
		return nil, err
	}
	b.logo = template.URL(l.logo)
	render := newRenderer(o, l)
	if b.api, err = render.api(); err != nil {
		return nil, err
	}
	if err := render.page(b); err != nil {
		return nil, err
	}
	if err := render.embed(b); err != nil {
		return nil, err
	}
	for _, lang := range b.languages {
		if err := b.load(lang, own); err != nil {
			return nil, err
		}
	}
	for lang, t := range b.texts {
		if b.asks[lang], err = render.ask(t, nil); err != nil {
			return nil, err
		}
		if err := render.tryNews(t); err != nil {
			return nil, err
		}
		if b.controls[lang], err = render.control(t); err != nil {
			return nil, err
		}
		if b.notices[lang], err = b.pageNotice(lang); err != nil {
			return nil, err
		}
		if b.embedNotices[lang], err = b.embedNotice(lang); err != nil {
			return nil, err
		}
	}
	b.again = again{render: render, known: map[string]*Fragment{}}
	for _, texts := range own {
		b.doubts = append(b.doubts, textDoubts(texts)...)
	}
	b.doubts = append(b.doubts, styleDoubts(o.CSS)...)
	b.doubts = append(b.doubts, o.editionDoubts()...)
	b.revision = b.sum()
	return b, nil
}

// load reads the texts of a language, with the operator's on top.
func (b *Banner) load(lang string, own []ownTexts) (err error) {
	i := indexOwnTexts(own, lang)
	if i < 0 {
		b.texts[lang], err = loadTexts(lang)
		return err
	}
	t, missing, err := withOwn(lang, own[i])
	b.texts[lang] = t
	if len(missing) > 0 {
		b.fallbacks = append(b.fallbacks, Fallback{lang, own[i].file, missing})
	}
	return err
}

// Ask returns the banner, for visitors who are undecided. A language the site
// doesn't have gives the default one.
func (b *Banner) Ask(lang string) *Fragment { return b.asks[b.known(lang)] }

// Control returns the small link to /.privacy/, for visitors who have decided
// or whose browser says no for them. A language the site doesn't have gives the
// default one.
func (b *Banner) Control(lang string) *Fragment { return b.controls[b.known(lang)] }

// PageNotice returns the hash of the page /.privacy/ as it is shown to a
// visitor who hasn't chosen and with no services listed, in hex: what records
// of a choice made on the page refer to.
func (b *Banner) PageNotice(lang string) string { return b.notices[b.known(lang)].sha256 }

// PageHashes returns the Content-Security-Policy sources of the page's own
// inline scripts and styles (CSP3 §2.3.1, hash-source).
func (b *Banner) PageHashes() (scripts, styles []string) {
	return []string{hashSource(b.script)}, []string{hashSource(b.style)}
}

// Revision returns 8 hexadecimal digits that change when any output does.
func (b *Banner) Revision() string { return b.revision }

// sum hashes all outputs, in the order of the languages.
func (b *Banner) sum() string {
	h := sha256.New()
	for _, lang := range b.languages {
		h.Write(b.asks[lang].HTML)
		h.Write(b.controls[lang].HTML)
		h.Write([]byte(b.notices[lang].sha256 + b.embedNotices[lang].sha256))
	}
	h.Write(b.API(APIState{}))
	return hex.EncodeToString(h.Sum(nil))[:8]
}

// known returns lang if the site has it, else the default language.
func (b *Banner) known(lang string) string {
	if slices.Contains(b.languages, lang) {
		return lang
	}
	return b.languages[0]
}

// hashSource returns the source expression that admits an inline script or
// style of exactly this text.
func hashSource(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// hexSum returns the SHA-256 of the text in hex.
func hexSum[T string | []byte](text T) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
