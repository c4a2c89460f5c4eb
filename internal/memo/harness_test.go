package memo

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/internal/catalogue"
	"github.com/mamen-ai/consentgate/internal/consent"
	"github.com/mamen-ai/consentgate/internal/gate"
	"github.com/mamen-ai/consentgate/internal/htmlstream"
	"github.com/mamen-ai/consentgate/internal/inventory"
)

func testGate(t testing.TB) *gate.Gate {
	t.Helper()
	services, err := catalogue.New([]catalogue.Service{
		{ID: "counter", Category: consent.Statistics, Countries: []string{"KZ"},
			Scripts: []string{"stat.example.kz", "/counter.js"}, Inline: []string{"stat.example.kz/counter"}},
		{ID: "video", Category: consent.Functional, Countries: []string{"operator"}, Scripts: []string{"video.example.kz/embed/"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	g, err := gate.New(gate.Options{Catalogue: services, Jurisdiction: "KZ", Prefix: "/.privacy/"})
	if err != nil {
		t.Fatal(err)
	}
	return g
}

var (
	undecided = consent.Choice{}
	allowed   = consent.Choice{State: consent.Allowed, Categories: consent.All}
)

// observer notes all that it's told, in order.
type observer []string

func (o *observer) Blocked(layer gate.Layer, service int) {
	*o = append(*o, fmt.Sprint("blocked ", layer, service))
}
func (o *observer) Ran(service int) { *o = append(*o, fmt.Sprint("ran ", service)) }
func (o *observer) SawHost(source inventory.Source, host []byte, service int, denied bool) {
	*o = append(*o, fmt.Sprint("host ", source, string(host), service, denied))
}
func (o *observer) SawCookie(source inventory.Source, name, _ string, service int, denied bool) {
	*o = append(*o, fmt.Sprint("cookie ", source, name, service, denied))
}
func (o *observer) SawOwn(service int, denied bool) {
	*o = append(*o, fmt.Sprint("own ", service, denied))
}

func baseOf(path string) catalogue.Base {
	return catalogue.Base{Scheme: "https", Host: "mamen.ai", Path: path, FirstParty: catalogue.HostSet{"mamen.ai"}}
}

var insertion = gate.Insertion{
	Head: []byte("<script>guard</script>"),
	Body: func(p gate.Place) []byte { return []byte("<div>banner " + p.Lang + "</div>") },
	Home: "https://mamen.ai",
}

// plain rewrites a page without a memory.
func plain(t testing.TB, permit *gate.Permit, base catalogue.Base, page string) (string, observer) {
	t.Helper()
	var (
		out      bytes.Buffer
		saw      observer
		elements gate.Elements
	)
	elements.Reset(permit, base, &saw, insertion)
	r := htmlstream.NewRewriter(&out, &elements)
	if _, err := r.Write([]byte(page)); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String(), saw
}

// remembered rewrites a page with a memory, cut into writes of at most the given size at
// random, and flushed now and then if so wanted.
func remembered(t testing.TB, p *Page, m *Memory, permit *gate.Permit, base catalogue.Base, page string, most int, flushed bool, random *rand.Rand) (string, observer) {
	t.Helper()
	var (
		out bytes.Buffer
		saw observer
	)
	p.Reset(m, &out, permit, base, &saw, insertion)
	for rest := []byte(page); len(rest) > 0; {
		n := min(1+random.IntN(most), len(rest))
		piece := slices.Clone(rest[:n])
		if written, err := p.Write(piece); written != n || err != nil {
			t.Fatalf("Write returned %d, %v for %d bytes", written, err, n)
		}
		clear(piece) // nothing of it may be kept
		rest = rest[n:]
		if flushed && random.IntN(4) == 0 {
			if err := p.Flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String(), saw
}

// pieces are what pages of the tests are put together from.
var pieces = []string{
	"<p>Some text of the site, as long as a sentence is.</p>\n", `<a href="/news/1" ping="https://stat.example.kz/p">x</a>`,
	`<script src="https://stat.example.kz/c.js" async></script>`, `<script>load("stat.example.kz/counter")</script>`,
	`<script>if (a < b) document.write("<p>")</script>`, `<img src="/a.png" alt=">"><img src=//cdn.example.com/b.png>`,
	`<iframe width=300 src="https://video.example.kz/embed/1"></iframe>`, `<style>a{b:url(https://stat.example.kz/d)}</style>`,
	`<div style="background:url(//stat.example.kz/e)">`, "</div>", `<noscript><img src="https://stat.example.kz/f"></noscript>`,
	`<svg><use href="//stat.example.kz/g"/><title><p></title></svg>`, "<!-- <script src=https://stat.example.kz/c.js></script> -->",
	`<textarea><script src="https://stat.example.kz/c.js"></script></textarea>`, "<template><img src=https://stat.example.kz/h></template>",
	"a < b > c & d", `<input value="`, `">`, "<math><mi>", "</mi></math>", `<iframe srcdoc="&lt;img src=//cdn.example.com/a>"></iframe>`,
}

func randomPage(random *rand.Rand, size int) string {
	var page strings.Builder
	page.WriteString(`<!doctype html><html lang=ru><head><meta charset=utf-8><title>x</title></head><body>`)
	for page.Len() < size {
		page.WriteString(pieces[random.IntN(len(pieces))])
		if random.IntN(4) == 0 {
			page.WriteString(strings.Repeat("word ", random.IntN(200)))
		}
	}
	return page.String()
}

// difference returns a from a little before where it differs from b.
func difference(a, b string) string {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	return a[max(i-60, 0):]
}

func ordinaryPage(size int) string {
	var page strings.Builder
	page.WriteString(`<!doctype html><html lang=ru><head><title>x</title></head><body>`)
	for i := 0; page.Len() < size; i++ {
		fmt.Fprintf(&page, `<p>Text %d</p><img src="/%d.png"><script src="https://stat.example.kz/%d.js"></script><img src="//cdn.example.com/%d.png">`+"\n", i, i, i, i)
	}
	return page.String()
}

// silent is an observer that keeps nothing.
type silent struct{}

func (silent) Blocked(gate.Layer, int)                               {}
func (silent) Ran(int)                                               {}
func (silent) SawHost(inventory.Source, []byte, int, bool)           {}
func (silent) SawCookie(inventory.Source, string, string, int, bool) {}
func (silent) SawOwn(int, bool)                                      {}
