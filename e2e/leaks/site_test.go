package leaks

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

//go:embed pages/*
var pageFiles embed.FS

// origin is the site: its pages try the ways against hosts below a domain.
type origin struct {
	ways   []*way
	byName map[string]*way
	domain string
	mux    *http.ServeMux
	pages  *template.Template

	mu    sync.Mutex
	tried map[string]bool // ways that a page says it has tried
	done  chan struct{}   // closed when the last page is done
}

// newOrigin returns a site that tries all ways but those whose names begin with one
// of the given words.
func newOrigin(t testing.TB, domain string, without ...string) *origin {
	t.Helper()
	pages, err := template.ParseFS(pageFiles, "pages/*.html")
	if err != nil {
		t.Fatal(err)
	}
	ways := slices.DeleteFunc(readWays(t), func(w *way) bool {
		return slices.ContainsFunc(without, func(word string) bool { return strings.HasPrefix(w.name, word) })
	})
	o := &origin{ways: ways, byName: make(map[string]*way), domain: domain, mux: http.NewServeMux(), pages: pages}
	for _, w := range o.ways {
		o.byName[w.name] = w
	}
	o.reset()
	o.mux.HandleFunc("GET /drive", func(w http.ResponseWriter, r *http.Request) { o.page(w, "drive.html", o.list()) })
	o.mux.HandleFunc("GET /parser", func(w http.ResponseWriter, r *http.Request) { o.page(w, "parser.html", o.markup("parser")) })
	o.mux.HandleFunc("GET /script", func(w http.ResponseWriter, r *http.Request) { o.page(w, "script.html", nil) })
	o.mux.HandleFunc("GET /script.js", o.serveScripts)
	o.mux.HandleFunc("GET /page/{way}", o.servePage)
	o.mux.HandleFunc("GET /file/{way}/{path}", o.serveFile)
	o.mux.HandleFunc("/redirect/{way}", o.redirect)
	o.mux.HandleFunc("POST /tried", o.note)
	o.mux.HandleFunc("GET /tried", o.tell)
	o.mux.HandleFunc("POST /done", func(w http.ResponseWriter, r *http.Request) { close(o.done) })
	o.mux.HandleFunc("GET /pages/", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, pageFiles, strings.TrimPrefix(r.URL.Path, "/"))
	})
	o.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) })
	return o
}

// reset makes the site ready for another run.
func (o *origin) reset() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.tried, o.done = make(map[string]bool), make(chan struct{})
}

// missing lists the ways that no page has tried.
func (o *origin) missing() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	var list []string
	for _, w := range o.ways {
		if !o.tried[w.name] {
			list = append(list, w.name)
		}
	}
	return list
}

// list names the pages in the order in which they are opened.
func (o *origin) list() []string {
	list := []string{"/parser", "/script"}
	for _, w := range o.ways {
		if w.sheet == "page" {
			list = append(list, "/page/"+w.name)
		}
	}
	return list
}

func (o *origin) page(w http.ResponseWriter, name string, data any) {
	var body bytes.Buffer
	if err := o.pages.ExecuteTemplate(&body, name, data); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Write(body.Bytes())
}

// sheet is what a page with ways in its markup shows.
type sheet struct {
	Ways   []string // their names
	Markup template.HTML
}

func (o *origin) markup(name string) sheet {
	var s sheet
	var markup strings.Builder
	for _, w := range o.ways {
		if w.sheet == name {
			s.Ways = append(s.Ways, w.name)
			markup.WriteString(w.fill(w.body, o.domain))
		}
	}
	s.Markup = template.HTML(markup.String())
	return s
}

func (o *origin) servePage(w http.ResponseWriter, r *http.Request) {
	way := o.byName[r.PathValue("way")]
	if way == nil {
		http.NotFound(w, r)
		return
	}
	for _, line := range way.early {
		w.Header().Add(line[0], way.fill(line[1], o.domain))
	}
	if len(way.early) > 0 {
		w.WriteHeader(http.StatusEarlyHints)
		w.Header().Del(way.early[0][0])
	}
	for _, line := range way.header {
		w.Header().Add(line[0], way.fill(line[1], o.domain))
	}
	o.page(w, "page.html", sheet{[]string{way.name}, template.HTML(way.fill(way.body, o.domain))})
}

// serveScripts is one script with all ways of script.txt as functions.
func (o *origin) serveScripts(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/javascript; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	io.WriteString(w, "const ways = {\n")
	for _, way := range o.ways {
		if way.sheet == "script" {
			fmt.Fprintf(w, "%q: async (u, host, wait, put) => {\n%s},\n", way.name, way.body)
		}
	}
	fmt.Fprintf(w, "};\nconst domain = %q;\n", o.domain)
}

func (o *origin) serveFile(w http.ResponseWriter, r *http.Request) {
	way := o.byName[r.PathValue("way")]
	if way == nil {
		http.NotFound(w, r)
		return
	}
	f, ok := way.files[r.PathValue("path")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", f.contentType)
	io.WriteString(w, way.fill(f.body, o.domain))
}

func (o *origin) redirect(w http.ResponseWriter, r *http.Request) {
	way := o.byName[r.PathValue("way")]
	if way == nil {
		http.NotFound(w, r)
		return
	}
	http.Redirect(w, r, way.fill("{url}", o.domain), http.StatusFound)
}

// note takes the names of ways that were tried.
func (o *origin) note(w http.ResponseWriter, r *http.Request) {
	var names []string
	if err := json.NewDecoder(r.Body).Decode(&names); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, name := range names {
		o.tried[name] = true
	}
}

// tell answers which ways were tried.
func (o *origin) tell(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	json.NewEncoder(w).Encode(o.tried)
}
