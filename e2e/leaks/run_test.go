package leaks

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// run is one browser's way through all pages.
type run struct {
	label   string // a host label of its own
	engine  engine
	site    site
	domain  string // of the third parties
	refuses bool   // before the first page

	reports chan report
}

// hostOf returns the host of the third party that belongs to a way.
func (r *run) hostOf(way string) string { return way + "." + r.label + "." + r.domain }

func (r *run) url(path string) string { return "https://" + r.site.host + "/" + r.label + "/" + path }

// stateName is the visitor's state as the edge calls it.
func stateName(refuses bool) string {
	if refuses {
		return "refused"
	}
	return "undecided"
}

// runLimit bounds a run: Chromium takes about half a minute, Firefox two.
const runLimit = 5 * time.Minute

// result is what a run reached.
type result struct {
	reached map[string]grade // by way; clean ways are absent
	leaving map[string]grade // the same, of the ways of the kind leaving
}

// perform leads a browser through the run. It fails the test when the run proves
// nothing: when a way of JavaScript wasn't started, a page didn't come up, the
// visitor's choice wasn't what it should be, or the lab saw nothing.
func (l *lab) perform(t *testing.T, r *run) result {
	t.Helper()
	r.reports = make(chan report, 1)
	l.mu.Lock()
	if l.runs[r.label] != nil {
		t.Fatalf("there was a run %s", r.label)
	}
	l.runs[r.label], l.last = r, r
	l.mu.Unlock()
	close := r.engine.start(t, l, "https://"+conductorHost+"/")
	var told report
	select {
	case told = <-r.reports:
	case <-time.After(runLimit):
		t.Fatalf("void: the browser didn't come to the end of the run in %s; it reached %s", runLimit, tally(l.notes.of(r.label)))
	}
	close()

	grades := l.notes.of(r.label)
	if grades[sentinel] != request {
		t.Fatalf("void: the lab doesn't see what the browser reaches: %v", grades)
	}
	delete(grades, sentinel)
	if want := stateName(r.refuses); r.site != ungated && told.State != want {
		t.Fatalf("void: the edge takes the visitor for %q instead of %q", told.State, want)
	}
	result := result{reached: grades, leaving: make(map[string]grade)}
	var idle []string
	for _, way := range l.ways {
		scripted := way.kind == script || way.kind == solo || way.kind == leaving
		if scripted && !slices.Contains(told.Started, way.name) {
			idle = append(idle, way.name)
		}
		if grade := grades[way.name]; way.kind == leaving && grade != clean {
			result.leaving[way.name] = grade
			delete(grades, way.name)
		}
	}
	if len(idle) > 0 {
		t.Fatalf("void: not started: %s", strings.Join(idle, " "))
	}
	// A page that a header leads elsewhere at once never tells that it came up.
	for _, path := range pagesOf(l.ways) {
		if !strings.HasPrefix(path, string(header)) && !slices.Contains(told.Arrived, "/"+r.label+"/"+path) {
			t.Errorf("void: %s didn't come up", path)
		}
	}
	t.Logf("%s: %s; by leaving the page %s", r.label, tally(grades), tally(result.leaving))
	return result
}

// count returns how many ways came exactly so far.
func count(reached map[string]grade, g grade) int {
	n := 0
	for _, grade := range reached {
		if grade == g {
			n++
		}
	}
	return n
}

// tally is the numbers of ways that ended with HTTP, TLS and DNS.
func tally(reached map[string]grade) string {
	return fmt.Sprintf("%d/%d/%d", count(reached, request), count(reached, handshake), count(reached, lookUp))
}

// list names the ways that came that far or further, one a line.
func list(reached map[string]grade, least grade) string {
	var lines strings.Builder
	for _, name := range slices.Sorted(maps.Keys(reached)) {
		if reached[name] >= least {
			fmt.Fprintf(&lines, "\n\t%-5s%s", reached[name], name)
		}
	}
	return lines.String()
}
