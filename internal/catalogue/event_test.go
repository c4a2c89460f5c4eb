package catalogue

import "testing"

const (
	plausibleEvent = `{"n":"pageview","v":24,"u":"https://shop.test/","d":"shop.test","r":null}`
	umamiEvent     = `{"type":"event","payload":{"website":"b59e9c65","hostname":"shop.test","screen":"1920x1080","language":"en","title":"x","url":"/","referrer":""}}`
)

func TestEventsAreKnownByTheirBodies(t *testing.T) {
	c := builtinCatalogue(t)
	for _, test := range []struct{ path, body, want string }{
		{"/api/event", plausibleEvent, "plausible"},
		{"/stats/api/event", plausibleEvent, "plausible"},
		{"/api/send", umamiEvent, "umami"},
		{"/u/api/collect", umamiEvent, "umami"},

		{"/api/event", umamiEvent, ""},
		{"/api/send", plausibleEvent, ""},
		{"/api/events", plausibleEvent, ""},
		{"/xapi/event", plausibleEvent, ""},
		{"/api/event", `{"n":1,"u":"https://shop.test/","d":"shop.test"}`, ""},
		{"/api/event", `{"title":"Concert","date":"2026-01-01"}`, ""},
		{"/api/event", `n=pageview&u=x&d=y`, ""},
		{"/api/event", `[` + plausibleEvent + `]`, ""},
		{"/api/event", plausibleEvent[:40], ""},
		{"/api/event", ``, ""},
		{"/api/send", `{"type":"mail","payload":{"to":"info@shop.test","text":"hello"}}`, ""},
		{"/api/send", `{"type":"mail","payload":{"website":"https://shop.test"}}`, ""},
		{"/api/send", `{"type":"event","payload":"website"}`, ""},
	} {
		service, pattern := c.FindEvent(test.path, []byte(test.body))
		if got := c.id(service); got != test.want || (service >= 0) != (pattern != "") {
			t.Errorf("%s %s: %q, want %q", test.path, test.body, got, test.want)
		}
		if test.want != "" && !TakesEvents(test.path) {
			t.Errorf("the body of a request to %s isn't asked for", test.path)
		}
	}
	if TakesEvents("/api/events") || TakesEvents("/") {
		t.Error("bodies are read that say nothing")
	}
}

func FuzzFindEvent(f *testing.F) {
	f.Add("/api/event", plausibleEvent)
	f.Add("/api/send", umamiEvent)
	c := builtinCatalogue(f)
	f.Fuzz(func(t *testing.T, path, body string) {
		if service, _ := c.FindEvent(path, []byte(body)); service >= 0 && !TakesEvents(path) {
			t.Errorf("%q is known by a body that isn't read", path)
		}
	})
}
