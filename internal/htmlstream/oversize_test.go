package htmlstream

import (
	"bytes"
	"slices"
	"strings"
	"testing"
)

// longText is as long as the longest tag that is held.
var longText = strings.Repeat("x", maxTag)

// oversizeResult is what a document with something too long in it becomes.
type oversizeResult struct {
	output        string
	asked         []string
	tags, scripts int
}

// rewriteOversize rewrites input in pieces of several sizes, and checks that
// they change nothing and that the buffers stay bounded.
func rewriteOversize(t *testing.T, input string, newHandler func() *recorder) oversizeResult {
	t.Helper()
	var first oversizeResult
	for i, size := range []int{len(input), 1, 7, 1000, maxPiece - 1} {
		var out bytes.Buffer
		h := newHandler()
		r := NewRewriter(&out, h)
		for chunk := range slices.Chunk([]byte(input), size) {
			r.Write(chunk)
			if held := cap(r.carry) + cap(r.out); held > 5*maxTag {
				t.Fatalf("the buffers hold %d bytes", held)
			}
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
		result := oversizeResult{out.String(), h.asked, r.Oversize(), r.OversizeScripts()}
		switch {
		case i == 0:
			first = result
		case result.output != first.output:
			t.Errorf("pieces of %d change the output", size)
		case !slices.Equal(result.asked, first.asked):
			t.Errorf("pieces of %d change what is asked", size)
		case result.tags != first.tags || result.scripts != first.scripts:
			t.Errorf("in pieces of %d: Oversize %d, OversizeScripts %d; at once %d, %d", size, result.tags, result.scripts, first.tags, first.scripts)
		}
	}
	return first
}

// TestOversize pins that what is too long to be held is edited as far as it is
// known, is counted, and doesn't keep later tags from being edited.
func TestOversize(t *testing.T) {
	const after = `<img src=tracker>`
	for _, test := range []struct {
		name, input   string
		tags, scripts int
		edited        bool // before what comes after
	}{
		{"longest tag that is held", `<img alt="` + longText[:maxTag-len(`<img alt="" src=tracker>`)] + `" src=tracker>`, 0, 0, true},
		{"one byte more", `<img alt="` + longText[:maxTag+1-len(`<img alt="" src=tracker>`)] + `" src=tracker>`, 1, 0, false},
		{"long value behind", `<img src=tracker alt="` + longText + `">`, 1, 0, true},
		{"long value before", `<img alt="` + longText + `" src=tracker>`, 1, 0, false},
		{"long value itself", `<img src="tracker` + longText + `">`, 1, 0, false},
		{"long value of another tag", `<p class="` + longText + `">`, 0, 0, false},
		{"another attribute begins in time", `<img alt="` + longText[:maxTag-len(`<img alt="" src=tracker `)-1] + `" src=tracker a=` + longText + `>`, 1, 0, true},
		{"another attribute begins too late", `<img alt="` + longText[:maxTag-len(`<img alt="" src=tracker `)] + `" src=tracker a=` + longText + `>`, 1, 0, false},
		{"space that a value may follow", `<img src` + strings.Repeat(" ", maxTag) + `=tracker>`, 1, 0, false},
		{"long SVG tag", `<svg><use href="` + longText + `"></svg>`, 1, 0, false},
		{"long SVG tag with a known attribute", `<svg><use href=tracker a="` + longText + `"></svg>`, 1, 0, true},
		{"long tag of SVG's name outside SVG", `<svg></svg><use href=tracker a="` + longText + `">`, 0, 0, false},
		{"long tag that leaves SVG", `<svg><img src=tracker a="` + longText + `"><title><img src=tracker></title>`, 1, 0, true},
		{"long link with a known ping", `<a ping=tracker title="` + longText + `">`, 1, 0, true},
		{"data URL", `<img alt=a src="data:image/png,` + longText + `">`, 0, 0, false},
		{"data URL behind a known attribute", `<source src=tracker srcset="data:image/png,` + longText + `">`, 0, 0, true},
		{"data URL and a long value", `<img src="data:," alt="` + longText + `">`, 1, 0, false},
		{"long script tag", `<script src=tracker a="` + longText + `"></script>`, 1, 0, true},
		{"long tag of an inline script", `<script a="` + longText + `">tracker</script>`, 1, 0, false},
		{"long tag never ended", `<template><img src=tracker a="` + longText + `"></template><img src=a>`, 1, 0, true},

		{"as many attributes as are noted", `<img` + strings.Repeat(" a", maxAttributes-1) + ` src=tracker>`, 0, 0, true},
		{"one attribute more", `<img` + strings.Repeat(" a", maxAttributes) + ` src=tracker>`, 1, 0, false},
		{"more attributes behind", `<img src=tracker` + strings.Repeat(" a=b", maxAttributes) + `>`, 1, 0, true},
		{"more attributes in a long tag", `<img src=tracker` + strings.Repeat(" a=b", maxTag) + `>`, 1, 0, true},
		{"more attributes of an inline script", `<script` + strings.Repeat(" a", maxAttributes+1) + `>tracker</script>`, 1, 0, true},
		{"more attributes of another tag", `<p` + strings.Repeat(" a", maxAttributes+1) + `>`, 0, 0, false},

		{"long name", `<img src=a><img` + longText + ` src=tracker>`, 0, 0, false},
		{"long name of an end tag", `<img src=a></img` + longText + ` src=tracker>`, 0, 0, false},
		{"long tag that noscript's end cuts off", `<noscript><img src=tracker a="` + longText + `</noscript>`, 1, 0, true},
		{"long tag cut off in its last piece", `<noscript><img src=tracker a="` + longText[:maxTag-len(`<img src=tracker a="`)-len("</noscript")+1] + `</noscript>`, 1, 0, true},
		{"longest tag cut off that is held", `<noscript><img src=tracker a="` + longText[:maxTag-len(`<img src=tracker a="`)-len("</noscript")] + `</noscript>`, 0, 0, false},
		{"long name cut off", `<noscript><img` + longText + `</noscript>`, 0, 0, false},

		{"longest script that is held", `<script>` + longText[:maxScript-len("tracker")] + `tracker</script>`, 0, 0, true},
		{"script of one byte more", `<script>` + longText[:maxScript+1-len("tracker")] + `tracker</script>`, 0, 1, false},
		{"script of one byte more behind", `<script>tracker` + longText[:maxScript+1-len("tracker")] + `</script>`, 0, 1, true},
		{"script twice as long", `<script type=module>tracker` + longText + `</script>`, 0, 1, true},
		{"script that says nothing in time", `<script>` + longText + `tracker</script>`, 0, 1, false},
		{"script with a URL may be long", `<script src=a>` + longText + `</script>`, 0, 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			result := rewriteOversize(t, test.input+after, editing)
			if result.tags != test.tags || result.scripts != test.scripts {
				t.Errorf("Oversize %d, OversizeScripts %d; want %d, %d", result.tags, result.scripts, test.tags, test.scripts)
			}
			got, found := strings.CutSuffix(result.output, `<img data-privacy-src=tracker>`)
			if !found {
				t.Error("the tag behind wasn't edited")
			}
			if (got != test.input) != test.edited || removeInserted(got) != test.input {
				t.Errorf("edited: %t, want %t", got != test.input, test.edited)
			}
		})
	}
}

