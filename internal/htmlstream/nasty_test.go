package htmlstream

import (
	"io"
	"strings"
	"testing"
	"time"
)

// nasty are beginnings and repetitions that tempt a scanner to go back, or to hold more
// and more.
var nasty = []struct{ name, start, repeated string }{
	{"less-than signs", "", "<"},
	{"tags that never end", "", "<a "},
	{"start of comments", "", "<!--"},
	{"ends of comments that are none", "<!--", "--!-"},
	{"start of scripts", "", "<script"},
	{"scripts in an escaped script", "<script><!--", "<script></script"},
	{"script ends that are none", "<script>", "</scrip"},
	{"style ends that are none", "<style>", "</styl"},
	{"addresses in a style", "<style>", "a{b:url(//c)}"},
	{"address that never ends", "<style>a{b:url(", "c"},
	{"string that never ends", "<style>a{b:'", `c\`},
	{"quoted value that never ends", `<img src="`, "a>"},
	{"attributes", "<img ", "a=b "},
	{"attributes without values", "<img ", "a/"},
	{"name that never ends", "<i", "mg"},
	{"noscript ends that are none", "<noscript>", "</noscrip"},
	{"noscript in noscript", "", "<noscript>"},
	{"SVG in SVG", "", "<svg>"},
	{"MathML that breaks out", "", "<math><mi><p>"},
	{"CDATA that never ends", "<svg><![CDATA[", "]]"},
	{"templates", "", "<template>"},
	{"scripts", "", "<script>a</script>"},
	{"character references", `<img src="`, "&amp;&#x26;&"},
}

func nastyText(start, repeated string, size int) string {
	return start + strings.Repeat(repeated, size/len(repeated))
}

// holder is a Handler that holds all it can.
type holder struct{}

func (holder) Head() []byte        { return nil }
func (holder) Body([]byte) []byte  { return nil }
func (holder) StartTag(t *Tag)     { t.HoldText() }
func (holder) Script(*Tag, []byte) {}

// Style is done with nothing, so that as much as possible is kept back.
func (holder) Style(*Text, bool) int { return 0 }

// Whatever comes, little of it is held. (That the work grows with the input and no faster
// is pinned together with the Handler, in package gate.)
func TestNastyInputIsHeldWithinBounds(t *testing.T) {
	t.Parallel()
	const piece = 8 << 10
	for _, n := range nasty {
		r := NewRewriter(io.Discard, holder{})
		for rest := nastyText(n.start, n.repeated, 1<<20); len(rest) > 0; rest = rest[min(piece, len(rest)):] {
			if _, err := io.WriteString(r, rest[:min(piece, len(rest))]); err != nil {
				t.Fatal(err)
			}
			if cap(r.carry)+cap(r.out) > 4*(maxTag+maxScript+maxStyle) {
				t.Fatalf("%s: %d and %d bytes are held", n.name, cap(r.carry), cap(r.out))
			}
		}
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// BenchmarkNasty tells how much longer twice as much takes, for each byte: 1 is linear.
func BenchmarkNasty(b *testing.B) {
	for _, n := range nasty {
		b.Run(strings.ReplaceAll(n.name, " ", "-"), func(b *testing.B) {
			const size = 1 << 20
			best := [2]time.Duration{time.Hour, time.Hour}
			r := NewRewriter(io.Discard, holder{})
			texts := [2][]byte{[]byte(nastyText(n.start, n.repeated, size)), []byte(nastyText(n.start, n.repeated, 2*size))}
			for b.Loop() {
				for i, text := range texts {
					r.Reset(io.Discard, holder{})
					start := time.Now()
					r.Write(text)
					r.Close()
					best[i] = min(best[i], time.Since(start))
				}
			}
			b.ReportMetric(best[1].Seconds()/best[0].Seconds()/2, "twice/once")
			b.ReportMetric(size/1e6/best[0].Seconds(), "MB/s")
			b.ReportMetric(0, "ns/op")
		})
	}
}
