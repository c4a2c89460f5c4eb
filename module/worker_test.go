package module_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"
)

const workerScript = "self.addEventListener('fetch', () => {});"

// fetchWorker asks for a service worker's script as a browser does.
func (v *visitor) fetchWorker(path string, header ...string) *answer {
	v.t.Helper()
	return v.get(path, append([]string{"Service-Worker", "script", "Sec-Fetch-Dest", "serviceworker", "Accept", "*/*"}, header...)...)
}

func serveWorker(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/javascript")
	w.Header().Set("Etag", `"v1"`)
	w.Header().Set("Content-Length", fmt.Sprint(len(workerScript)))
	http.ServeContent(w, r, "", time.Unix(1_700_000_000, 0), strings.NewReader(workerScript))
}

// TestInstalledWorkersFollowTheChoice pins that the script of the site's own worker
// changes with what is allowed, and stays otherwise as the origin wrote it: browsers
// renew a worker, and with it the policy it lives under, only when its bytes differ.
func TestInstalledWorkersFollowTheChoice(t *testing.T) {
	e := start(t, options{secure: true, gate: "unknown block\nservice matomo"})
	e.origin.serve(serveWorker)
	eachProtocol(t, e, func(t *testing.T, v *visitor) {
		undecided := v.fetchWorker("/sw.js")
		undecided.want(t, 200, workerScript+"\n// consentgate ")
		undecided.wantHeader(t, "Cache-Control", "private, no-cache")
		if undecided.Header.Get("Content-Security-Policy") == "" || undecided.Header.Get("Connection-Allowlist") == "" {
			t.Error("the worker has no policy")
		}
		tag := undecided.Header.Get("Etag")
		v.fetchWorker("/sw.js", "If-None-Match", tag).want(t, 304)
		v.fetchWorker("/sw.js", "If-None-Match", `"v1"`).want(t, 200, "// consentgate ")
		v.choose("accept")
		if allowed := v.fetchWorker("/sw.js", "If-None-Match", tag); allowed.StatusCode != 200 || allowed.body == undecided.body {
			t.Errorf("after the choice: %s, the same script: %t", allowed.Status, allowed.body == undecided.body)
		}
	})
	plain := e.visit(t).get("/sw.js", "Sec-Fetch-Dest", "script", "Accept", "*/*")
	plain.wantSame(t, []byte(workerScript))
}

// TestWorkersThatCantBeChangedGetTheirPolicy pins that only a whole script in plain
// coding gets something appended.
func TestWorkersThatCantBeChangedGetTheirPolicy(t *testing.T) {
	e := start(t, options{gate: "unknown block\nservice matomo"})
	for _, test := range []struct{ contentType, coding string }{{"text/javascript", "x-own"}, {"text/plain", ""}} {
		e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", test.contentType)
			if test.coding != "" {
				w.Header().Set("Content-Encoding", test.coding)
			}
			w.Write([]byte(workerScript))
		})
		a := e.visit(t).fetchWorker("/sw.js")
		a.wantSame(t, []byte(workerScript))
		if a.Header.Get("Content-Security-Policy") == "" {
			t.Errorf("%+v has no policy", test)
		}
	}
}

func TestClearingWorkersDeleteKeptPages(t *testing.T) {
	e := start(t, options{gate: "service_worker clear"})
	e.origin.serve(serveWorker)
	e.visit(t).fetchWorker("/sw.js").want(t, 200, workerScript, "caches.keys()")
}

// TestUnwantedWorkersAreRemoved pins that the worker of a service that isn't
// allowed, and one that the operator names, is answered by a script that removes it.
func TestUnwantedWorkersAreRemoved(t *testing.T) {
	e := start(t, options{app: "cross_border allow", gate: `service_worker remove /old/*.js
		service push {
			category marketing
			script /push-worker.js
		}`})
	e.origin.serve(serveWorker)
	for path, removed := range map[string]bool{"/push-worker.js": true, "/old/sw.js": true, "/sw.js": false} {
		v := e.visit(t)
		a := v.fetchWorker(path)
		if got := strings.Contains(a.body, "registration.unregister()"); got != removed {
			t.Errorf("%s is removed: %t, want %t", path, got, removed)
		}
		if removed {
			a.want(t, 200)
			a.wantHeader(t, "Content-Type", "text/javascript; charset=utf-8")
			a.wantHeader(t, "Cache-Control", "no-store")
		}
	}
	v := e.visit(t)
	v.get("/push-worker.js", "Sec-Fetch-Dest", "script").want(t, 204)
	v.choose("accept")
	v.fetchWorker("/push-worker.js").want(t, 200, workerScript)
}

// TestPageThatAnswersAWorkersScriptIsGated pins that a page is one whatever it is
// asked for as: where a worker is gone, sites answer with their start page.
func TestPageThatAnswersAWorkersScriptIsGated(t *testing.T) {
	e := start(t, options{})
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "public, max-age=600")
		writePage(w, trackerPage)
	})
	a := e.visit(t).fetchWorker("/gone.js")
	a.want(t, 200, guardMark)
	a.wantHeader(t, "Cache-Control", "private, no-cache")
}

// TestUnwantedWorkerIsKnownByTheAddressAskedFor pins that a rewrite to what is there
// instead doesn't keep an unwanted worker.
func TestUnwantedWorkerIsKnownByTheAddressAskedFor(t *testing.T) {
	e := start(t, options{gate: "service_worker remove /old-sw.js", site: "rewrite * /index.html\n" + directive + "\n" + proxy})
	e.visit(t).fetchWorker("/old-sw.js").want(t, 200, "registration.unregister()")
}
