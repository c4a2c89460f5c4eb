package downstream

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

const (
	matomoID = "0123456789abcdef"
	uuidA    = "0198f0f0-aaaa-7222-8333-444444444444"
	uuidB    = "0198f0f0-bbbb-7222-8333-444444444444"
	deviceID = "0198f0f0-cccc-7222-8333-444444444444"
	token    = "f0e1d2c3b4a5968778695a4b3c2d1e0f"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

func newVendor(t *testing.T, api, address string) Vendor {
	t.Helper()
	v, err := New(Config{API: api, URL: address, Token: token, Scope: "7"}, nil, func() time.Time { return noon })
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// wantFailure checks the kind, and that nothing secret is said.
func wantFailure(t *testing.T, err error, kind string) *Failure {
	t.Helper()
	var failure *Failure
	if !errors.As(err, &failure) || failure.Kind != kind {
		t.Fatalf("got %v, want %s", err, kind)
	}
	for _, secret := range []string{matomoID, deviceID, token, uuidA} {
		if strings.Contains(err.Error(), secret) || strings.Contains(fmt.Sprintf("%+v", failure), secret) {
			t.Errorf("%v names %s", err, secret)
		}
	}
	return failure
}

// fakeMatomo speaks the two methods of PrivacyManager as Matomo does.
type fakeMatomo struct {
	mu      sync.Mutex
	visits  []int // of the one visitor, the newest last
	page    int   // findDataSubjects returns as many at most
	calls   []string
	keeps   bool // deleteDataSubjects does nothing
	profile string
	found   string // answered instead of the visits
}

func (m *fakeMatomo) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	query := r.URL.Query()
	method := query.Get("method")
	m.calls = append(m.calls, method)
	r.ParseForm()
	body := r.PostForm
	fail := func(message string) {
		json.NewEncoder(w).Encode(map[string]string{"result": "error", "message": message})
	}
	switch {
	case r.URL.Path != "/matomo/index.php" || r.Method != http.MethodPost || query.Get("module") != "API" || query.Get("format") != "JSON":
		http.NotFound(w, r)
	case body.Get("token_auth") != token:
		fail("You can't access this resource with " + body.Get("token_auth"))
	case strings.Contains(r.URL.RawQuery, matomoID), strings.Contains(r.URL.RawQuery, token):
		fail("the address is written into the server's log")
	case method == "PrivacyManager.findDataSubjects" && body.Get("segment") == "visitorId=="+matomoID && body.Get("idSite") == "7":
		if m.found != "" {
			w.Write([]byte(m.found))
			return
		}
		found := []map[string]any{}
		for _, id := range m.visits[max(0, len(m.visits)-m.page):] {
			found = append(found, map[string]any{"idVisit": fmt.Sprint(id), "idSite": 7, "visitorId": matomoID, "browser": "Firefox"})
		}
		json.NewEncoder(w).Encode(found)
	case method == "PrivacyManager.deleteDataSubjects":
		n := 0
		for ; body.Get(fmt.Sprintf("visits[%d][idvisit]", n)) != ""; n++ {
			if body.Get(fmt.Sprintf("visits[%d][idsite]", n)) != "7" {
				fail("no site")
				return
			}
			id := body.Get(fmt.Sprintf("visits[%d][idvisit]", n))
			if !m.keeps {
				m.visits = slices.DeleteFunc(m.visits, func(v int) bool { return fmt.Sprint(v) == id })
			}
		}
		json.NewEncoder(w).Encode(map[string]int{"log_visit": n})
	case method == "Live.getVisitorProfile" && body.Get("visitorId") == matomoID && m.profile != "":
		fail(m.profile)
	case method == "Live.getVisitorProfile":
		w.Write([]byte("[]"))
	default:
		fail("Method " + method + " with " + matomoID)
	}
}

func TestMatomoDeletesUntilNothingIsFound(t *testing.T) {
	for name, test := range map[string]struct{ visits, calls int }{
		"nothing": {0, 2}, "one page": {3, 4}, "a whole page": {4, 4}, "partial pages": {11, 8},
	} {
		t.Run(name, func(t *testing.T) {
			fake := &fakeMatomo{page: 4}
			for i := range test.visits {
				fake.visits = append(fake.visits, i+100)
			}
			server := httptest.NewServer(fake)
			defer server.Close()
			if err := newVendor(t, Matomo, server.URL+"/matomo/").Delete(t.Context(), matomoID); err != nil {
				t.Fatal(err)
			}
			if len(fake.visits) != 0 || len(fake.calls) != test.calls {
				t.Errorf("%d visits are left after %q", len(fake.visits), fake.calls)
			}
		})
	}
}

func TestMatomoThatDoesNotDeleteIsNotBelieved(t *testing.T) {
	for name, test := range map[string]struct {
		fake *fakeMatomo
		kind string
	}{
		"it keeps what it says to delete": {&fakeMatomo{page: 4, visits: []int{1}, keeps: true}, Incomplete},
		"profiles are off":                {&fakeMatomo{page: 4, profile: "Visitor profile of " + matomoID + " is disabled"}, Refused},
		"no list":                         {&fakeMatomo{found: `{"result":"success"}`}, Malformed},
		"null":                            {&fakeMatomo{found: `null`}, Malformed},
		"a visit without a number":        {&fakeMatomo{found: `[{"idSite":7}]`}, Malformed},
		"a visit of no site":              {&fakeMatomo{found: `[{"idVisit":7}]`}, Malformed},
		"no JSON":                         {&fakeMatomo{found: `<html>`}, Malformed},
		"too much":                        {&fakeMatomo{found: `["` + strings.Repeat("x", maxAnswer) + `"]`}, Malformed},
		"an error with status 200":        {&fakeMatomo{found: `{"result":"error","message":"` + matomoID + `"}`}, Refused},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(test.fake)
			defer server.Close()
			wantFailure(t, newVendor(t, Matomo, server.URL+"/matomo").Delete(t.Context(), matomoID), test.kind)
		})
	}
}