// TestOversizeScriptIsShown pins that the handler sees exactly the first 32 KB
// of a longer script, once.
func TestOversizeScriptIsShown(t *testing.T) {
	for _, length := range []int{maxScript, maxScript + 1, maxScript + 8, maxScript + 9, 3 * maxScript} {
		result := rewriteOversize(t, `<script>`+strings.Repeat("a", length)+`</script>`, editing)
		if want := []string{"script", `text "` + strings.Repeat("a", maxScript) + `"`}; !slices.Equal(result.asked, want) {
			t.Errorf("a script of %d bytes isn't shown once, or not in its first %d", length, maxScript)
		}
	}
}

// TestOversizeTagIsReported pins which attributes of a long tag the handler
// sees: those behind which another begins in time.
func TestOversizeTagIsReported(t *testing.T) {
	const before, behind = `<img alt="`, `" src=a data=b href=c>`
	for padding := range len(behind) {
		input := before + longText[:maxTag-len(before)-padding] + behind
		want := "img"
		if padding > len(`" src=a `) {
			want += " src=a"
		}
		if padding > len(`" src=a data=b `) {
			want += " data=b"
		}
		if result := rewriteOversize(t, input, editing); !slices.Equal(result.asked, []string{want}) {
			t.Errorf("with %d bytes left: asked %q, want %q", padding, result.asked, want)
		}
	}
}

// TestOversizeNamePlaces pins that a tag whose name alone is too long opens the
// body before it.
func TestOversizeNamePlaces(t *testing.T) {
	for _, tag := range []string{"<x" + longText + " a>", "</x" + longText + " a><p>", "<body x=" + longText + ">"} {
		input := "<!doctype html>" + tag
		result := rewriteOversize(t, input, func() *recorder { return &recorder{head: "[H]", body: "[B]"} })
		want := "<!doctype html>[H][B]" + tag
		switch tag[1] {
		case '/':
			want = strings.Replace(input, "<p>", "[H][B]<p>", 1)
		case 'b':
			want = "<!doctype html>[H]" + tag + "[B]"
		}
		if result.output != want {
			t.Errorf("%.20q: head and body aren't where they belong", tag)
		}
	}
}

// FuzzOversize makes "$" in a short document as long as about the longest tag
// or script, and checks that pieces change nothing and that edits only insert.
func FuzzOversize(f *testing.F) {
	for _, sample := range samples {
		f.Add(strings.Replace(sample, "src=", "$ src=", 1), uint8(20), false, uint16(7))
		f.Add(strings.Replace(sample, "tracker", "$tracker", 2), uint8(20), true, uint16(7000))
	}
	f.Add(`<img src=tracker a=$ b c>`, uint8(9), false, uint16(0))
	f.Add(`<noscript><script src=tracker a="$</noscript><$>`, uint8(33), false, uint16(999))
	f.Add(`<script>tracker$</script><script $>tracker</script>`, uint8(16), true, uint16(32<<10-1))
	f.Fuzz(func(t *testing.T, text string, less uint8, script bool, cut uint16) {
		if removeInserted(text) != text || len(text) > 1000 || strings.Count(text, "$") > 3 {
			return
		}
		limit := maxTag
		if script {
			limit = maxScript
		}
		input := []byte(strings.ReplaceAll(text, "$", longText[:limit-int(less)]))
		newHandler := func() *recorder { return &recorder{head: "[H]", body: "[B %s]", edit: true} }
		h, other := newHandler(), newHandler()
		want := rewriteCut(t, input, h)
		var cuts []int
		for at := 1; at < len(input); at += 1 + int(cut) {
			cuts = append(cuts, at)
		}
		if got := rewriteCut(t, input, other, cuts...); !bytes.Equal(got, want) || !slices.Equal(h.asked, other.asked) {
			t.Errorf("%q: cut every %d bytes it becomes another document than at once", text, 1+int(cut))
		}
		if output := string(rewriteCut(t, input, editing())); removeInserted(output) != string(input) {
			t.Errorf("%q: the edits did more than insert", text)
		}
	})
}
