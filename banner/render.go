package banner

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/tdewolff/minify/v2"
	"github.com/tdewolff/minify/v2/css"
	"github.com/tdewolff/minify/v2/html"
	"github.com/tdewolff/minify/v2/js"
)

//go:embed assets
var assets embed.FS

// renderer turns the assets into what is sent. It lives only within New.
type renderer struct {
	options  Options
	minifier *minify.M
}

func newRenderer(o Options) *renderer {
	m := minify.New()
	m.Add("text/html", &html.Minifier{KeepEndTags: true})
	m.Add("text/css", &css.Minifier{})
	m.Add("text/javascript", &js.Minifier{})
	return &renderer{options: o, minifier: m}
}

// style returns assets/<name>.css, then <name>-<position>.css where there is
// one, with the accent colours in place.
func (r *renderer) style(name string) (string, error) {
	source, err := read(name + ".css")
	if err != nil {
		return "", err
	}
	placed, err := read(name + "-" + r.options.Position + ".css")
	if err != nil {
		return "", err
	}
	accent, err := parseColor(r.options.Accent)
	if err != nil {
		return "", fmt.Errorf("accent: %w", err)
	}
	source = strings.NewReplacer(
		"var(--accent)", accent.String(), "var(--on-accent)", textOn(accent).String(),
	).Replace(source + placed)
	return r.minify("text/css", name+".css", source)
}

// script returns assets/<name>.js, nothing where there is none.
func (r *renderer) script(name string) (string, error) {
	source, err := read(name + ".js")
	if err != nil {
		return "", err
	}
	return r.minify("text/javascript", name+".js", source)
}

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
