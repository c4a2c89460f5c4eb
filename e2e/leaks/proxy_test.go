package leaks

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// The layers are what their names say: what a proxy takes away or adds by
// mistake would be credited to the wrong layer.
func TestProxyLeavesTheChosenLayers(t *testing.T) {
	l := openLab(t)
	r := &run{label: "proxy", domain: knownDomain}
	l.runs[r.label] = r
	client := &http.Client{Transport: towards(labAddress + ":443")}
	get := func(y layer, path string) (body string, policy bool) {
		t.Helper()
		request, err := http.NewRequest(http.MethodGet, "https://"+y.site().host+"/"+r.label+"/"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("User-Agent", userAgent)
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil || response.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s, %v", request.URL, response.Status, err)
		}
		return string(text), response.Header.Get("Content-Security-Policy") != ""
	}
	for _, y := range layers {
		t.Run(y.name, func(t *testing.T) {
			body, policy := get(y, "body")
			if got := strings.Contains(body, "data-privacy-src"); got != y.elements {
				t.Errorf("elements are renamed: %t", got)
			}
			if got := strings.Contains(body, "RTCPeerConnection"); got != y.guard {
				t.Errorf("the guard is in the page: %t", got)
			}
			if policy != y.pages {
				t.Errorf("the page has a policy: %t", policy)
			}
			if body, _ := get(y, "own/own-frame-script.html"); strings.Contains(body, "RTCPeerConnection") != y.guard {
				t.Errorf("the guard is in a page without a head: %t", !y.guard)
			}
			if _, policy := get(y, "own/worker-own.js"); policy != y.rest {
				t.Errorf("a script has a policy: %t", policy)
			}
		})
	}
}
