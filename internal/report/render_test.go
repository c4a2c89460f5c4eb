package report

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/net/html"
)

var update = flag.Bool("update", false, "write the golden files anew")

// renderings are the three of a month.
func renderings(t *testing.T, m *Month) map[string][]byte {
	t.Helper()
	out := make(map[string][]byte)
	for kind, write := range map[string]func(*bytes.Buffer) error{
		"txt":  func(b *bytes.Buffer) error { return m.Text(b) },
		"html": func(b *bytes.Buffer) error { return m.HTML(b) },
		"json": func(b *bytes.Buffer) error { return json.NewEncoder(b).Encode(m) },
	} {
		var b bytes.Buffer
		if err := write(&b); err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		out[kind] = b.Bytes()
	}
	return out
}

// TestRenderingsAreAsReviewed holds, in testdata, what is written.
func TestRenderingsAreAsReviewed(t *testing.T) {
	for name, m := range map[string]*Month{"busy": busyMonth(t), "empty": emptyMonth(t), "single": singleChoice(t)} {
		for kind, got := range renderings(t, m) {
			if kind == "json" {
				continue
			}
			golden := filepath.Join("testdata", name+"."+kind)
			if *update {
				if err := os.WriteFile(golden, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("%s isn't what was reviewed: look at the difference, then run go test ./internal/report -update", golden)
			}
		}
	}
}

// TestReportComesBackFromJSON pins that a command prints from JSON what the server
// would print itself.
func TestReportComesBackFromJSON(t *testing.T) {
	for name, m := range map[string]*Month{"busy": busyMonth(t), "empty": emptyMonth(t), "single": singleChoice(t)} {
		out := renderings(t, m)
		var back Month
		if err := json.Unmarshal(out["json"], &back); err != nil {
			t.Fatal(err)
		}
		again := renderings(t, &back)
		for _, kind := range []string{"txt", "html"} {
			if !bytes.Equal(again[kind], out[kind]) {
				t.Errorf("%s: the %s of what came back is another", name, kind)
			}
		}
	}
}

// TestPageLoadsNothing pins that the page needs no other file, runs nothing and
// leads nowhere.
func TestPageLoadsNothing(t *testing.T) {
	m := busyMonth(t)
	m.PolicyURL = "javascript:alert(1)"
	m.Unknown = append(m.Unknown, Host{Host: `"><script src=//evil.example></script><img src=x onerror=alert(1)>`})
	page := renderings(t, m)["html"]
	tokens := html.NewTokenizer(bytes.NewReader(page))
	for tokens.Next() != html.ErrorToken {
		token := tokens.Token()
		if token.Type != html.StartTagToken && token.Type != html.SelfClosingTagToken {
			continue
		}
		switch token.Data {
		case "script", "link", "img", "iframe", "object", "embed", "base", "form", "a", "use", "image", "foreignobject":
			t.Errorf("the page has %s", token)
		}
		for _, attribute := range token.Attr {
			if strings.HasPrefix(attribute.Key, "on") || strings.Contains(attribute.Key, "href") || attribute.Key == "src" || attribute.Key == "style" {
				t.Errorf("the page has %s", token)
			}
		}
	}
	if style := string(page[:bytes.Index(page, []byte("</style>"))]); strings.Contains(style, "url(") || strings.Contains(style, "@import") {
		t.Error("the style loads something")
	}
}

// TestReportNamesNobody pins that no rendering shows what could identify a visitor,
// whatever stands in names that come from outside.
func TestReportNamesNobody(t *testing.T) {
	const id = "0123456789abcdef0123456789abcdef"
	hostile := []string{
		"203.0.113.77", "x203.0.113.77y.example", "2001:db8::77", "from:2001:db8:0:0:0:0:0:77", "[2001:db8:1:2:3:4:5:6]", "::ffff:203.0.113.77", "fe80::1%eth0",
		"a" + id + "b.example", strings.ToUpper(id), "shop.example/?email=a@b.example&q=secret", "shop.example#q=secret",
		"person@mail.example", "a\x1b[31mb\u202ec\u2028d\ne", "<b>&amp;</b>",
	}
	m := busyMonth(t)
	for _, name := range hostile {
		m.Unknown = append(m.Unknown, Host{Host: name, First: m.From, Last: m.From})
		m.Services = append(m.Services, Service{ID: "x", Name: name})
		m.Requests = append(m.Requests, Request{Kind: name, Channel: name, Result: name, Closed: m.From})
		m.Copies = append(m.Copies, Copy{Path: name})
		m.Deletions = append(m.Deletions, Deletion{Service: name, API: name, Overdue: 1})
		m.Count(day(2026, 10, 3), "given", name, name, Signals{}, 1)
		m.Problems = append(m.Problems, name)
		m.Gaps = append(m.Gaps, name)
		m.Ledger.Problem += name
	}
	m.Ledger.OK = false
	before := *m
	before.Unknown = append([]Host(nil), m.Unknown...)
	forbidden := map[string]*regexp.Regexp{
		"an IPv4 address": regexp.MustCompile(`[0-9]{1,3}(\.[0-9]{1,3}){3}`),
		"an IPv6 address": regexp.MustCompile(`(?i)2001:db8|[0-9a-f]::[0-9a-f]|fe80:`),
		"a consent ID":    regexp.MustCompile(`(?i)` + id + `|(^|[^0-9a-f])[0-9a-f]{32}([^0-9a-f]|$)`),
		"a query":         regexp.MustCompile(`secret|\?[a-z]+=`),
		"a mail address":  regexp.MustCompile(`person@|@mail|a@b`),
	}
	for kind, out := range renderings(t, m) {
		for what, pattern := range forbidden {
			if found := pattern.Find(out); found != nil {
				t.Errorf("the %s has %s: %q", kind, what, found)
			}
		}
		if i := bytes.IndexFunc(out, func(r rune) bool {
			return r != '\n' && r != '\t' && (unicode.IsControl(r) || r == '\u202e' || r == '\u2028')
		}); i >= 0 || bytes.Contains(out, []byte(`\u001b`)) || bytes.Contains(out, []byte(`\u2028`)) {
			t.Errorf("the %s has a control character at %d", kind, i)
		}
		if kind == "html" && bytes.Contains(out, []byte("<b>&amp;</b>")) {
			t.Error("the page doesn't escape")
		}
	}
	if !reflect.DeepEqual(before.Unknown, m.Unknown) {
		t.Error("rendering changed the report")
	}
}

// TestTimesOfDayAreNotTakenForAddresses pins what may stay.
func TestTimesOfDayAreNotTakenForAddresses(t *testing.T) {
	for _, text := range []string{"closed at 10:20:30", "version 1.2.3", "cdn.example.com", "шрифты.қаз", "why? because", "2026-10-01"} {
		if got := anonymous(text); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
}

// TestLinesOfTextStaySingle pins that no name can begin a line of its own.
func TestLinesOfTextStaySingle(t *testing.T) {
	m := emptyMonth(t)
	m.Unknown = []Host{{Host: "a\nPROBLEMS\tnone", First: m.From, Last: time.Time{}}}
	if text := string(renderings(t, m)["txt"]); strings.Count(text, "\nPROBLEMS") != 1 || !strings.Contains(text, "a PROBLEMS none") {
		t.Errorf("got\n%s", text)
	}
}

var address = regexp.MustCompile(`[0-9]{1,3}(\.[0-9]{1,3}){3}|[0-9A-Fa-f]{32}|::|\?\S|@\S`)

func FuzzAnonymous(f *testing.F) {
	for _, seed := range []string{"203.0.113.7", "a:2001:db8::1", "x?y=1 z", "a@b", "0123456789abcdef0123456789abcdef", "\x1b[0m", "1.2?x 3.4"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := anonymous(text)
		if again := anonymous(got); again != got {
			t.Errorf("%q became %q, and that %q", text, got, again)
		}
		if found := address.FindString(got); found != "" {
			t.Errorf("%q became %q, which has %q", text, got, found)
		}
	})
}
