package leaks

import (
	"fmt"
	"io"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"
)

// origin is the site: pages made of the ways, all below the label of the run.
type origin struct {
	ways []way
	find func(label string) *run
}

// assist tells the conductor what happens in a page, and starts ways.
const assist = `'use strict';
const tell = what => { if (window.opener) opener.postMessage(what, '*'); };
const start = (name, way) => {
	tell({started: name});
	try { const result = way(); if (result && result.catch) result.catch(() => {}); } catch (e) { /* what is stopped may throw */ }
};
tell({here: location.pathname});
addEventListener('load', () => tell({loaded: location.pathname}));
`

// decide refuses when it is told to, and tells the state that the edge sees.
const decide = `(async refuse => {
	if (refuse) await fetch('/.privacy/choice', {method: 'POST', body: new URLSearchParams({choice: 'refuse'}), headers: {Accept: 'application/json'}});
	tell({state: (await (await fetch('/.privacy/state')).json()).state});
})(%t);
`

func (o *origin) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	label, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	run := o.find(label)
	if run == nil {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	directory, name := path.Split(rest)
	switch directory {
	case "":
		o.serveShared(w, r, run, name)
	case "script/":
		o.servePage(w, run, "", fmt.Sprintf(`<script src="/%s/code/%s.js"></script>`, label, name))
	case "code/":
		o.serveCode(w, r, run, strings.TrimSuffix(name, ".js"))
	case "own/":
		o.serveOwn(w, r, run, name)
	case "redirect/":
		w.Header().Set("Location", "https://"+run.hostOf(strings.TrimSuffix(name, path.Ext(name)))+"/redirected"+path.Ext(name))
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.WriteHeader(http.StatusFound)
	default:
		o.serveAlone(w, r, run, kind(strings.TrimSuffix(directory, "/")), name)
	}
}

// serveShared serves the pages that ways share, and what pages of a run need.
func (o *origin) serveShared(w http.ResponseWriter, r *http.Request, run *run, name string) {
	var markup strings.Builder
	for _, way := range ofKind(o.ways, kind(name)) {
		markup.WriteString(fill(way.text, way.name, run) + "\n")
	}
	switch name {
	case "head":
		o.servePage(w, run, markup.String(), "")
	case "body":
		o.servePage(w, run, "", markup.String())
	case "decide":
		o.servePage(w, run, "", fmt.Sprintf(`<script src="/%s/decide.js"></script>`, run.label))
	case "assist.js":
		serveText(w, "text/javascript", assist)
	case "decide.js":
		serveText(w, "text/javascript", fmt.Sprintf(decide, run.refuses))
	default:
		http.NotFound(w, r)
	}
}

// servePage serves a page with the assistant as its first script, which is a
// file so that nothing takes it for a tracker's snippet.
func (o *origin) servePage(w http.ResponseWriter, run *run, head, body string) {
	serveText(w, "text/html; charset=utf-8", fmt.Sprintf(
		"<!doctype html>\n<html lang=\"en\">\n<head>\n<title>Ways</title>\n<script src=\"/%s/assist.js\"></script>\n%s</head>\n<body>\n<p>A page.</p>\n%s\n</body>\n</html>\n",
		run.label, head, body))
}

// serveAlone serves a page of one way.
func (o *origin) serveAlone(w http.ResponseWriter, r *http.Request, run *run, k kind, name string) {
	for _, way := range ofKind(o.ways, k) {
		if way.name != name {
			continue
		}
		text := fill(way.text, name, run)
		switch k {
		case page:
			o.servePage(w, run, "", text)
		case header:
			setLines(w.Header(), text)
			status := http.StatusOK
			if w.Header().Get("Location") != "" {
				status = http.StatusFound
			}
			w.WriteHeader(status)
			o.servePage(w, run, "", "")
		case early:
			setLines(w.Header(), text)
			w.WriteHeader(http.StatusEarlyHints)
			w.Header().Del("Link")
			// A 103 is for the time in which a server still makes its page.
			select {
			case <-time.After(300 * time.Millisecond):
			case <-r.Context().Done():
			}
			o.servePage(w, run, "", "")
		default:
			o.servePage(w, run, "", fmt.Sprintf(`<script src="/%s/code/%s.js"></script>`, run.label, name))
		}
		return
	}
	http.NotFound(w, r)
}

func setLines(header http.Header, lines string) {
	for line := range strings.SplitSeq(lines, "\n") {
		name, value, _ := strings.Cut(line, ":")
		header.Add(name, strings.TrimSpace(value))
	}
}

// serveCode serves the JavaScript of one way, or of a page of them.
func (o *origin) serveCode(w http.ResponseWriter, r *http.Request, run *run, name string) {
	var chosen []way
	if index, err := strconv.Atoi(name); err == nil {
		all := ofKind(o.ways, script)
		if from := index * scriptsPerPage; from >= 0 && from < len(all) {
			chosen = all[from:min(from+scriptsPerPage, len(all))]
		}
	} else {
		for _, known := range o.ways {
			if known.name == name {
				chosen = []way{known}
			}
		}
	}
	var code strings.Builder
	for _, way := range chosen {
		fmt.Fprintf(&code, "start('%s', async () => {\n%s\n});\n", way.name, fill(way.text, way.name, run))
	}
	serveText(w, "text/javascript", code.String())
}

// contentTypes are those of the site's own files.
var contentTypes = map[string]string{
	".js": "text/javascript", ".css": "text/css", ".html": "text/html; charset=utf-8", ".svg": "image/svg+xml",
	".xml": "text/xml", ".xsl": "text/xsl", ".vtt": "text/vtt", ".json": "application/json", ".webmanifest": "application/manifest+json",
}

// serveOwn serves a file of ways/own: what a way's page loads from its own site.
func (o *origin) serveOwn(w http.ResponseWriter, r *http.Request, run *run, name string) {
	text, err := files.ReadFile("ways/own/" + name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	extension := path.Ext(name)
	serveText(w, contentTypes[extension], fill(string(text), strings.TrimSuffix(name, extension), run))
}

func serveText(w http.ResponseWriter, contentType, text string) {
	w.Header().Set("Content-Type", contentType)
	io.WriteString(w, text)
}
