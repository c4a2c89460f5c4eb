package htmlstream

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// recorder is a Handler that notes what it's asked and edits by a plain rule:
// URL attributes whose value holds "tracker" are renamed, such scripts get
// another type, and so do inline scripts that hold the word; in styles "data:,"
// is put before it.
type recorder struct {
	head, body string // inserted; "%s" in body becomes the language
	edit       bool
	asked      []string
}

const scriptType = " type=text/plain "

func (h *recorder) Head() []byte {
	h.asked = append(h.asked, "head")
	return []byte(h.head)
}

func (h *recorder) Body(lang []byte) []byte {
	h.asked = append(h.asked, "body "+string(lang))
	return []byte(strings.ReplaceAll(h.body, "%s", string(lang)))
}

func (h *recorder) StartTag(t *Tag) {
	note := t.Name()
	for _, name := range []string{"src", "href", "data", "ping"} {
		if value, ok := t.Attr(name); ok {
			note += fmt.Sprintf(" %s=%s", name, value)
		}
	}
	if t.inNoscript {
		note += " noscript"
	}
	if t.Foreign() {
		note += " foreign"
	}
	h.asked = append(h.asked, note)
	if !h.edit {
		return
	}
	for _, name := range []string{"src", "href", "data", "ping"} {
		if value, _ := t.Attr(name); bytes.Contains(value, []byte("tracker")) {
			t.Rename(name)
			if t.Name() == "script" {
				t.Insert(scriptType)
				t.Rename("type")
			}
		}
	}
	if at := bytes.Index(attrOf(t, "style"), []byte("tracker")); at >= 0 {
		t.InsertInAttr("style", at, styleMark)
	}
	if t.Name() == "script" && !t.Has("src") || t.Name() == "style" {
		t.HoldText()
	}
}

const styleMark = "data:,"

func attrOf(t *Tag, name string) []byte {
	value, _ := t.Attr(name)
	return value
}

func (h *recorder) Style(t *Text, last bool) int {
	const word = "tracker"
	text := t.Bytes()
	at := 0
	for {
		i := bytes.Index(text[at:], []byte(word))
		if i < 0 {
			return max(len(text)-len(word)+1, at)
		}
		t.Insert(at+i, styleMark)
		at += i + len(word)
	}
}

func (h *recorder) Script(t *Tag, text []byte) {
	h.asked = append(h.asked, fmt.Sprintf("text %q", text))
	if h.edit && bytes.Contains(text, []byte("tracker")) {
		t.Insert(scriptType)
		t.Rename("type")
	}
}

func editing() *recorder { return &recorder{edit: true} }

// inserted is a document whose insertions came by themselves.
type inserted struct {
	bytes.Buffer
	texts [][]byte
}

func (w *inserted) Insert(text []byte) error {
	w.texts = append(w.texts, text)
	w.Write(text)
	return nil
}

// rewriteCut rewrites input in pieces that end at the given positions. It checks that
// a writer which wants the insertions by themselves gets the same document.
func rewriteCut(t testing.TB, input []byte, h Handler, cuts ...int) []byte {
	t.Helper()
	out := rewriteTo(t, new(bytes.Buffer), input, h, cuts...).Bytes()
	if h, ok := h.(*recorder); ok {
		apart := rewriteTo(t, new(inserted), input, &recorder{head: h.head, body: h.body, edit: h.edit}, cuts...)
		if !bytes.Equal(apart.Bytes(), out) {
			t.Fatalf("with insertions apart %q became\n%q, else\n%q", input, apart.Bytes(), out)
		}
		if h.head != "" && bytes.Contains(out, []byte(h.head)) && (len(apart.texts) == 0 || string(apart.texts[0]) != h.head) {
			t.Fatalf("of %q the insertions are %q", input, apart.texts)
		}
	}
	return out
}

func rewriteTo[W interface {
	io.Writer
	Bytes() []byte
}](t testing.TB, out W, input []byte, h Handler, cuts ...int) W {
	t.Helper()
	r := NewRewriter(out, h)
	at := 0
	for _, cut := range append(cuts, len(input)) {
		if n, err := r.Write(input[at:cut]); err != nil || n != cut-at {
			t.Fatalf("Write returned %d, %v for %d bytes", n, err, cut-at)
		}
		at = cut
	}
	if err := r.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	return out
}

// rewrite rewrites input at once, and checks that no way of cutting it changes
// the output or what the handler is asked.
func rewrite(t testing.TB, input string, newHandler func() *recorder) (string, []string) {
	t.Helper()
	text := []byte(input)
	h := newHandler()
	want := string(rewriteCut(t, text, h))
	check := func(cuts ...int) {
		t.Helper()
		other := newHandler()
		if got := string(rewriteCut(t, text, other, cuts...)); got != want {
			t.Fatalf("cut at %v, %q became\n%q, at once\n%q", cuts, input, got, want)
		}
		if !slices.Equal(other.asked, h.asked) {
			t.Fatalf("cut at %v, %q asked\n%q, at once\n%q", cuts, input, other.asked, h.asked)
		}
	}
	var every []int
	for cut := range text {
		every = append(every, cut)
		if len(text) < 500 {
			check(cut)
		}
	}
	check(every...)
	random := rand.New(rand.NewPCG(1, uint64(len(text))))
	for range 3 {
		var some []int
		for cut := random.IntN(9); cut < len(text); cut += 1 + random.IntN(40) {
			some = append(some, cut)
		}
		check(some...)
	}
	return want, h.asked
}

// startTags returns the tags among what the handler was asked.
func startTags(asked []string) []string {
	return slices.DeleteFunc(slices.Clone(asked), func(note string) bool {
		return note == "head" || strings.HasPrefix(note, "body ") && !strings.Contains(note, "=") || strings.HasPrefix(note, "text ")
	})
}
