package e2e

import (
	"bytes"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// tracesOrigin is a site that takes everything, tells its visitors' data back in
// headers, and fails at times.
func tracesOrigin(t *testing.T) *httptest.Server {
	origin := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		header := w.Header()
		header.Set("Set-Cookie", "token="+r.URL.Query().Get("code"))
		header.Set("ETag", `"`+r.URL.Query().Get("cookie")+`"`)
		header.Set("X-Account", r.URL.Query().Get("e-mail"))
		header.Set("Content-Type", "text/html; charset=utf-8")
		switch r.URL.Path {
		case "/moved":
			header.Set("Location", "/callback?"+r.URL.RawQuery)
			w.WriteHeader(http.StatusFound)
		case "/missing":
			header.Set("Content-Type", "application/json") // the site's own answer
			w.WriteHeader(http.StatusNotFound)
		case "/cut":
			header.Set("Content-Length", "100000")
			io.WriteString(w, "<!doctype html><title>x</title>")
			panic(http.ErrAbortHandler)
		case "/hangup":
			panic(http.ErrAbortHandler)
		default:
			io.WriteString(w, "<!doctype html><html><head><title>x</title></head><body>text</body></html>")
		}
	}))
	t.Cleanup(origin.Close)
	return origin
}

// spellings are the ways in which a word may stand in a file.
func spellings(word string) map[string]string {
	ways := map[string]string{
		"raw":     word,
		"query":   url.QueryEscape(word),
		"path":    url.PathEscape(word),
		"lower":   strings.ToLower(url.QueryEscape(word)),
		"escaped": strings.Trim(strconv.QuoteToASCII(word), `"`),
	}
	// The base64 of an address's four bytes stands by chance in any long text.
	if len(word) <= 4 {
		return ways
	}
	// Within base64, a word looks different by where it begins.
	for shift := range 3 {
		for name, encoding := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding, "base64url": base64.RawURLEncoding} {
			encoded := encoding.EncodeToString([]byte(strings.Repeat("x", shift) + word))
			whole := len(word) + shift - (len(word)+shift)%3 // the last group depends on what follows
			ways[name+strconv.Itoa(shift)] = encoded[(shift*8+5)/6 : whole/3*4]
		}
	}
	return ways
}

// traces returns everything that a server keeps or tells anybody, by where.
func (s *server) traces(ids ...string) map[string][]byte {
	s.t.Helper()
	found := s.files()
	log, err := os.ReadFile(s.logPath())
	if err != nil {
		s.t.Fatal(err)
	}
	found["the log"] = log
	if s.process == nil {
		return found
	}
	found["/metrics"] = []byte(s.metrics())
	commands := [][]string{{"status"}, {"inventory"}, {"verify"}}
	for _, id := range ids {
		commands = append(commands, []string{"export", id})
	}
	for _, command := range commands {
		// A store that failed is a broken promise: the code isn't judged here.
		answer, _ := s.command(append(append([]string{"consent"}, command...), "--json", "--address", s.adminAddress())...)
		if !json.Valid([]byte(answer)) {
			s.t.Errorf("%s answers %q", command, answer)
		}
		found["consent "+command[0]] = []byte(answer)
	}
	return found
}

// noneOf reports where a word stands that may not.
func noneOf(t *testing.T, places map[string][]byte, what, word string, allowed func(place string) bool) {
	t.Helper()
	ways := spellings(word)
	for place, content := range places {
		if allowed != nil && allowed(place) {
			continue
		}
		for way, spelling := range ways {
			if at := bytes.Index(content, []byte(spelling)); at >= 0 {
				t.Errorf("%s stands in %s (%s): …%q…", what, place, way, content[max(0, at-150):min(len(content), at+len(spelling)+60)])
				break
			}
		}
	}
}

// newTracesServer is the example before the origin, believing what a proxy of this
// machine says of a visitor's address, with everything logged.
func newTracesServer(t *testing.T, origin string) *server {
	s := newServer(t, "UPSTREAM="+origin, "LOG_LEVEL=DEBUG")
	s.behindProxy()
	s.start()
	return s
}

