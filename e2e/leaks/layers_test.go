package leaks

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// layer is a choice among the layers by which the edge blocks. A proxy between
// browser and edge takes the others away.
type layer struct {
	name, title string

	elements bool // body and header as the edge makes them, but for guard and policies
	guard    bool // the first script of each page
	pages    bool // policies on pages
	rest     bool // policies on everything else
}

var layers = []layer{
	{name: "none", title: "nothing"},
	{name: "elements", title: "elements and headers", elements: true},
	{name: "guard", title: "runtime guard", guard: true},
	{name: "pages", title: "policy on pages", pages: true},
	{name: "policy", title: "policy on every response", pages: true, rest: true},
	{name: "policy-guard", title: "policy and guard", guard: true, pages: true, rest: true},
	{name: "all", title: "all", elements: true, guard: true, pages: true, rest: true},
}

// site is where the layer can be visited.
func (y layer) site() site { return site{y.name + layersDomain} }

// policyHeaders are those in which the policy layer lies.
var policyHeaders = []string{"Content-Security-Policy", "Connection-Allowlist"}

// towards returns a transport that connects to one address whatever the host.
func towards(address string) *http.Transport {
	return &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return new(net.Dialer).DialContext(ctx, network, address)
		},
		TLSClientConfig:    &tls.Config{InsecureSkipVerify: true},
		DisableCompression: true,
	}
}

// layerProxy serves the sites of the layers.
type layerProxy struct{ origin, edge *http.Transport }

func newLayerProxy() *layerProxy {
	return &layerProxy{origin: towards(labAddress + ":" + originPort), edge: towards(edgeAddress + ":443")}
}

func (p *layerProxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	at := slices.IndexFunc(layers, func(y layer) bool { return y.name+layersDomain == r.Host })
	if at < 0 {
		http.NotFound(w, r)
		return
	}
	chosen := layers[at]
	target, transport := "http", p.origin
	if chosen.elements || strings.HasPrefix(r.URL.Path, "/.privacy/") {
		target, transport = "https", p.edge
	}
	proxy := &httputil.ReverseProxy{
		Transport: transport,
		ErrorLog:  log.New(io.Discard, "", 0),
		Rewrite: func(out *httputil.ProxyRequest) {
			out.SetURL(&url.URL{Scheme: target, Host: r.Host})
			out.Out.Host = r.Host
			out.Out.Header.Del("Accept-Encoding")
		},
		ModifyResponse: func(response *http.Response) error {
			if transport == p.edge {
				return chosen.takeAway(response)
			}
			return p.add(response, r, chosen)
		},
	}
	proxy.ServeHTTP(w, r)
}

// inserted is the edge's first script of a page.
var inserted = regexp.MustCompile(`(?s)<script>.*?</script>`)

func isPage(response *http.Response) bool {
	return strings.HasPrefix(response.Header.Get("Content-Type"), "text/html")
}

func (y layer) polices(response *http.Response) bool {
	return isPage(response) && y.pages || !isPage(response) && y.rest
}

// takeAway takes the layers that weren't chosen out of the edge's response.
func (y layer) takeAway(response *http.Response) error {
	if !y.polices(response) {
		for _, name := range policyHeaders {
			response.Header.Del(name)
		}
	}
	if y.guard || !isPage(response) {
		return nil
	}
	return change(response, func(body []byte) []byte {
		if at := inserted.FindIndex(body); at != nil {
			body = slices.Concat(body[:at[0]], body[at[1]:])
		}
		return body
	})
}

// add puts the chosen layers of the edge's response into the origin's.
func (p *layerProxy) add(response *http.Response, r *http.Request, chosen layer) error {
	if !chosen.guard && !chosen.polices(response) {
		return nil
	}
	twin := response.Request.Clone(r.Context())
	twin.URL.Scheme, twin.Body = "https", nil
	gated, err := p.edge.RoundTrip(twin)
	if err != nil {
		return err
	}
	defer gated.Body.Close()
	body, err := io.ReadAll(gated.Body)
	if err != nil {
		return err
	}
	if chosen.polices(response) {
		for _, name := range policyHeaders {
			// The site's own policies are in the response already.
			for _, value := range gated.Header[name] {
				if !slices.Contains(response.Header[name], value) {
					response.Header.Add(name, value)
				}
			}
		}
	}
	script := inserted.Find(body)
	if !chosen.guard || !isPage(response) || script == nil {
		return nil
	}
	return change(response, func(body []byte) []byte {
		const before = "<head>\n"
		if start, rest, found := bytes.Cut(body, []byte(before)); found {
			return slices.Concat(start, []byte(before), script, rest)
		}
		const doctype = "<!doctype html>"
		return slices.Concat([]byte(doctype), script, bytes.TrimPrefix(body, []byte(doctype)))
	})
}

// change replaces the body of a response.
func change(response *http.Response, edit func([]byte) []byte) error {
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	response.Body.Close()
	body = edit(body)
	response.Body = io.NopCloser(bytes.NewReader(body))
	response.ContentLength = int64(len(body))
	response.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return nil
}
