package htmlstream

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// restful are documents whose middles are told apart by what a rest must not forget.
var restful = []string{
	`<!doctype html><html lang=en><head><title>t</title></head><body><p>one</p><img src=tracker><p>two</p></body></html>`,
	`<p>fragment<img src=tracker>of<img src=b>text`,
	`<!doctype html><p>a<noscript><img src=tracker><p></noscript><img src=tracker>b`,
	`<!doctype html><p><svg><title><img src=tracker></title><script>tracker</script><p>out<script>tracker</script>`,
	`<!doctype html><p><math><mi><img src=tracker></mi></math><style>tracker</style><p>x<!-- <img src=tracker> --><img src=tracker>`,
	`<!doctype html><p><script>a<!--<script>tracker</script>--></script><textarea><img src=tracker></textarea><img src=tracker>`,
	`<!doctype html><template><p><img src=tracker></template><p><template><img src=tracker></template><b style=tracker>`,
	`<!doctype html><frameset><frame src=tracker></frameset><noframes><img src=tracker></noframes>`,
	`<!doctype html><p><style>a{b:url(tracker)}</style><script src=tracker></script><script>tracker</script><p title="` + "<img src=tracker>" + `">`,
}

// rests returns the offsets at which the Rewriter rests.
func rests(t *testing.T, input string) (list []int) {
	t.Helper()
	r := NewRewriter(new(bytes.Buffer), editing())
	for i := range len(input) {
		if r.Resting() {
			list = append(list, i)
		}
		if _, err := r.Write([]byte(input[i : i+1])); err != nil {
			t.Fatal(err)
		}
	}
	return list
}

// What leads from one rest to another may pass without the Rewriter: its edits are all
// that becomes of it, and what follows is read the same without it.
func TestInputBetweenRestsStandsForItself(t *testing.T) {
	for _, input := range restful {
		at := rests(t, input)
		if len(at) < 3 {
			t.Errorf("%q rests at %v only", input, at)
		}
		for i, from := range at {
			for _, to := range at[i:] {
				var out bytes.Buffer
				r := NewRewriter(&out, editing())
				write := func(text string) string {
					t.Helper()
					before := out.Len()
					if _, err := r.Write([]byte(text)); err != nil {
						t.Fatal(err)
					}
					return out.String()[before:]
				}
				write(input[:from])
				r.Record()
				middle := write(input[from:to])
				edits := slices.Clone(r.Recorded())
				end := write(input[to:])
				if err := r.Close(); err != nil {
					t.Fatal(err)
				}
				if got := edited(input[from:to], edits); got != middle {
					t.Fatalf("%q[%d:%d] with %v is %q, want %q", input, from, to, edits, got, middle)
				}
				out.Reset()
				r.Reset(&out, editing())
				write(input[:from])
				if got := write(input[to:]); got != end {
					t.Fatalf("%q without [%d:%d] ends in %q, want %q", input, from, to, got, end)
				}
			}
		}
	}
}

func edited(text string, edits []Edit) string {
	var out strings.Builder
	at := 0
	for _, e := range edits {
		out.WriteString(text[at:e.Offset])
		out.WriteString(e.Text)
		at = e.Offset
	}
	return out.String() + text[at:]
}

// A rewriter doesn't rest where what follows depends on what came.
func TestNoRestInsideOfAnything(t *testing.T) {
	for _, input := range []string{
		"", "<!doctype html>", "<!doctype html><html><head>", "<!doctype html><p", "<!doctype html><p title='>", "<!doctype html><p><!-- >",
		"<!doctype html><p><script>", "<!doctype html><p><style>", "<!doctype html><p><textarea>", "<!doctype html><p><svg>", "<!doctype html><p><math><mi>",
		"<!doctype html><p><noscript>", "<!doctype html><p><plaintext>", "<!doctype html><p><iframe>",
	} {
		r := NewRewriter(new(bytes.Buffer), editing())
		if _, err := r.Write([]byte(input)); err != nil {
			t.Fatal(err)
		}
		if r.Resting() {
			t.Errorf("rests behind %q", input)
		}
	}
}