func TestMatomoIsAskedForNothingButAVisitor(t *testing.T) {
	fake := new(fakeMatomo)
	server := httptest.NewServer(fake)
	defer server.Close()
	for _, visitor := range []string{"", "*", matomoID + ",siteId>0", strings.ToUpper(matomoID)} {
		wantFailure(t, newVendor(t, Matomo, server.URL+"/matomo").Delete(t.Context(), visitor), Malformed)
	}
	if len(fake.calls) != 0 {
		t.Errorf("it was asked %q", fake.calls)
	}
}

// fakePostHog speaks the persons API.
type fakePostHog struct {
	mu      sync.Mutex
	persons []string // UUIDs of those with the distinct ID
	page    int
	lags    bool // a deleted person is still found
	gone    bool // and answered with 404
	found   string
	calls   []string
}

func (p *fakePostHog) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, r.Method+" "+r.URL.RequestURI())
	const persons = "/api/projects/7/persons/"
	id, below := strings.CutPrefix(r.URL.Path, persons)
	switch {
	case r.Header.Get("Authorization") != "Bearer "+token:
		http.Error(w, `{"type":"authentication_error"}`, http.StatusUnauthorized)
	case !below:
		http.NotFound(w, r)
	case r.Method == http.MethodGet && id == "" && r.URL.Query().Get("distinct_id") == deviceID:
		if p.found != "" {
			w.Write([]byte(p.found))
			return
		}
		results := []map[string]any{}
		for i, uuid := range p.persons[:min(len(p.persons), p.page)] {
			results = append(results, map[string]any{"id": i, "uuid": uuid, "distinct_ids": []string{deviceID}})
		}
		json.NewEncoder(w).Encode(map[string]any{"results": results, "next": nil})
	case r.Method == http.MethodDelete && r.URL.RawQuery == "delete_events=true":
		if p.gone {
			p.persons = nil
			http.Error(w, `{"type":"invalid_request","code":"not_found"}`, http.StatusNotFound)
			return
		}
		if !p.lags {
			p.persons = slices.DeleteFunc(p.persons, func(uuid string) bool { return uuid+"/" == id })
		}
		w.WriteHeader(http.StatusAccepted)
	default:
		http.Error(w, "no", http.StatusBadRequest)
	}
}

func TestPostHogDeletesPersonsWithTheirEvents(t *testing.T) {
	for name, test := range map[string]struct {
		fake  *fakePostHog
		calls int
	}{
		"nobody":             {&fakePostHog{page: 9}, 1},
		"one":                {&fakePostHog{page: 9, persons: []string{uuidA}}, 3},
		"two, one at a time": {&fakePostHog{page: 1, persons: []string{uuidA, uuidB}}, 5},
		"already gone":       {&fakePostHog{page: 9, gone: true, persons: []string{uuidA}}, 3},
		"still listed":       {&fakePostHog{page: 9, lags: true, persons: []string{uuidA}}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(test.fake)
			defer server.Close()
			if err := newVendor(t, PostHog, server.URL).Delete(t.Context(), deviceID); err != nil {
				t.Fatal(err)
			}
			if len(test.fake.calls) != test.calls || !test.fake.lags && len(test.fake.persons) != 0 {
				t.Errorf("%q are left after %q", test.fake.persons, test.fake.calls)
			}
		})
	}
}

func TestPostHogAnswersThatAreNone(t *testing.T) {
	for _, found := range []string{`{}`, `null`, `[]`, `{"results":[{"uuid":"../../projects"}]}`, `{"results":[{}]}`, `<html>`} {
		fake := &fakePostHog{found: found}
		server := httptest.NewServer(fake)
		wantFailure(t, newVendor(t, PostHog, server.URL).Delete(t.Context(), deviceID), Malformed)
		if len(fake.calls) != 1 {
			t.Errorf("%s: %q", found, fake.calls)
		}
		server.Close()
	}
	fake := new(fakePostHog)
	server := httptest.NewServer(fake)
	defer server.Close()
	wantFailure(t, newVendor(t, PostHog, server.URL).Delete(t.Context(), "somebody@example.kz"), Malformed)
	wantFailure(t, newVendor(t, PostHog, server.URL+"/other").Delete(t.Context(), deviceID), Refused)
}