// Policy 3.2.2, 3.2.5, 3.7.4: what visitors write into forms, addresses of pages and
// headers stands nowhere, whatever goes wrong meanwhile. Their address is kept as a
// network; whole only in the access log, of those who allowed statistics.
func TestNothingPersonalIsLeftBehind(t *testing.T) {
	origin := tracesOrigin(t)
	s := newTracesServer(t, origin.URL)
	people := []*person{
		newPerson(t, "refuser", "203.0.113.77", "refuse", 1),
		newPerson(t, "refuser6", "2001:db8:77:5::9", "refuse", 2),
		newPerson(t, "undecided", "198.51.100.78", "", 3),
		newPerson(t, "allower", "192.0.2.79", "accept", 4),
	}
	other := newVisitor(t)
	other.choose(s, "accept")
	id := consentID(t, other.get(s.url("/.privacy/data")))

	for _, p := range people {
		p.live(s)
	}
	origin.Close()
	for _, p := range people {
		p.send(http.MethodGet, s.url("/down?"+p.query()), "", "")
		p.send(http.MethodPost, s.url("/down?"+p.query()), formType, p.query())
	}
	// Storage that fails: somebody else holds the database.
	db, err := sql.Open("sqlite", filepath.Join(s.dataPath(), "consentgate.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	held, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := held.ExecContext(t.Context(), "BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	failed := people[0].send(http.MethodPost, s.url("/.privacy/choice?"+people[0].query()), formType, url.Values{"choice": {"accept"}, "return": {people[0].page()}}.Encode())
	if failed == nil || failed.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("the choice that can't be stored is answered %v", failed)
	}
	if _, err := held.ExecContext(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	held.Close()

	judge := func(places map[string][]byte) {
		t.Helper()
		accessLog := filepath.Join(s.dataPath(), "access.log")
		for _, p := range people {
			for what, word := range p.private {
				noneOf(t, places, p.name+"'s "+what, word, nil)
			}
			inOwnLog := func(place string) bool { return p.choice == "accept" && place == accessLog }
			noneOf(t, places, p.name+"'s address", p.ip.String(), inOwnLog)
			noneOf(t, places, p.name+"'s address in full", p.ip.StringExpanded(), inOwnLog)
			noneOf(t, places, p.name+"'s address in bytes", string(p.ip.AsSlice()), nil)
		}
		log := places[accessLog]
		for what, want := range map[string]string{
			"the allower's address": `"client_ip":"192.0.2.79"`, "the refuser's network": `"client_ip":"203.0.113.0"`,
			"the refuser's IPv6 network": `"client_ip":"2001:db8:77::"`, "the undecided one's network": `"client_ip":"198.51.100.0"`,
			"a blurred path": `"uri":"/user/*/call/*?…"`, "an error of the origin": `"status":502`,
		} {
			if !bytes.Contains(log, []byte(want)) {
				t.Errorf("the access log tells nothing of %s: %s", what, want)
			}
		}
		if !bytes.Contains(places["the log"], []byte(`"level":"debug"`)) || !bytes.Contains(places["the log"], []byte("connection refused")) {
			t.Error("the log holds no debug entries or no errors of the origin: the search sees too little")
		}
	}
	judge(s.traces(id))
	s.stop()
	judge(s.traces())
	for _, p := range people {
		for what, word := range p.private {
			for i, answer := range p.refused {
				noneOf(t, map[string][]byte{fmt.Sprintf("answer %d of the edge", i): []byte(answer)}, p.name+"'s "+what, word, nil)
			}
		}
	}
}

// consentID finds the ID in what is held about a visitor.
func consentID(t *testing.T, data string) string {
	t.Helper()
	match := regexp.MustCompile(`"consent_id": "([^"]+)"`).FindStringSubmatch(data)
	if match == nil {
		t.Fatalf("there is no consent ID in %s", data)
	}
	return match[1]
}
