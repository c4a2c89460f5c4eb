package banner

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strings"

	"github.com/tdewolff/minify/v2"
	"github.com/tdewolff/minify/v2/css"
	"github.com/tdewolff/minify/v2/html"
	"github.com/tdewolff/minify/v2/js"
)

//go:embed assets
var assets embed.FS

// renderer turns the assets into what is sent.
type renderer struct {
	options  Options
	look     look
	minifier *minify.M
}

func newRenderer(o Options, l look) *renderer {
	m := minify.New()
	m.Add("text/html", &html.Minifier{KeepEndTags: true})
	m.Add("text/css", &css.Minifier{})
	m.Add("text/javascript", &js.Minifier{})
	return &renderer{options: o, look: l, minifier: m}
}

// style returns assets/<name>.css, then <name>-<position>.css where there is one
// and what the look adds, with colours and sizes in place. The banner's ends with
// the operator's own.
func (r *renderer) style(name string) (string, error) {
	var style strings.Builder
	for _, file := range append([]string{name + ".css", name + "-" + r.options.Position + ".css"}, r.look.additions(name)...) {
		source, err := read(file)
		if err != nil {
			return "", err
		}
		style.WriteString(source)
	}
	if name != "control" {
		style.WriteString(r.look.edges())
	}
	if name == "ask" {
		style.WriteString(r.look.css)
	}
	return r.minify("text/css", name+".css", r.look.fill(style.String()))
}

// script returns assets/<name>.js, nothing where there is none.
func (r *renderer) script(name string) (string, error) {
	source, err := read(name + ".js")
	if err != nil {
		return "", err
	}
	// Beside the body no selector of the site counts what is inserted, and no style of
	// the body moves it. Only within does it inherit the body's font.
	place := "document.body.before($1);"
	if r.look.font == "inherit" {
		place = ""
	}
	return r.minify("text/javascript", name+".js", beside.ReplaceAllString(source, place))
}

// beside is where a script puts its element beside the body.
var beside = regexp.MustCompile(`BESIDE\((.*)\);`)

func (r *renderer) markup(source string) (string, error) {
	return r.minify("text/html", "markup", source)
}

// api splits the script where STATE stands.
func (r *renderer) api() (apiSource, error) {
	script, err := r.script("api")
	if err != nil {
		return apiSource{}, err
	}
	before, after, found := strings.Cut(script, "STATE")
	if !found || strings.Contains(after, "STATE") {
		return apiSource{}, errors.New("api.js: STATE must stand in one place")
	}
	// Without the semicolon a script that follows could be read as a call.
	return apiSource{before, after + ";"}, nil
}

func (r *renderer) minify(mediaType, name, source string) (string, error) {
	out, err := r.minifier.String(mediaType, source)
	if err != nil {
		return "", fmt.Errorf("minify %s: %w", name, err)
	}
	return out, nil
}

// read returns an asset, nothing where it doesn't exist.
func read(name string) (string, error) {
	raw, err := assets.ReadFile("assets/" + name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("asset %s: %w", name, err)
	}
	return string(raw), nil
}
