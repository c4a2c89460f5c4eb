package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
)

// domWork does what pages' scripts do most and returns the microseconds that each
// takes, the median of nine rounds, and what came of it.
const domWork = `(() => {
	const host = document.createElement('section');
	document.body.append(host);
	const works = {
		'createElement': n => { for (let i = 0; i < n; i++) document.createElement('div'); },
		'appendChild': n => { for (let i = 0; i < n; i++) host.appendChild(document.createElement('div')); },
		'append a tree of 20': n => { for (let i = 0; i < n; i += 20) { const tree = document.createElement('ul'); for (let j = 0; j < 19; j++) tree.append(document.createElement('li')); host.append(tree); } },
		'setAttribute class': n => { const div = document.createElement('div'); for (let i = 0; i < n; i++) div.setAttribute('class', 'c' + i % 3); },
		'image src, own': n => { for (let i = 0; i < n; i++) { const image = document.createElement('img'); image.loading = 'lazy'; image.src = '/own.png'; } },
		'cookie, own': n => { for (let i = 0; i < n; i++) document.cookie = 'own=' + i; },
		'innerHTML': n => { for (let i = 0; i < n; i++) host.innerHTML = '<p class=x>text <b>bold</b></p>'; },
	};
	const took = {};
	for (const [name, work] of Object.entries(works)) {
		const n = /cookie|image/.test(name) ? 300 : 4000, rounds = [];
		for (let round = 0; round < 9; round++) {
			host.replaceChildren();
			const start = performance.now();
			work(n);
			rounds.push((performance.now() - start) * 1000 / n);
		}
		took[name] = rounds.sort((a, b) => a - b)[4];
	}
	const left = host.innerHTML;
	host.remove();
	return { took, left };
})()`

// evaluation compiles and runs the page's first script, the guard, in fresh windows.
const evaluation = `(() => {
	const text = document.scripts[0].textContent, rounds = [];
	for (let round = 0; round < 21; round++) {
		const frame = document.createElement('iframe');
		document.body.append(frame);
		const run = frame.contentWindow.eval, start = performance.now();
		run(text + '//' + round);
		rounds.push(performance.now() - start);
		frame.remove();
	}
	return rounds.sort((a, b) => a - b)[10];
})()`

// Pages' scripts get the same done beside the guard. What it costs them is printed by
// "make guard-cost".
func TestPagesWorkTheSameBesideTheGuard(t *testing.T) {
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, `<!doctype html><title>x</title><body>`)
	}))
	t.Cleanup(origin.Close)
	s := startServer(t, "UPSTREAM="+origin.URL)
	b := openBrowser(t, newWorld(t))
	type result struct {
		Took map[string]float64
		Left string
	}
	b.visit(origin.URL)
	without := must[result](b, domWork)
	b.visit(s.url("/"))
	b.until(asked)
	with := must[result](b, domWork)
	if with.Left != without.Left || with.Left == "" {
		t.Errorf("the page's scripts made %q, without the edge %q", with.Left, without.Left)
	}
	for _, name := range slices.Sorted(maps.Keys(without.Took)) {
		t.Logf("%-20s %7.2f µs, without the edge %7.2f µs", name, with.Took[name], without.Took[name])
	}
	t.Logf("compiling and running the first script takes %.1f ms", must[float64](b, evaluation))
}
