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

// counter is a Handler that holds all it can and counts the bytes that it's shown.
type counter struct{ bytes int }

func (*counter) Head() []byte       { return nil }
func (*counter) Body([]byte) []byte { return nil }

func (c *counter) StartTag(t *Tag) {
	c.bytes += len(t.data)
	t.HoldText()
}

func (c *counter) Script(t *Tag, text []byte) { c.bytes += len(t.data) + len(text) }

// Style is done with nothing, so that as much as possible is kept back.
func (c *counter) Style(t *Text, _ bool) int {
	c.bytes += len(t.Bytes())
	return 0
}

// What a handler is shown grows with the input and no faster: no byte of it is shown
// again and again. Of a style, up to 32 KB are shown again with each write.
func TestWorkGrowsWithTheInput(t *testing.T) {
	t.Parallel()
	const piece = 8 << 10
	for _, n := range nasty {
		for _, size := range []int{256 << 10, 1 << 20} {
			text := nastyText(n.start, n.repeated, size)
			c := new(counter)
			r := NewRewriter(io.Discard, c)
			for rest := text; len(rest) > 0; rest = rest[min(piece, len(rest)):] {
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
			if most := len(text) * (2 + maxStyle/piece); c.bytes > most {
				t.Errorf("%s: of %d bytes the handler was shown %d", n.name, len(text), c.bytes)
			}
		}
	}
}

// BenchmarkNasty tells how much longer twice as much takes, for each byte: 1 is linear.
func BenchmarkNasty(b *testing.B) {
	for _, n := range nasty {
		b.Run(strings.ReplaceAll(n.name, " ", "-"), func(b *testing.B) {
			const size = 1 << 20
			best := [2]time.Duration{time.Hour, time.Hour}
			r := NewRewriter(io.Discard, new(counter))
			texts := [2][]byte{[]byte(nastyText(n.start, n.repeated, size)), []byte(nastyText(n.start, n.repeated, 2*size))}
			for b.Loop() {
				for i, text := range texts {
					r.Reset(io.Discard, new(counter))
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
