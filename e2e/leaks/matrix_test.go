//go:build matrix

package leaks

import (
	"fmt"
	"strings"
	"testing"
)

// TestMatrix shows what each layer stops, in each engine and state, and prints
// the table for the documentation. Known services are tried, since only those
// concern all layers, with unknown block.
func TestMatrix(t *testing.T) {
	l := openLab(t)
	engines := []engine{chromium{}, firefox{}}
	states := []bool{false, true}
	var table strings.Builder
	table.WriteString("| layers |")
	for _, engine := range engines {
		for _, refuses := range states {
			fmt.Fprintf(&table, " %s, %s |", engine, stateName(refuses))
		}
	}
	fmt.Fprintf(&table, "\n|---|%s\n", strings.Repeat("---|", len(engines)*len(states)))
	for _, y := range layers {
		fmt.Fprintf(&table, "| %s |", y.title)
		for _, engine := range engines {
			for _, refuses := range states {
				cell := "void"
				t.Run(fmt.Sprintf("%s/%s/%s", y.name, engine, stateName(refuses)), func(t *testing.T) {
					label := fmt.Sprintf("%s-%c-%s", y.name, strings.ToLower(engine.String())[0], stateName(refuses))
					result := l.perform(t, &run{label: label, engine: engine, site: y.site(), domain: knownDomain, refuses: refuses})
					cell = tally(result.reached)
					n := len(result.reached)
					if y.name == "none" && n < leastLeaks {
						t.Errorf("void: only %d ways leak without any layer", n)
					}
					if n < leastLeaks {
						t.Logf("not clean:%s", list(result.reached, lookUp))
					}
				})
				fmt.Fprintf(&table, " %s |", cell)
			}
		}
		table.WriteString("\n")
	}
	fmt.Printf("\nWays that reach a third party, as HTTP/TLS only/DNS only, of %d:\n\n%s\n", len(l.ways)-len(ofKind(l.ways, leaving)), table.String())
}
