package module_test

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// visitor is a browser with a cookie jar of its own, reduced to what the edge
// can see of one.
type visitor struct {
	t       *testing.T
	edge    *edge
	host    string
	scheme  string
	client  *http.Client
	cookies map[string]string
	header  http.Header // of every request
}

// protocol says how a visitor speaks to the edge.
type protocol string

const (
	http1 protocol = "HTTP/1.1"
	http2 protocol = "HTTP/2.0"
	http3 protocol = "HTTP/3.0"
)

// visit returns a new visitor of shop.test.
func (e *edge) visit(t *testing.T) *visitor { return e.visitBy(t, http1) }

func (e *edge) visitBy(t *testing.T, p protocol) *visitor {
	scheme := "http"
	if e.secure {
		scheme = "https"
	}
	return &visitor{
		t: t, edge: e, host: "shop.test", scheme: scheme,
		client: &http.Client{
			Transport:     e.transport(t, p),
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		cookies: make(map[string]string),
		header: http.Header{
			"Accept":         {"text/html,application/xhtml+xml"},
			"User-Agent":     {"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"},
			"Sec-Fetch-Dest": {"document"},
			"Sec-Fetch-Site": {"same-origin"},
		},
	}
}

// answer is a response that was read to its end.
type answer struct {
	*http.Response
	body string
	err  error // of reading the body
}

// request makes a request as this visitor would send it. Pairs of header names
// and values come on top; an empty value removes a header.
func (v *visitor) request(method, path, body string, header ...string) *http.Request {
	v.t.Helper()
	request, err := http.NewRequestWithContext(v.t.Context(), method, v.scheme+"://"+v.host+":"+v.edge.port+path, strings.NewReader(body))
	if err != nil {
		v.t.Fatal(err)
	}
	request.Header = v.header.Clone()
	for i := 0; i < len(header); i += 2 {
		if header[i+1] == "" {
			request.Header.Del(header[i])
			continue
		}
		request.Header.Set(header[i], header[i+1])
	}
	if request.Header.Get("Cookie") == "" {
		for name, value := range v.cookies {
			request.AddCookie(&http.Cookie{Name: name, Value: value})
		}
	}
	return request
}

// open sends a request and returns the response with its body still to be read.
func (v *visitor) open(request *http.Request) *http.Response {
	v.t.Helper()
	response, err := v.client.Do(request)
	if err != nil {
		v.t.Fatal(err)
	}
	v.t.Cleanup(func() { response.Body.Close() })
	for _, cookie := range response.Cookies() {
		if cookie.MaxAge < 0 {
			delete(v.cookies, cookie.Name)
		} else {
			v.cookies[cookie.Name] = cookie.Value
		}
	}
	return response
}

// do sends a request and reads the whole answer.
func (v *visitor) do(method, path, body string, header ...string) *answer {
	v.t.Helper()
	response := v.open(v.request(method, path, body, header...))
	raw, err := io.ReadAll(response.Body)
	return &answer{response, string(raw), err}
}

// get asks for a page, and fails when it can't be read to its end.
func (v *visitor) get(path string, header ...string) *answer {
	v.t.Helper()
	a := v.do(http.MethodGet, path, "", header...)
	if a.err != nil {
		v.t.Fatalf("GET %s: %v after %q", path, a.err, a.body)
	}
	return a
}

// post sends a form to one of the edge's endpoints.
func (v *visitor) post(endpoint string, form url.Values, header ...string) *answer {
	v.t.Helper()
	return v.do(http.MethodPost, "/.privacy/"+endpoint, form.Encode(),
		append([]string{"Content-Type", "application/x-www-form-urlencoded"}, header...)...)
}

// choose makes a choice by the banner's form.
func (v *visitor) choose(choice string, allow ...string) *answer {
	v.t.Helper()
	a := v.post("choice", url.Values{"choice": {choice}, "allow": allow, "return": {"/"}})
	if a.StatusCode != http.StatusSeeOther {
		v.t.Fatalf("choice %s: %s %s", choice, a.Status, a.body)
	}
	// Pages fetched or rendered ahead are of the choice before.
	a.wantHeader(v.t, "Clear-Site-Data", `"prefetchCache", "prerenderCache"`)
	return a
}

// state asks what the edge knows of the visitor's choice.
func (v *visitor) state() map[string]any {
	v.t.Helper()
	return decode(v.t, []byte(v.get("/.privacy/state", "Accept", "application/json", "Sec-Fetch-Dest", "empty").body))
}

// What pages of the edge can be known by.
const (
	bannerMark  = "id=privacy-choice"
	controlMark = "id=privacy-control"
	guardMark   = "data-privacy-"
)

// want fails unless the answer has the status and its body holds, and doesn't
// hold, what is listed; "!" before a word says that it must not be there.
func (a *answer) want(t *testing.T, status int, words ...string) {
	t.Helper()
	if a.err != nil {
		t.Errorf("the body broke off: %v", a.err)
	}
	if a.StatusCode != status {
		t.Errorf("status %d, want %d: %.300s", a.StatusCode, status, a.body)
	}
	for _, word := range words {
		unwanted, no := strings.CutPrefix(word, "!")
		if no && strings.Contains(a.body, unwanted) {
			t.Errorf("the body holds %q: %.600s", unwanted, a.body)
		}
		if !no && !strings.Contains(a.body, word) {
			t.Errorf("the body lacks %q: %.600s", word, a.body)
		}
	}
}

// wantHeader fails unless the header has exactly the value; "" means none.
func (a *answer) wantHeader(t *testing.T, name, value string) {
	t.Helper()
	if got := strings.Join(a.Header.Values(name), "\n"); got != value {
		t.Errorf("%s: %q, want %q", name, got, value)
	}
}

// wantSame fails unless the body is byte for byte what the origin sent.
func (a *answer) wantSame(t *testing.T, want []byte) {
	t.Helper()
	if !bytes.Equal([]byte(a.body), want) {
		t.Errorf("the body was changed: %d bytes, want %d\n%.300q", len(a.body), len(want), a.body)
	}
}

// destination returns where an answer leads in the end: the first choice does so by the
// step that looks for its cookie.
func (a *answer) destination() string {
	location := a.Header.Get("Location")
	if step, found := strings.CutPrefix(location, "/.privacy/kept?"); found {
		query, _ := url.ParseQuery(step)
		return query.Get("return")
	}
	return location
}
