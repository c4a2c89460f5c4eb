package module_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// counter describes a service of a site's own.
func counter(id, category string) string {
	return "service " + id + " {\nname \"" + strings.ToUpper(id) + "\"\ncategory " + category + "\nscript " + id + ".example\n}\n"
}

// reload loads another configuration and ends the visitor's connections to the
// one before.
func (v *visitor) reload(o options) {
	v.t.Helper()
	if err := v.edge.load(o); err != nil {
		v.t.Fatal(err)
	}
	v.client.CloseIdleConnections()
}

// changed returns why the visitor's choice is stale.
func (v *visitor) changed() string {
	v.t.Helper()
	list, _ := v.state()["changed"].([]any)
	var names []string
	for _, name := range list {
		names = append(names, name.(string))
	}
	return strings.Join(names, " ")
}

// TestAsksAgainOnlyWhenItMatters pins which changes of a site make a choice stale,
// be it a consent or a refusal, and what the banner says of them.
func TestAsksAgainOnlyWhenItMatters(t *testing.T) {
	texts := filepath.Join(t.TempDir(), "en.json")
	if err := os.WriteFile(texts, []byte(`{"language": "en", "categories": {"statistics": {"about": "Other words."}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	own, other, third := counter("own", "statistics"), counter("other", "statistics"), counter("third", "marketing")
	const app = "cross_border allow\n"
	before := options{app: app, gate: "service matomo\n" + own + other}
	e := start(t, before)
	for _, test := range []struct {
		name    string
		after   options
		changed string
		says    string
	}{
		{"nothing", before, "", ""},
		{"another order", options{app: app, gate: other + own + "service matomo"}, "", ""},
		{"a service removed", options{app: app, gate: "service matomo\n" + own}, "", ""},
		{"another name", options{app: app, gate: "service matomo {\nname \"Our Matomo\"\n}\n" + own + other}, "", ""},
		{"other texts", options{app: app, gate: before.gate + "texts " + texts}, "", ""},
		{"another look", options{app: app, gate: before.gate + "banner {\nposition top\n}"}, "", ""},
		{"another way of loading", options{app: app, gate: strings.Replace(before.gate, "own.example", "cdn.own.example", 1)}, "", ""},
		{"an always necessary one", options{app: app, gate: before.gate + counter("shield", "necessary")}, "", ""},
		{"a service that never runs", options{app: "cross_border deny", gate: before.gate + third}, "", ""},
		{"a new service", options{app: app, gate: before.gate + "service zero_kz"}, "services", "New since your choice: Statistics"},
		{"a new category", options{app: app, gate: before.gate + third}, "services", "New since your choice: Marketing – THIRD."},
		{"another purpose", options{app: app, gate: "service matomo\n" + other + counter("own", "marketing")}, "services", "New since your choice: Marketing – OWN."},
		{"a new edition", options{app: app + "policy 2026-03-01", gate: before.gate}, "edition", "The privacy policy has a new edition of 1 March 2026."},
		{"an edition and a service", options{app: app + "policy 2026-03-01", gate: before.gate + third}, "edition services", "THIRD."},
		{"an edition taken back", options{app: app + "policy 2024-03-01", gate: before.gate}, "edition", "!has a new edition"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := e.load(before); err != nil {
				t.Fatal(err)
			}
			visitors := map[string]*visitor{"accept": e.visit(t), "refuse": e.visit(t)}
			for choice, v := range visitors {
				v.choose(choice)
			}
			if err := e.load(test.after); err != nil {
				t.Fatal(err)
			}
			for choice, v := range visitors {
				v.client.CloseIdleConnections() // the old configuration's server is closing them
				if changed := v.changed(); changed != test.changed {
					t.Errorf("%s: changed %q, want %q", choice, changed, test.changed)
				}
				if test.changed == "" {
					v.get("/").want(t, 200, controlMark, "!"+bannerMark)
					continue
				}
				v.get("/", "Accept-Language", "en").want(t, 200, bannerMark, test.says, "! checked")
				if state := v.state(); state["state"] != "stale" || len(state["categories"].([]any)) > 0 {
					t.Errorf("%s: meanwhile %v", choice, state)
				}
				v.get("/.privacy/?lang=en").want(t, 200, "! checked>", "!Valid until")
				v.choose(choice)
				v.get("/").want(t, 200, controlMark, "!"+bannerMark)
			}
		})
	}
}

// TestAsksAgainWhenWhatWasAllowedBecomesMore pins the terms of a consent: how long
// records are kept (policy 3.1 row 7) and that data goes abroad (3.2.6). Less of it,
// and a refusal, ask nobody.
func TestAsksAgainWhenWhatWasAllowedBecomesMore(t *testing.T) {
	of := func(countries, window string) options {
		return options{app: "cross_border allow\npolicy 2025-03-12", gate: "service matomo {\nwindow " + window + "\n}\n" + strings.Replace(counter("own", "marketing"), "}", "country "+countries+"\n}", 1)}
	}
	e := start(t, of("DE", "14mo"))
	for _, test := range []struct {
		name          string
		before, after options
		says          string // nothing: nobody is asked
	}{
		{"kept for longer", of("DE", "14mo"), of("DE", "24mo"), "Changed since your choice: Matomo – records are now kept for 24 months."},
		{"kept for less", of("DE", "24mo"), of("DE", "14mo"), ""},
		{"further countries", of("DE", "14mo"), of("DE US IE", "14mo"), "Changed since your choice: OWN – data now also goes to: Ireland, United States."},
		{"the first abroad", of("KZ", "14mo"), of("KZ DE", "14mo"), "OWN – data now also goes to: Germany."},
		{"fewer countries", of("DE US", "14mo"), of("US", "14mo"), ""},
		{"at home", of("DE", "14mo"), of("KZ DE", "14mo"), ""},
		{"both", of("DE", "14mo"), of("US", "24mo"), "Changed since your choice: Matomo – records are now kept for 24 months; OWN – data now also goes to: United States."},
	} {
		t.Run(test.name, func(t *testing.T) {
			if err := e.load(test.before); err != nil {
				t.Fatal(err)
			}
			accepts, refuses, visited := e.visit(t), e.visit(t), e.visit(t)
			accepts.choose("accept")
			refuses.choose("refuse")
			visited.choose("save", "visits")
			accepts.reload(test.after)
			for _, v := range []*visitor{refuses, visited} {
				v.client.CloseIdleConnections()
				v.get("/").want(t, 200, controlMark, "!"+bannerMark)
			}
			if test.says == "" {
				accepts.get("/").want(t, 200, controlMark, "!"+bannerMark)
				return
			}
			accepts.get("/", "Accept-Language", "en").want(t, 200, bannerMark, test.says)
			if changed := accepts.changed(); changed != "terms" {
				t.Errorf("changed %q", changed)
			}
			accepts.get("/.privacy/?lang=en").want(t, 200, test.says)
			accepts.choose("accept")
			accepts.get("/").want(t, 200, controlMark, "!"+bannerMark)
		})
	}
}

// TestSitesWithTermsOfTheirOwnDontAskInTurn pins two sites of one domain that tell
// different things of one service: each asks once.
func TestSitesWithTermsOfTheirOwnDontAskInTurn(t *testing.T) {
	tracker := func(country string) string {
		return strings.Replace(counter("own", "marketing"), "}", "country "+country+"\n}", 1)
	}
	e := start(t, options{app: "cross_border allow", host: "shop.test", gate: tracker("DE"),
		sites: "http://blog.shop.test:{port} {\nbind {ip}\nconsent_gate {\n" + tracker("US") + "}\n{proxy}\n}"})
	v := e.visit(t)
	for i, host := range []string{"shop.test", "blog.shop.test", "shop.test", "blog.shop.test"} {
		v.host = host
		if i < 2 {
			v.get("/").want(t, 200, bannerMark)
			v.choose("accept")
		}
		v.get("/").want(t, 200, controlMark, "!"+bannerMark)
	}
}

// TestLostDatabaseIsNoReasonToAskAgain pins that what can't be known isn't held
// against the visitor's choice; what was asked before the loss is told again.
func TestLostDatabaseIsNoReasonToAskAgain(t *testing.T) {
	o := options{app: "cross_border allow", gate: "service matomo"}
	e := start(t, o)
	v := e.visit(t)
	v.choose("accept")
	lost := options{app: o.app + "\nstorage sqlite " + filepath.Join(e.dir, "other"), gate: o.gate + " clarity"}
	v.reload(lost)
	if state := v.state(); state["state"] != "allowed" {
		t.Errorf("state %v", state)
	}
	v.choose("accept")
	lost.gate += " zero_kz"
	v.reload(lost)
	if changed := v.changed(); changed != "services" {
		t.Errorf("changed %q", changed)
	}
}

// TestNewServiceIsKnownAfterARestart pins that what was asked is read from the
// store, not remembered.
func TestNewServiceIsKnownAfterARestart(t *testing.T) {
	o := options{app: "cross_border allow", gate: "service matomo"}
	e := start(t, o)
	v := e.visit(t)
	v.choose("refuse")
	v.reload(options{app: o.app + "\nstorage sqlite " + filepath.Join(e.dir, "other"), gate: o.gate}) // closes the store
	o.gate += " clarity"
	v.reload(o)
	v.get("/", "Accept-Language", "en").want(t, 200, bannerMark, "New since your choice: Statistics – Microsoft Clarity.")
}

// TestConsentOutlivesANewService pins that who is asked again and allows what was
// allowed before withdraws nothing, and that giving that up does.
func TestConsentOutlivesANewService(t *testing.T) {
	o := options{app: "cross_border allow", gate: "service matomo"}
	e := start(t, o)
	for _, test := range []struct {
		allow  []string
		events string
	}{
		{[]string{"matomo", "visits"}, "given given"}, {[]string{"statistics"}, "given given"}, {[]string{"matomo"}, "given withdrawn"},
	} {
		v := e.visit(t)
		v.reload(o)
		v.choose("save", "statistics")
		id := v.consentID()
		v.reload(options{app: o.app, gate: o.gate + " clarity"})
		v.choose("save", test.allow...)
		if _, events := e.held(id); strings.Join(events, " ") != test.events {
			t.Errorf("%v: events %v, want %s", test.allow, events, test.events)
		}
	}
}

// TestSitesThatShareAChoiceDontAskInTurn pins two sites of one domain with
// services of their own: each asks once.
func TestSitesThatShareAChoiceDontAskInTurn(t *testing.T) {
	sites := func(blog string) options {
		return options{app: "cross_border allow", host: "shop.test", gate: "service matomo",
			sites: "http://blog.shop.test:{port} {\nbind {ip}\nconsent_gate {\nservice " + blog + "\n}\n{proxy}\n}"}
	}
	e := start(t, sites("clarity"))
	v := e.visit(t)
	on := func(host string) *visitor {
		v.host = host
		return v
	}
	on("shop.test").choose("accept")
	on("blog.shop.test").get("/", "Accept-Language", "en").want(t, 200, bannerMark, "Microsoft Clarity")
	v.choose("accept")
	v.get("/").want(t, 200, controlMark)
	on("shop.test").get("/").want(t, 200, controlMark, "!"+bannerMark)
	on("blog.shop.test").get("/").want(t, 200, controlMark, "!"+bannerMark)
	// What no site asks any more is forgotten: it would be new again.
	v.reload(sites("zero_kz"))
	v.choose("accept")
	v.reload(sites("clarity zero_kz"))
	v.get("/", "Accept-Language", "en").want(t, 200, bannerMark, "Microsoft Clarity")
}

// TestRecordRefersToTheQuestionThatAskedAgain pins that the banner with what
// changed can be read from the ledger.
func TestRecordRefersToTheQuestionThatAskedAgain(t *testing.T) {
	o := options{app: "cross_border allow", gate: "service matomo"}
	e := start(t, o)
	v := e.visit(t)
	v.choose("refuse")
	v.reload(options{app: o.app, gate: o.gate + " clarity"})
	page := v.get("/")
	v.post("choice", url.Values{"choice": {"accept"}, "return": {"/"}, "lang": {"en"}}).want(t, http.StatusSeeOther)
	held := e.heldUnder(v.consentID())
	row := held["events"].([]any)[0].(map[string]any)
	status, notice := e.askAdmin(http.MethodGet, "/consent/document?sha256="+row["notice_sha256"].(string))
	shown, err := base64.StdEncoding.DecodeString(decode(t, []byte(notice))["body"].(string))
	if err != nil || status != http.StatusOK || !strings.Contains(string(shown), "Microsoft Clarity") || !strings.Contains(page.body, string(shown)) {
		t.Errorf("%d, %v: the notice isn't what was shown: %.300s", status, err, shown)
	}
}

// TestQuestionsThatAskAgainHaveTheirOwnTags pins that a browser doesn't go on with
// a page that says something else, and that a strict policy admits each.
func TestQuestionsThatAskAgainHaveTheirOwnTags(t *testing.T) {
	o := options{app: "cross_border allow", gate: "service matomo"}
	e := start(t, o)
	e.origin.serve(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", "script-src 'self'; style-src 'self'")
		versioned(`"v1"`)(w, r)
	})
	one, two := e.visit(t), e.visit(t)
	one.choose("accept")
	one.reload(options{app: o.app, gate: o.gate + " clarity"})
	two.choose("accept")
	one.reload(options{app: o.app, gate: o.gate + " clarity zero_kz"})
	first, second, third := one.get("/"), two.get("/"), e.visit(t).get("/")
	if a, b, c := first.Header.Get("Etag"), second.Header.Get("Etag"), third.Header.Get("Etag"); a == b || b == c || a == c {
		t.Errorf("the tags are %s, %s and %s", a, b, c)
	}
	for _, a := range []*answer{first, second, third} {
		a.want(t, 200, bannerMark)
		policies := strings.Join(a.Header.Values("Content-Security-Policy"), " ")
		for _, hash := range append(hashes(a.body, inlineScript), hashes(a.body, inlineStyle)...) {
			if !strings.Contains(policies, hash) {
				t.Errorf("%s isn't admitted", hash)
			}
		}
	}
}
