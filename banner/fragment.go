package banner

import (
	"cmp"
	"fmt"
	"html/template"
	"strings"
)

// Fragment is HTML for the start of <body>.
type Fragment struct {
	// HTML is pure ASCII: what lies beyond is written as character references,
	// so that it is right under every ASCII-compatible encoding of the page.
	HTML []byte
	// UTF8 is the same for pages in UTF-8, without references: about half as long
	// in Cyrillic.
	UTF8 []byte
	// ScriptHashes and StyleHashes are the Content-Security-Policy sources of
	// the inline scripts and styles in HTML (CSP3 §2.3.1, hash-source).
	ScriptHashes []string
	StyleHashes  []string
	// NoticeSHA256 is the hash, in hex, of what is shown: the bytes between
	// <template shadowrootmode=open> and </template> in UTF8.
	NoticeSHA256 string

	notice []byte // what NoticeSHA256 is the hash of
}

// host wraps what is shown in a host element with a declarative shadow root
// (WHATWG HTML §4.12.3), whose style the page can't reach. The script stands within,
// so that in every state the page has one element more: browsers find the place to
// come back to after a choice by counting.
func host(id, lang, style, markup, script string) *Fragment {
	shown := "<style>" + style + "</style>" + markup
	f := &Fragment{
		StyleHashes:  []string{hashSource(style)},
		NoticeSHA256: hexSum(shown),
		notice:       []byte(shown),
	}
	end := "</template></div>"
	if script != "" {
		f.ScriptHashes = []string{hashSource(script)}
		end = "</template><script>" + script + "</script></div>"
	}
	begin := fmt.Sprintf("<div id=%s lang=%s dir=%s><template shadowrootmode=open>", id, lang, cmp.Or(direction(lang), "ltr"))
	f.UTF8 = []byte(begin + shown + end)
	f.HTML = []byte(begin + "<style>" + style + "</style>" + characterReferences(markup) + end)
	return f
}

// ask renders the banner; news say why a visitor is asked again.
func (r *renderer) ask(t *texts, news []AskedNews) (*Fragment, error) {
	o := r.options
	view := Asked{Lang: t.lang, Text: t.Choice, News: news, PolicyURL: o.PolicyURL, Policy: t.policyName(o.Edition), Logo: template.URL(r.look.logo)}
	var purposes []string
	for _, c := range o.Categories {
		words := t.Categories[c.String()]
		purposes = append(purposes, words.Purpose)
		view.Categories = append(view.Categories, AskedCategory{c.String(), words.Name, words.About})
	}
	view.Text.Text = fill(view.Text.Text, "controller", t.subject(o.Controller), "purposes", t.join(purposes))
	view.Text.Terms = fill(t.Choice.Terms, "months", t.months(o.Months))
	for _, term := range []string{view.Text.Terms, t.abroad(o.CrossBorder), t.operator(o.Controller)} {
		if term != "" {
			view.Terms = append(view.Terms, term)
		}
	}
	parsed, err := r.askTemplate()
	if err != nil {
		return nil, r.inTemplate(err)
	}
	markup, err := r.execute(parsed, view)
	if err != nil {
		return nil, r.inTemplate(err)
	}
	if o.Template.Name != "" {
		if err := checkAsk(markup, view); err != nil {
			return nil, r.inTemplate(err)
		}
	}
	return r.fragment("privacy-choice", "ask", t.lang, markup)
}

// inTemplate names the banner's template in an error.
func (r *renderer) inTemplate(err error) error {
	return fmt.Errorf("template %s: %w", cmp.Or(r.options.Template.Name, "ask"), err)
}

func (r *renderer) control(t *texts) (*Fragment, error) {
	parsed, err := template.ParseFS(assets, "assets/control.html")
	if err != nil {
		return nil, fmt.Errorf("template control: %w", err)
	}
	markup, err := r.execute(parsed, t.Control)
	if err != nil {
		return nil, fmt.Errorf("template control: %w", err)
	}
	return r.fragment("privacy-control", "control", t.lang, markup)
}

// execute renders a template and minifies what it makes.
func (r *renderer) execute(parsed *template.Template, view any) (string, error) {
	var markup strings.Builder
	if err := parsed.Execute(&markup, view); err != nil {
		return "", err
	}
	return r.markup(markup.String())
}

// fragment adds assets/<name>.css and, where there is one, .js to the markup.
func (r *renderer) fragment(id, name, lang, markup string) (*Fragment, error) {
	style, err := r.style(name)
	if err != nil {
		return nil, err
	}
	script, err := r.script(name)
	if err != nil {
		return nil, err
	}
	return host(id, lang, style, markup, script), nil
}

// characterReferences writes everything beyond ASCII as hexadecimal references
// (WHATWG HTML §13.1.4).
func characterReferences(text string) string {
	var out strings.Builder
	for _, r := range text {
		if r < 0x80 {
			out.WriteRune(r)
			continue
		}
		fmt.Fprintf(&out, "&#x%x;", r)
	}
	return out.String()
}
