//go:build matrix

package leaks

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestMatrix tries every layer alone and together in every engine, and prints the
// table of docs/blocking.md.
func TestMatrix(t *testing.T) {
	engines := []engine{chromium, firefox}
	rows := []string{"nothing"}
	for _, l := range allLayers {
		rows = append(rows, l.name)
	}
	rows = append(rows, "all, undecided", "all, refused", "all, a known service, unknown allowed", "all, strict")
	cells := make(map[string]string)
	note := func(row string, e engine, r result) {
		cells[row+e.name] = fmt.Sprintf("%d/%d/%d", r.count(requested), r.count(connected), r.count(lookedUp))
		fmt.Printf("%s, %s: %s\n%s\n", row, e.name, cells[row+e.name], r)
	}
	for _, e := range engines {
		t.Run(e.name+" without the edge and by layers", func(t *testing.T) {
			l := newLaboratory(t)
			o := newOrigin(t, unknownDomain)
			stop := serveUngated(t, o, l.who)
			r := l.try(t, e, o, "")
			note("nothing", e, r)
			if len(r) < enough {
				t.Errorf("%s: %d ways leak, want at least %d", e.name, len(r), enough)
			}
			stop()
			serveOrigin(t, o)
			startEdge(t, l.who, edgePort, "unknown block")
			for _, these := range allLayers {
				stop := serveFront(t, these, l.who)
				note(these.name, e, l.try(t, e, o, ""))
				stop()
			}
		})
		t.Run(e.name+" behind the edge", func(t *testing.T) {
			l := newLaboratory(t)
			o := newOrigin(t, unknownDomain)
			serveOrigin(t, o)
			startEdge(t, l.who, 443, "unknown block")
			for query, row := range map[string]string{"": "all, undecided", "?choice=refuse": "all, refused"} {
				r := l.try(t, e, o, query)
				note(row, e, r)
				if left := r.without(frameNavigation); len(left) > 0 {
					t.Errorf("%s, %s: left: %s", e.name, row, left)
				}
			}
		})
		t.Run(e.name+" strict", func(t *testing.T) {
			l := newLaboratory(t)
			o := newOrigin(t, unknownDomain, "webrtc-")
			serveOrigin(t, o)
			startEdge(t, l.who, 443, "unknown block", "strict enforce")
			note("all, strict", e, l.try(t, e, o, ""))
		})
		t.Run(e.name+" with the unknown allowed", func(t *testing.T) {
			l := newLaboratory(t)
			o := newOrigin(t, knownDomain)
			serveOrigin(t, o)
			startEdge(t, l.who, 443, "unknown allow")
			r := l.try(t, e, o, "")
			note("all, a known service, unknown allowed", e, r)
			if left := r.without(needsPolicy(t)); len(left) > 0 {
				t.Errorf("%s: left: %s", e.name, left)
			}
		})
	}
	var table strings.Builder
	table.WriteString("| layers |")
	for _, e := range engines {
		table.WriteString(" " + e.name + " |")
	}
	table.WriteString("\n|---|" + strings.Repeat("---|", len(engines)) + "\n")
	for _, row := range rows {
		table.WriteString("| " + row + " |")
		for _, e := range engines {
			table.WriteString(" " + cells[row+e.name] + " |")
		}
		table.WriteString("\n")
	}
	fmt.Fprintln(os.Stdout, table.String())
}
