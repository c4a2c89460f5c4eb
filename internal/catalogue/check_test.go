package catalogue

import (
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/policy"
)

func TestNewRefusesWhatIsWrongAndSaysWhatIsAllowed(t *testing.T) {
	script := func(patterns ...string) Service { return Service{ID: "own", Scripts: patterns} }
	for _, test := range []struct {
		name    string
		service Service
		want    []string // parts of the error
	}{
		{"no id", Service{Scripts: []string{"a.example"}}, []string{`id ""`, "small letter"}},
		{"capital id", Service{ID: "Own", Scripts: []string{"a.example"}}, []string{`id "Own"`}},
		{"id with a dash", Service{ID: "own-counter", Scripts: []string{"a.example"}}, []string{`id "own-counter"`, `"_"`}},
		{"digit first", Service{ID: "2gis", Scripts: []string{"a.example"}}, []string{`id "2gis"`}},
		{"one letter", Service{ID: "a", Scripts: []string{"a.example"}}, []string{`id "a"`}},
		{"long id", Service{ID: strings.Repeat("a", 42), Scripts: []string{"a.example"}}, []string{"1 to 40"}},
		{"nothing to know it by", Service{ID: "own"}, []string{"scripts, collect, inline or cookies"}},
		{"category", Service{ID: "own", Category: 9, Scripts: []string{"a.example"}}, []string{"category 9", "necessary, functional, statistics, marketing"}},
		{"window", Service{ID: "own", Window: 12, Scripts: []string{"a.example"}}, []string{"window 12", "14 or 24"}},
		{"scheme", script("https://a.example/x"), []string{`pattern "https://a.example/x"`, "scheme"}},
		{"port", script("a.example:8080"), []string{"port"}},
		{"capital host", script("A.example"), []string{"small letters"}},
		{"one label", script("analytics"), []string{"two labels"}},
		{"whole country", script("*.kz"), []string{"two labels"}},
		{"wildcard inside the host", script("a.*.example"), []string{"whole first or last label"}},
		{"wildcard in a label", script("a*.example.com"), []string{"whole first or last label"}},
		{"both wildcards", script("*.example.*"), []string{"whole first or last label"}},
		{"empty label", script("a..example"), []string{"1 to 63"}},
		{"long label", script(strings.Repeat("a", 64) + ".example"), []string{"1 to 63"}},
		{"bad name beyond ASCII", script("при\u0000мер.рф"), []string{"host"}},
		{"white space", script("a.example/a b"), []string{"white space"}},
		{"fragment", script("a.example/#x"), []string{"white space"}},
		{"empty", script(""), []string{"at least 4 characters"}},
		{"every page", script("/"), []string{"at least 4 characters"}},
		{"every page by wildcard", script("/*"), []string{"at least 4 characters"}},
		{"every page anywhere", script("*/a*"), []string{"at least 4 characters"}},
		{"wss without host", script("wss:///socket"), []string{"needs a host"}},
		{"wss everywhere", script("wss://*/socket"), []string{"needs a host"}},
		{"query without key", script("/count?=x"), []string{"key=start"}},
		{"query with wildcard", script("/count?a=*"), []string{"key=start"}},
		{"collect", Service{ID: "own", Collect: []string{"http:a"}}, []string{`pattern "http:a"`, "port"}},
		{"short marker", Service{ID: "own", Inline: []string{"counter"}}, []string{`inline marker "counter"`, "8 characters"}},
		{"long marker", Service{ID: "own", Inline: []string{strings.Repeat("counter ", 40)}}, []string{`inline marker "counter`, "256 characters"}},
		{"marker of spaces", Service{ID: "own", Inline: []string{"a b c d e f g"}}, []string{"8 characters"}},
		{"stub", Service{ID: "own", Inline: []string{"longenough"}, Stubs: []string{"a.b"}}, []string{`stub "a.b"`, `"[]"`}},
		{"stub that breaks out", Service{ID: "own", Inline: []string{"longenough"}, Stubs: []string{"a;alert(1)"}}, []string{"stub"}},
		{"short cookie", Service{ID: "own", Category: consent.Statistics, Cookies: []string{"_s"}}, []string{`cookie "_s"`, "3 characters"}},
		{"wide cookie", Service{ID: "own", Category: consent.Statistics, Cookies: []string{"*ab*"}}, []string{`cookie "*ab*"`}},
		{"cookie with separator", Service{ID: "own", Category: consent.Statistics, Cookies: []string{"abc;def"}}, []string{`holds no ";"`}},
		{"cookie with space", Service{ID: "own", Category: consent.Statistics, Cookies: []string{"abc def"}}, []string{`holds no " "`}},
		{"unknown deletion", Service{ID: "own", Category: consent.Statistics, Cookies: []string{"_own_a"}, Deletion: "ga4"}, []string{`deletion "ga4"`, "matomo, posthog"}},
		{"visitor id that is no cookie", Service{ID: "own", Category: consent.Statistics, Cookies: []string{"_own_a"}, VisitorID: []string{"_own_b"}}, []string{`visitor_id "_own_b"`, "one of the service's cookies"}},
		{"nothing is kept", Service{ID: "own", Cookies: []string{"_own_a"}, Keeps: []Keep{{What: "data"}}}, []string{`keeps "data"`, "for how long"}},
		{"unknown thing is kept", Service{ID: "own", Cookies: []string{"_own_a"}, Keeps: []Keep{{"_own_b", policy.Term{Unit: policy.Session}}}}, []string{`keeps "_own_b"`, "cookies, data, recordings or one of the service's cookies"}},
		{"kept twice", Service{ID: "own", Cookies: []string{"_own_a"}, Keeps: []Keep{{"_own_a", policy.Term{Unit: policy.Session}}, {"_own_a", policy.Term{Unit: policy.NotKept}}}}, []string{`keeps "_own_a"`, "twice"}},
		{"country name", Service{ID: "own", Scripts: []string{"a.example"}, Countries: []string{"Kazakhstan"}}, []string{`country "Kazakhstan"`, "KZ"}},
		{"small country", Service{ID: "own", Scripts: []string{"a.example"}, Countries: []string{"kz"}}, []string{`country "kz"`}},
	} {
		_, err := New([]Service{{ID: "good", Category: consent.Statistics, Scripts: []string{"good.example"}}, test.service})
		if err == nil {
			t.Errorf("%s: accepted", test.name)
			continue
		}
		for _, part := range append(test.want, `service "`+test.service.ID+`"`) {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %q doesn't say %q", test.name, err, part)
			}
		}
	}
}