func TestAnswersOfAServerInTrouble(t *testing.T) {
	for _, test := range []struct {
		status     int
		retryAfter string
		kind       string
		want       time.Duration
	}{
		{429, "120", Limited, 2 * time.Minute},
		{429, noon.Add(time.Hour).Format(http.TimeFormat), Limited, time.Hour},
		{429, noon.Add(-time.Hour).Format(http.TimeFormat), Limited, 0},
		{429, "soon", Limited, 0},
		{429, "", Limited, 0},
		{500, "", Unavailable, 0},
		{503, "-5", Unavailable, 0},
		{503, "30", Unavailable, 30 * time.Second},
		{401, "", Unauthorised, 0},
		{403, "", Unauthorised, 0},
		{400, "", Refused, 0},
		{404, "", Refused, 0},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if test.retryAfter != "" {
				w.Header().Set("Retry-After", test.retryAfter)
			}
			http.Error(w, matomoID+deviceID+token, test.status)
		}))
		for api, visitor := range map[string]string{Matomo: matomoID, PostHog: deviceID} {
			failure := wantFailure(t, newVendor(t, api, server.URL).Delete(t.Context(), visitor), test.kind)
			if failure.RetryAfter != test.want || failure.Status != test.status {
				t.Errorf("%s, %d, %q: %+v", api, test.status, test.retryAfter, failure)
			}
		}
		server.Close()
	}
}

// A redirect would take the token, and the visitor, to a server nobody named.
func TestRedirectsAreNotFollowed(t *testing.T) {
	var strayed []string
	stranger := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { strayed = append(strayed, r.URL.String()) }))
	defer stranger.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, stranger.URL+r.URL.RequestURI(), status)
		}))
		for api, visitor := range map[string]string{Matomo: matomoID, PostHog: deviceID} {
			wantFailure(t, newVendor(t, api, server.URL).Delete(t.Context(), visitor), Redirected)
		}
		server.Close()
	}
	if strayed != nil {
		t.Errorf("the stranger was asked %q", strayed)
	}
}

func TestServersThatDoNotAnswer(t *testing.T) {
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) // with a body unread, the server doesn't see the client leave
		<-r.Context().Done()
	}))
	defer silent.Close()
	for api, visitor := range map[string]string{Matomo: matomoID, PostHog: deviceID} {
		v := newVendor(t, api, silent.URL)
		switch v := v.(type) {
		case *matomo:
			v.timeout = time.Millisecond
		case *postHog:
			v.timeout = time.Millisecond
		}
		wantFailure(t, v.Delete(t.Context(), visitor), TimedOut)
	}
	encrypted := httptest.NewTLSServer(http.NotFoundHandler())
	defer encrypted.Close()
	encrypted.Config.ErrorLog = nil
	wantFailure(t, newVendor(t, PostHog, encrypted.URL).Delete(t.Context(), deviceID), Untrusted)
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	wantFailure(t, newVendor(t, PostHog, closed.URL).Delete(t.Context(), deviceID), Unreachable)
	broken := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "99")
		w.Write([]byte(`{"results":`))
	}))
	defer broken.Close()
	wantFailure(t, newVendor(t, PostHog, broken.URL).Delete(t.Context(), deviceID), Unreachable)
}

func TestWrongConfigurationsAreRefused(t *testing.T) {
	good := Config{API: Matomo, URL: "https://matomo.example.kz/stat", Token: token, Scope: "1"}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*Config){
		`API "ga4"`:      func(c *Config) { c.API = "ga4" },
		`"ftp://a"`:      func(c *Config) { c.URL = "ftp://a" },
		`"matomo.kz"`:    func(c *Config) { c.URL = "matomo.kz" },
		`"https://"`:     func(c *Config) { c.URL = "https://" },
		`"https://a?b"`:  func(c *Config) { c.URL = "https://a?b" },
		"a:b@":           func(c *Config) { c.URL = "https://a:b@c" },
		"token is empty": func(c *Config) { c.Token = "" },
		"no word":        func(c *Config) { c.Token = token + "\n" },
		`ID "0"`:         func(c *Config) { c.Scope = "0" },
		`ID "1,2"`:       func(c *Config) { c.Scope = "1,2" },
		`ID ""`:          func(c *Config) { c.Scope = "" },
	} {
		c := good
		change(&c)
		_, err := New(c, nil, nil)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), token) {
			t.Errorf("%+v: %v", c, err)
		}
	}
}
