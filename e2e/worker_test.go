package e2e

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
)

// keptWorker keeps every page it sees and answers from what it kept.
const keptWorker = `self.addEventListener('install', event => self.skipWaiting());
self.addEventListener('activate', event => event.waitUntil(clients.claim()));
self.addEventListener('fetch', event => {
	if (event.request.mode !== 'navigate') return;
	event.respondWith(caches.open('pages').then(async cache => {
		const kept = await cache.match(event.request);
		if (kept) return kept;
		const fresh = await fetch(event.request);
		if (fresh.ok && fresh.type === 'basic') await cache.put(event.request, fresh.clone());
		return fresh;
	}));
});`

// workerPage registers the worker and loads a tracker.
const workerPage = `<!doctype html><html lang=en><head><title>kept</title></head><body><p>page<iframe src=/frame></iframe>
<script src=https://www.googletagmanager.com/gtag/js?id=G-1></script>
<script>navigator.serviceWorker.register('/sw.js');</script></body></html>`

func serveWorkerSite(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/sw.js" {
		w.Header().Set("Content-Type", "text/javascript")
		w.Write([]byte(keptWorker))
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Write([]byte(workerPage))
}

// TestWorkerFromBeforeTheEdgeLosesItsPages: a service worker that was installed
// before the edge came answers with pages that carry neither banner nor policy,
// until its script's bytes change.
func TestWorkerFromBeforeTheEdgeLosesItsPages(t *testing.T) {
	s := newServer(t, "UNKNOWN=block")
	config, err := os.ReadFile(s.configPath())
	if err != nil {
		t.Fatal(err)
	}
	s.writeConfig(strings.Replace(string(config), "unknown {$UNKNOWN:allow}", "unknown {$UNKNOWN:allow}\n\t\tservice_worker clear", 1))

	// The site as it was: without the edge, under the same address.
	listener, err := net.Listen("tcp", fmt.Sprint("127.0.0.1:", s.edge))
	if err != nil {
		t.Fatal(err)
	}
	before := &http.Server{Handler: http.HandlerFunc(serveWorkerSite)}
	go before.Serve(listener)
	b := openBrowser(t, newWorld(t))
	b.visit(s.url("/"))
	b.until(`!!navigator.serviceWorker.controller`)
	b.visit(s.url("/")) // kept by the worker
	if reached := b.world.reached(); len(missing([]string{"www.googletagmanager.com"}, reached)) > 0 {
		t.Fatalf("before the edge only %v were reached", reached)
	}
	if err := before.Close(); err != nil {
		t.Fatal(err)
	}

	var compared atomic.Int32
	origin := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/sw.js" {
			compared.Add(1)
		}
		serveWorkerSite(w, r)
	})}
	behind, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go origin.Serve(behind)
	t.Cleanup(func() { origin.Close() })
	s.env = append(s.env, "UPSTREAM=http://"+behind.Addr().String())
	s.start()

	b.visit(s.url("/"))
	if must[bool](b, asked) {
		t.Fatal("the page doesn't come from the worker: nothing is tried here")
	}
	// Opening the page has the browser compare the worker's script and renew it.
	must[bool](b, `(navigator.serviceWorker.oncontrollerchange = () => { window.renewed = true }, true)`)
	eventually(t, "the worker's script is compared", func() error {
		if compared.Load() == 0 {
			return fmt.Errorf("nobody asked for it")
		}
		return nil
	})
	b.until(`window.renewed === true`)
	b.visit(s.url("/"))
	b.until(asked)
	if framed := must[bool](b, `!!frames[0].document.getElementById('privacy-choice')`); framed {
		t.Error("the banner stands in a frame")
	}
	b.visit("about:blank")
	b.world.forget()
	for range 2 {
		b.visit(s.url("/"))
		b.until(asked)
	}
	if leaks := b.leaks(); len(leaks) > 0 {
		t.Errorf("reached %v", leaks)
	}
}
