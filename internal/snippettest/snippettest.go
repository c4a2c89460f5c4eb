// Package snippettest writes the snippets by which pages include services, for
// tests: the facts of each service, and the shapes in which snippets come, as
// templates of its own. No vendor's code is in it.
//
// The facts are those of the built-in catalogue and of the vendors' public
// documents: the loader's address, the globals and the calls.
package snippettest

import (
	"embed"
	"encoding/json"
	"fmt"
	"html"
	"path"
	"strings"
	"text/template"
)

// Service is what a page says to include one service.
type Service struct {
	// ID is the service's in the built-in catalogue.
	ID string
	// Loader is the address of the vendor's script; "" where there is none.
	Loader string
	// Queue are the globals that a snippet defines before the script is there:
	// "name[]" is a list, "name" a function that queues its calls, "name{a,b}" a
	// list whose methods queue theirs. Several are separated by spaces.
	Queue string
	// Makes is the global that the vendor's script defines where no snippet does.
	Makes string
	// Init are the calls of the snippet itself: JavaScript.
	Init string
	// Call is what the page's own code calls afterwards: JavaScript.
	Call string
	// Pixel and Frame are the addresses of what is loaded without JavaScript, as
	// an image and as a frame.
	Pixel, Frame string
}

// Shape is one way in which snippets are written.
type Shape string

// The shapes of snippets that load a script: by an element; by an element that a
// minified function puts before the first script; by one that is appended to the
// head beside a data layer; by document.write; when the window has loaded; by a
// timer.
const (
	Plain   Shape = "plain"
	Async   Shape = "async"
	Manager Shape = "manager"
	Write   Shape = "write"
	Load    Shape = "load"
	Later   Shape = "later"
)

// The shapes of snippets without one: an image that a script creates, and what
// noscript elements hold.
const (
	Image    Shape = "image"
	Noscript Shape = "noscript"
)

// Shapes are all shapes.
func Shapes() []Shape {
	return []Shape{Plain, Async, Manager, Write, Load, Later, Image, Noscript}
}

// Waits reports whether the vendor's script has run before the page's next
// element is parsed.
func (s Shape) Waits() bool { return s == Plain || s == Write }

//go:embed snippets.json shapes
var files embed.FS

// Services are the services of the table, sorted by ID.
func Services() ([]Service, error) {
	raw, err := files.ReadFile("snippets.json")
	if err != nil {
		return nil, err
	}
	var services []Service
	if err := json.Unmarshal(raw, &services); err != nil {
		return nil, fmt.Errorf("snippets.json: %w", err)
	}
	return services, nil
}

// Targets are the addresses that the snippet leads to in a shape, which has none
// for a service without any.
func (s Service) Targets(shape Shape) []string {
	var targets []string
	add := func(address string) {
		if address != "" {
			targets = append(targets, address)
		}
	}
	switch shape {
	case Image:
		add(s.Pixel)
	case Noscript:
		add(s.Pixel)
		add(s.Frame)
	default:
		add(s.Loader)
	}
	return targets
}

// Render writes the snippets of all services in one shape, each followed by what
// the page gives for it.
func Render(shape Shape, services []Service, after func(Service) string) (string, error) {
	name := string(shape) + ".html"
	text, err := template.New(name).Funcs(template.FuncMap{"attr": html.EscapeString, "json": slashes}).ParseFS(files, path.Join("shapes", name))
	if err != nil {
		return "", err
	}
	var page strings.Builder
	for _, service := range services {
		if len(service.Targets(shape)) == 0 {
			continue
		}
		if err := text.Execute(&page, service); err != nil {
			return "", err
		}
		page.WriteString(after(service))
	}
	return page.String(), nil
}

// slashes escapes an address as encoders of JSON do for script elements.
func slashes(address string) string { return strings.ReplaceAll(address, "/", `\/`) }

// Relative is the loader's address without its scheme.
func (s Service) Relative() string { return strings.TrimPrefix(s.Loader, "https:") }

// Globals is the JavaScript that defines the Queue.
func (s Service) Globals() string {
	var code strings.Builder
	for global := range strings.FieldsSeq(s.Queue) {
		name, methods, isObject := strings.Cut(strings.TrimSuffix(global, "}"), "{")
		list, isList := strings.CutSuffix(name, "[]")
		switch {
		case isList:
			fmt.Fprintf(&code, "window.%s=window.%[1]s||[];", list)
		case isObject:
			fmt.Fprintf(&code, "window.%s=window.%[1]s||[];'%s'.split(',').forEach(function(m){window.%[1]s[m]=window.%[1]s[m]||function(){window.%[1]s.push([m].concat([].slice.call(arguments)))}});", name, methods)
		default:
			fmt.Fprintf(&code, "window.%s=window.%[1]s||function(){(window.%[1]s.q=window.%[1]s.q||[]).push(arguments)};", name)
		}
	}
	return code.String()
}
