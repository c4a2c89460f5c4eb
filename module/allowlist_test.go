package module_test

import (
	"strings"
	"testing"
)

// TestWorkersAndFramesAreHeldToTheirList pins to which responses the list goes, and
// that it names the operator's hosts.
func TestWorkersAndFramesAreHeldToTheirList(t *testing.T) {
	const enforced, report = "Connection-Allowlist", "Connection-Allowlist-Report-Only"
	for _, test := range []struct {
		gate, dest string
		header     string // which of the two comes
		links      bool
	}{
		{"unknown block", "iframe", enforced, false},
		{"unknown block", "worker", enforced, false},
		{"unknown block", "document", "", false},
		{"unknown block", "script", "", false},
		{"unknown allow", "iframe", "", false},
		{"unknown block\nstrict enforce t.me", "document", enforced, true},
		{"unknown block\nstrict enforce t.me", "iframe", enforced, false},
		{"unknown block\nstrict report t.me", "document", report, true},
	} {
		e := start(t, options{gate: "service matomo\nnecessary cdn.example\n" + test.gate})
		a := e.visit(t).get("/", "Sec-Fetch-Dest", test.dest)
		for _, name := range []string{enforced, report} {
			value := a.Header.Get(name)
			if (value != "") != (name == test.header) {
				t.Errorf("%q %s: %s: %q", test.gate, test.dest, name, value)
			}
			if value != "" && (!strings.Contains(value, ` "http{s}?://cdn.example"`) || strings.Contains(value, "t.me") != test.links) {
				t.Errorf("%q %s: %s", test.gate, test.dest, value)
			}
		}
	}
}
