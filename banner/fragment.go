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
	// ScriptHashes and StyleHashes are the Content-Security-Policy sources of
	// the inline scripts and styles in HTML (CSP3 §2.3.1, hash-source).
	ScriptHashes []string
	StyleHashes  []string
	// NoticeSHA256 is the hash, in hex, of what is shown: the bytes between
	// <template shadowrootmode=open> and </template> in HTML.
	NoticeSHA256 string

	notice []byte // what NoticeSHA256 is the hash of
}

// host wraps what is shown in a host element with a declarative shadow root
// (WHATWG HTML §4.12.3), whose style the page can't reach. A script after it
// finds the host by its id.
func host(id, lang, style, markup, script string) *Fragment {
	shown := "<style>" + style + "</style>" + markup
	f := &Fragment{
		StyleHashes:  []string{hashSource(style)},
		NoticeSHA256: hexSum(shown),
		notice:       []byte(shown),
	}
	var out strings.Builder
	dir := cmp.Or(direction(lang), "ltr")
	fmt.Fprintf(&out, "<div id=%s lang=%s dir=%s><template shadowrootmode=open>%s</template></div>", id, lang, dir, shown)
	if script != "" {
		f.ScriptHashes = []string{hashSource(script)}
		out.WriteString("<script>" + script + "</script>")
	}
	f.HTML = []byte(out.String())
	return f
}

// asked is what the banner's template shows.
type asked struct {
	Lang       string
	Text       choiceTexts
	Categories []askedCategory
	PolicyURL  string
	Policy     string
	Terms      []string
}

type askedCategory struct{ ID, Name, About string }

func (r *renderer) ask(t *texts) (*Fragment, error) {
	o := r.options
	view := asked{Lang: t.lang, Text: t.Choice, PolicyURL: o.PolicyURL, Policy: t.policyName(o.Edition)}
	var purposes []string
	for _, c := range o.Categories {
		words := t.Categories[c.String()]
		purposes = append(purposes, words.Purpose)
		view.Categories = append(view.Categories, askedCategory{c.String(), words.Name, words.About})
	}
	view.Text.Text = fill(view.Text.Text, "controller", t.subject(o.Controller), "purposes", t.join(purposes))
	for _, term := range []string{
		fill(t.Choice.Terms, "months", t.months(o.Months)), t.abroad(o.CrossBorder), t.operator(o.Controller),
	} {
		if term != "" {
			view.Terms = append(view.Terms, term)
		}
	}
	return r.fragment("privacy-choice", "ask", t.lang, view)
}

func (r *renderer) control(t *texts) (*Fragment, error) {
	return r.fragment("privacy-control", "control", t.lang, t.Control)
}

// fragment renders assets/<name>.html, .css and, where there is one, .js.
func (r *renderer) fragment(id, name, lang string, view any) (*Fragment, error) {
	style, err := r.style(name)
	if err != nil {
		return nil, err
	}
	script, err := r.script(name)
	if err != nil {
		return nil, err
	}
	parsed, err := template.ParseFS(assets, "assets/"+name+".html")
	if err != nil {
		return nil, fmt.Errorf("template %s: %w", name, err)
	}
	var markup strings.Builder
	if err := parsed.Execute(&markup, view); err != nil {
		return nil, fmt.Errorf("template %s: %w", name, err)
	}
	minified, err := r.markup(markup.String())
	if err != nil {
		return nil, fmt.Errorf("template %s: %w", name, err)
	}
	return host(id, lang, style, characterReferences(minified), script), nil
}

// characterReferences writes everything beyond ASCII as decimal references
// (WHATWG HTML §13.1.4).
func characterReferences(text string) string {
	var out strings.Builder
	for _, r := range text {
		if r < 0x80 {
			out.WriteRune(r)
			continue
		}
		fmt.Fprintf(&out, "&#%d;", r)
	}
	return out.String()
}
