package module_test

import (
	"net/http"
	"strings"
	"testing"
)

// TestSignalsAreRefusalsWithoutAChoice pins Sec-GPC: 1 and DNT: 1: no question, no
// cookie, no record, nothing runs; and what the visitor allows explicitly holds
// although the signal is still sent.
func TestSignalsAreRefusalsWithoutAChoice(t *testing.T) {
	for header, field := range map[string]string{"Sec-GPC": "gpc", "DNT": "dnt"} {
		t.Run(header, func(t *testing.T) {
			o := options{app: "cross_border allow"}
			e := start(t, o)
			e.origin.serve(func(w http.ResponseWriter, r *http.Request) { writePage(w, trackerPage) })
			v := e.visit(t)
			v.header.Set(header, "1")
			a := v.get("/")
			a.want(t, 200, controlMark, "!"+bannerMark, blockedScript)
			a.wantHeader(t, "Set-Cookie", "")
			state := v.state()
			for name, want := range map[string]any{"gpc": field == "gpc", "dnt": field == "dnt", "ask": false, "state": "undecided"} {
				if state[name] != want {
					t.Errorf("%s is %v", name, state[name])
				}
			}
			v.get("/.privacy/?lang=en").want(t, 200, map[string]string{"gpc": "Global Privacy Control", "dnt": "Do Not Track"}[field], "! checked>")
			if status, body := e.askAdmin(http.MethodGet, "/consent/status"); status != 200 || !strings.Contains(body, `"rows":0`) {
				t.Errorf("a choice nobody made is recorded: %s", body)
			}
			v.choose("save", "statistics")
			v.get("/").want(t, 200, controlMark, "!"+bannerMark, "!"+blockedScript)
			row := e.heldUnder(v.consentID())["events"].([]any)[0].(map[string]any)
			if row["gpc"] != (field == "gpc") || row["dnt"] != (field == "dnt") {
				t.Errorf("the record says gpc %v, dnt %v", row["gpc"], row["dnt"])
			}
			v.reload(options{app: o.app + "\npolicy 2026-03-01"})
			v.get("/").want(t, 200, controlMark, "!"+bannerMark, blockedScript) // the signal refuses again
			v.get("/.well-known/gpc.json").want(t, 200, `"gpc": true`, `"2026-03-01"`)
		})
	}
	e := start(t, options{})
	for _, value := range []string{"0", "null", "1, 1"} {
		e.visit(t).get("/", "DNT", value).want(t, 200, bannerMark)
	}
}
