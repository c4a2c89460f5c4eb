//go:build matrix

package leaks

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"
)

// scope says on which responses a policy is sent.
type scope uint8

const (
	nowhere scope = iota
	onPages
	everywhere
)

// layers are those of the edge's that reach the browser.
type layers struct {
	name     string
	elements bool // markup and headers of the origin
	guard    bool
	policy   scope
}

var allLayers = []layers{
	{"elements and headers", true, false, nowhere},
	{"runtime guard", false, true, nowhere},
	{"policy on pages", false, false, onPages},
	{"policy on every response", false, false, everywhere},
	{"policy on every response, guard", false, true, everywhere},
}

// edgePort is where the edge listens behind a front that takes layers away.
const edgePort = 8443

// front stands between browser and edge and lets only some layers through: what the
// edge adds is put on the origin's answer, or taken off the edge's.
type front struct {
	layers
	client *http.Client
}

func newFront(l layers) *front {
	return &front{l, &http.Client{
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ServerName: site}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// ServeHTTP implements http.Handler.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	origin := &url.URL{Scheme: "http", Host: originAddress}
	edge := &url.URL{Scheme: "https", Host: fmt.Sprintf("127.0.0.1:%d", edgePort)}
	target := origin
	if f.elements || strings.HasPrefix(r.URL.Path, "/.privacy/") {
		target = edge
	}
	proxy := &httputil.ReverseProxy{
		Transport: f.client.Transport,
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(target)
			p.Out.Host = site
			p.Out.Header.Set("Accept-Encoding", "identity")
		},
		ModifyResponse: func(response *http.Response) error {
			if strings.HasPrefix(r.URL.Path, "/.privacy/") {
				return nil
			}
			if f.elements {
				return f.take(response)
			}
			if r.Method != http.MethodGet {
				return nil
			}
			return f.put(response, r, edge)
		},
	}
	proxy.ServeHTTP(w, r)
}

// What the edge sends as policies.
var policyHeaders = []string{"Content-Security-Policy", "Connection-Allowlist"}

// take takes policies and guard off the edge's answer.
func (f *front) take(response *http.Response) error {
	for _, name := range policyHeaders {
		response.Header.Del(name)
	}
	return f.edit(response, func(body []byte) []byte {
		before, _, after, found := cutGuard(body)
		if !found {
			return body
		}
		return append(before, after...)
	})
}

// put puts the edge's policies and guard on the origin's answer.
func (f *front) put(response *http.Response, r *http.Request, edge *url.URL) error {
	request, err := http.NewRequest(http.MethodGet, edge.ResolveReference(r.URL).String(), nil)
	if err != nil {
		return err
	}
	request.Host, request.Header = site, r.Header.Clone()
	request.Header.Set("Accept-Encoding", "identity")
	gated, err := f.client.Do(request)
	if err != nil {
		return err
	}
	defer gated.Body.Close()
	body, err := io.ReadAll(gated.Body)
	if err != nil {
		return err
	}
	isPage := strings.HasPrefix(response.Header.Get("Content-Type"), "text/html")
	if f.policy == everywhere || f.policy == onPages && isPage {
		for _, name := range policyHeaders[:1] {
			response.Header[name] = append(response.Header[name], gated.Header[name]...)
		}
	}
	if !f.guard {
		return nil
	}
	_, guard, _, found := cutGuard(body)
	return f.edit(response, func(body []byte) []byte {
		before, after, hasHead := bytes.Cut(body, []byte("<head>"))
		if !found || !hasHead {
			return body
		}
		return bytes.Join([][]byte{before, []byte("<head>"), guard, after}, nil)
	})
}

// cutGuard cuts the edge's script out of a page.
func cutGuard(body []byte) (before, guard, after []byte, found bool) {
	head := []byte("<head><script>")
	start := bytes.Index(body, head)
	if start < 0 {
		return nil, nil, nil, false
	}
	start += len("<head>")
	end := bytes.Index(body[start:], []byte("</script>"))
	if end < 0 {
		return nil, nil, nil, false
	}
	end += start + len("</script>")
	return bytes.Clone(body[:start]), body[start:end], body[end:], true
}

// edit changes the body of a page.
func (f *front) edit(response *http.Response, change func([]byte) []byte) error {
	if !strings.HasPrefix(response.Header.Get("Content-Type"), "text/html") {
		return nil
	}
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	response.Body.Close()
	body = change(body)
	response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	response.Header.Del("Content-Length")
	return nil
}

// serveFront serves the front until the returned function is called.
func serveFront(t *testing.T, l layers, who *identity) (stop func()) {
	t.Helper()
	return serve(t, &http.Server{Addr: "127.0.0.1:443", Handler: newFront(l)}, who)
}
