//go:build corpus

package htmlstream

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/e2e/corpus"
)

// Real pages, those of package corpus, have the same start tags as by x/net/html, keep
// their bytes without an edit, and get nothing but insertions with edits, in whatever
// pieces they come.
func TestCorpus(t *testing.T) {
	pages, err := corpus.Pages()
	if err != nil {
		t.Fatal(err)
	}
	compared, tags := 0, 0
	for _, name := range pages {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := rewriteCut(t, text, &lister{}); !bytes.Equal(got, text) {
			t.Errorf("%s: changed without an edit", name)
		}
		edited := string(rewriteCut(t, text, editing()))
		if plain := string(text); !strings.Contains(plain, RenamePrefix) && removeInserted(edited) != removeInserted(plain) {
			t.Errorf("%s: the edits did more than insert", name)
		}
		var cuts []int
		for cut := 7; cut < len(text); cut += 61 {
			cuts = append(cuts, cut)
		}
		if string(rewriteCut(t, text, editing(), cuts...)) != edited {
			t.Errorf("%s: pieces change the output", name)
		}
		if passes(text) {
			continue
		}
		h := &lister{}
		rewriteCut(t, text, h)
		want := tokenizerTags(text)
		compared, tags = compared+1, tags+len(want)
		if !slices.Equal(h.tags, want) {
			t.Errorf("%s: %d start tags, x/net/html reads %d, or their attributes differ", name, len(h.tags), len(want))
		}
	}
	t.Logf("%d pages with %d start tags compared", compared, tags)
}
