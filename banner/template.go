package banner

import (
	"fmt"
	"html/template"
)

// maxTemplate bounds an operator's template, in bytes.
const maxTemplate = 32 << 10

// Asked is what the banner's template shows, in words.
type Asked struct {
	Lang       string
	Text       choiceTexts
	News       []AskedNews // why the visitor is asked again; none the first time
	Categories []AskedCategory
	PolicyURL  string       // empty: no link
	Policy     string       // what the link says
	Terms      []string     // validity, transfer abroad, controller: what is true of this site
	Logo       template.URL // data:, empty for none
}

// AskedCategory is one category of services a visitor can allow.
type AskedCategory struct{ ID, Name, About string }

// askTemplate returns the template of the banner: the operator's, or the built-in.
func (r *renderer) askTemplate() (*template.Template, error) {
	own := r.options.Template
	switch {
	case own.Name == "":
		return template.ParseFS(assets, "assets/ask.html")
	case len(own.Body) > maxTemplate:
		return nil, fmt.Errorf("more than %d KiB", maxTemplate>>10)
	}
	return template.New("template").Parse(string(own.Body))
}
