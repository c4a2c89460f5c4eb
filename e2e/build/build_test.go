package build

import (
	"os"
	"strings"
	"testing"
)

// With other flags than the tests', the server would be a cold build of minutes.
func TestServerIsBuiltWithTheFlagsOfTheTests(t *testing.T) {
	makefile, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	if want := "\nTESTFLAGS := " + strings.Join(Flags(), " ") + "\n"; !strings.Contains(string(makefile), want) {
		t.Errorf("the Makefile has no line %q", want)
	}
}
