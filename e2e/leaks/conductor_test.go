package leaks

import (
	"encoding/json"
	"net/http"
	"strings"
)

// conductorHost serves the page that leads a browser through a run. It is a
// site of its own, without an edge, so that nothing the edge does can reach it.
const conductorHost = "lab.test"

// conductor opens each page in a window of its own, several at a time, and closes
// it when it has stood for a while after it was loaded. That a page reaches
// nothing can only be seen over a time; the ungated run, which has the same,
// shows that it is enough.
const conductor = `<!doctype html><title>Conductor</title><script type="module">
const {first, pages, last} = PLAN;
const dwell = 1500, limit = 10000, atOnce = 8;
const report = {started: [], arrived: [], state: ''};
const waiting = new Map();
addEventListener('message', ({source, data}) => {
	// A page that has moved on meanwhile may have no window left to know it by.
	if (data.here) report.arrived.push(data.here);
	if (data.started) report.started.push(data.started);
	if (data.state) report.state = data.state;
	waiting.get(source)?.(data);
});
const open = url => new Promise(done => {
	const page = window.open(url, '_blank', 'popup,width=900,height=700');
	let timer;
	const close = () => { clearTimeout(timer); clearTimeout(end); waiting.delete(page); if (page) page.close(); done(); };
	const end = setTimeout(close, limit);
	if (!page) return;
	waiting.set(page, data => {
		if (data === 'here' || data.loaded || data.state) { clearTimeout(timer); timer = setTimeout(close, dwell); }
	});
});
for (const url of first) await open(url);
await Promise.all(Array.from({length: atOnce}, async () => { while (pages.length) await open(pages.shift()); }));
for (const url of last) await open(url);
await fetch('/report', {method: 'POST', body: JSON.stringify(report)});
</script>`

// report is what the conductor tells at the end of a run.
type report struct {
	Started []string `json:"started"` // names of the ways of JavaScript that ran
	Arrived []string `json:"arrived"` // paths of the pages that came up
	State   string   `json:"state"`   // of the visitor's choice, as the edge sees it
}

// plan is what the conductor does.
type plan struct {
	First []string `json:"first"` // one after the other, before
	Pages []string `json:"pages"`
	Last  []string `json:"last"` // one after the other, after
}

// sentinel is a way that is opened on purpose at the end of a run, so that a lab
// that sees nothing can't pass for a clean page.
const sentinel = "sentinel"

func planOf(ways []way, r *run) plan {
	p := plan{First: []string{}}
	if r.site != ungated {
		p.First = append(p.First, r.url("decide"))
	}
	for _, path := range pagesOf(ways) {
		p.Pages = append(p.Pages, r.url(path))
	}
	p.Last = append(p.Last, "https://"+r.hostOf(sentinel)+"/")
	return p
}

// conduct serves the conductor and takes its report.
func (l *lab) conduct(w http.ResponseWriter, r *http.Request) {
	run := l.current()
	switch {
	case run == nil:
		http.NotFound(w, r)
	case r.Method == http.MethodPost:
		var told report
		if err := json.NewDecoder(r.Body).Decode(&told); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		select {
		case run.reports <- told:
		default: // a second one of the same run says nothing new
		}
	case r.URL.Path == "/":
		steps, err := json.Marshal(planOf(l.ways, run))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		serveText(w, "text/html", strings.Replace(conductor, "PLAN", string(steps), 1))
	default:
		http.NotFound(w, r)
	}
}