func TestNewNamesEverythingThatIsWrong(t *testing.T) {
	_, err := New([]Service{
		{ID: "first", Scripts: []string{"one"}, Inline: []string{"short"}},
		{ID: "second", Cookies: []string{"x"}},
	})
	for _, part := range []string{`service "first"`, `"one"`, `"short"`, `service "second"`, `"x"`} {
		if err == nil || !strings.Contains(err.Error(), part) {
			t.Errorf("%v doesn't name %s", err, part)
		}
	}
}

func TestNewRefusesTheSameIDTwice(t *testing.T) {
	_, err := New([]Service{{ID: "own", Category: consent.Statistics, Cookies: []string{"aaa"}}, {ID: "own", Category: consent.Statistics, Cookies: []string{"bbb"}}})
	if err == nil || !strings.Contains(err.Error(), `"own": the id is used twice`) {
		t.Errorf("got %v", err)
	}
}

// Two services with one tag could not be told apart in the choice cookie.
func TestNewRefusesCollidingTags(t *testing.T) {
	first, second := collidingIDs()
	_, err := New([]Service{{ID: first, Category: consent.Statistics, Cookies: []string{"aaa"}}, {ID: second, Category: consent.Statistics, Cookies: []string{"bbb"}}})
	if err == nil || !strings.Contains(err.Error(), first) || !strings.Contains(err.Error(), second) {
		t.Errorf("%s and %s: got %v", first, second, err)
	}
}

func collidingIDs() (string, string) {
	seen := map[consent.Tag]string{}
	for id := []byte("aaaaaaaa"); ; {
		tag := consent.TagOf(string(id))
		if other, ok := seen[tag]; ok {
			return other, string(id)
		}
		seen[tag] = string(id)
		for i := len(id) - 1; ; i-- {
			if id[i]++; id[i] <= 'z' {
				break
			}
			id[i] = 'a'
		}
	}
}

func TestNewAcceptsWhatThePackageCommentPromises(t *testing.T) {
	_, err := New([]Service{{
		ID: "own_counter", Name: "Счётчик", Category: consent.Statistics,
		Scripts: []string{
			"stat.mamen.ai/count.js", "*.example.com", "mc.example.*", "wss://live.example.com", "wss://*.example.com/ws",
			"/count", "/*/count.js", "*/count.js", "a.example/p*q/", "a.example/?id=AW-", "/i?e=&tv=js-", "счётчик.рф/hit", "a.example/*",
		},
		Collect: []string{"/count"}, Inline: []string{"own ( 'init'", "ownCounter"}, Stubs: []string{"own", "_own[]", "$own"},
		Cookies: []string{"_own_*", "own-client/*"}, Countries: []string{"KZ", "operator"}, Window: 24, VisitorID: []string{"_own_*"},
	}})
	if err != nil {
		t.Error(err)
	}
}

func FuzzPattern(f *testing.F) {
	for _, seed := range []string{"wss://*.a.b/c*d/?e=f&g", "mc.yandex.*", "/*/x?", "*/", "счётчик.рф/%6d"} {
		f.Add(seed, "/c/d/")
	}
	f.Fuzz(func(t *testing.T, text, path string) {
		p, err := parsePattern(text)
		if err != nil {
			return
		}
		p.matches([]byte(path), []byte(path))
		if len(p.path) > 0 && !p.glob.match([]byte(strings.ReplaceAll(p.path, "*", "any"))) {
			t.Fatalf("%q doesn't cover its own path %q", text, p.path)
		}
	})
}
